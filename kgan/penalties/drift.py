"""The drift term of progressive growing (Karras et al. 2018)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kgan import checks
from kgan.penalties.base import Penalty, weighted


class Drift(Penalty):
    """Karras et al. 2018, appendix A.1: weight * E D(x)^2 on reals.

    A Wasserstein critic's loss does not change when a constant is added to its logits; this keeps them near 0.

    Args:
        weight: a number from 0 on or a Schedule; 0.001 in the paper.
    """

    name = "drift"

    def __init__(self, weight: float = 0.001) -> None:
        super().__init__()
        self.weight = checks.number("weight", weight, 0.0)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._of(discriminator(real))

    def discriminator_term(self, play: Any) -> tf.Tensor:
        return self._of(play.real_logits)

    def _of(self, logits: tf.Tensor) -> tf.Tensor:
        return weighted(self.weight, tf.reduce_mean(tf.square(logits)))
