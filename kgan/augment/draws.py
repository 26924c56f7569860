"""The random numbers of a pipe of transforms, each of which is applied to a sample with probability p."""

import dataclasses
from typing import Any

import tensorflow as tf

from kgan import random


@dataclasses.dataclass(frozen=True)
class Draw:
    """The numbers of one transform, float32, a row a sample.

    Attributes:
        gate: uniform (batch,): says whether the sample is transformed.
        uniform: (batch, 2), in [0, 1).
        normal: (batch, 2), standard normal.
        p: the probability that the transform is applied.
    """

    gate: tf.Tensor
    uniform: tf.Tensor
    normal: tf.Tensor
    p: Any

    def choose(self, value: tf.Tensor, otherwise: float, p: tf.Tensor | None = None) -> tf.Tensor:
        """`value` (batch, ...) with probability p, or the transform's, and `otherwise`, which does nothing."""
        on = self.gate < tf.cast(self.p if p is None else p, "float32")
        return tf.where(tf.reshape(on, [-1] + [1] * (len(value.shape) - 1)), value, otherwise)


def draws(count: int, batch: tf.Tensor, p: Any, seed: tf.Tensor) -> list[Draw]:
    """The numbers of `count` transforms, from two draws for all: what one gets does not depend on which others run."""
    uniform = random.uniform((batch, count, 3), random.fold_in(seed, 0))
    normal = random.normal((batch, count, 2), random.fold_in(seed, 1))
    return [Draw(uniform[:, i, 0], uniform[:, i, 1:], normal[:, i], p) for i in range(count)]
