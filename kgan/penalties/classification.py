"""The auxiliary classifier's loss (Odena et al. 2017, AC-GAN)."""

from typing import Any

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.penalties.base import Penalty, Play, weighted


class Classification(Penalty):
    """AC-GAN (Odena et al. 2017, eq. 3): both players minimise the cross-entropy of their samples' classes.

    The discriminator, whose verdict is {"logits", "classes"}, d_weight times that of reals plus that of fakes, against
    the labels of the batch; the generator g_weight times that of its fakes.

    Args:
        d_weight: a number from 0 on or a Schedule; 1 in the paper.
        g_weight: likewise; 1 in the paper, 0.1 in Gulrajani et al. 2017 on CIFAR-10.

    Raises:
        InputError: for a weight out of its range; (at `compile`, in play where that cannot tell) if the discriminator
            gives no classes; (in play) if there are no labels.
    """

    name = "classification"
    players = ("d", "g")

    def __init__(self, d_weight: float = 1.0, g_weight: float = 1.0) -> None:
        super().__init__()
        self.d_weight = checks.number("d_weight", d_weight, 0.0)
        self.g_weight = checks.number("g_weight", g_weight, 0.0)

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        if (
            getattr(discriminator, "inputs", None) is not None
        ):  # functional: what a subclassed model gives, is not known
            _check_classes(discriminator.output)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        return weighted(self.d_weight, _cross_entropy(play.on_reals, play) + _cross_entropy(play.on_fakes, play))

    def generator_term(self, play: Play) -> tf.Tensor:
        return weighted(self.g_weight, _cross_entropy(play.on_fakes, play))


def _check_classes(verdict: Any) -> None:
    if not isinstance(verdict, dict) or "classes" not in verdict:
        raise InputError('penalties: classification wants a discriminator that gives {"logits", "classes"}')


def _cross_entropy(verdict: Any, play: Play) -> tf.Tensor:
    _check_classes(verdict)
    if play.given is None:
        raise InputError("penalties: classification wants labels, the data have none")
    labels = tf.cast(play.given, "int32")
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, verdict["classes"]))
