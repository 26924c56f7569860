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

    uniforms: tf.Tensor
    normals: tf.Tensor
    index: int
    p: Any

    @property
    def gate(self) -> tf.Tensor:
        return self.uniforms[:, self.index, 0]

    @property
    def uniform(self) -> tf.Tensor:
        return self.uniforms[:, self.index, 1:]

    @property
    def normal(self) -> tf.Tensor:
        return self.normals[:, self.index]

    def choose(self, value: tf.Tensor, otherwise: float, p: tf.Tensor | None = None) -> tf.Tensor:
        """`value` (batch, ...) with probability p, or the transform's, and `otherwise`, which does nothing."""
        on = self.gate < tf.cast(self.p if p is None else p, "float32")
        return tf.where(tf.reshape(on, [-1] + [1] * (len(value.shape) - 1)), value, otherwise)


def draws(count: int, batch: tf.Tensor, p: Any, seed: tf.Tensor) -> list[Draw]:
    """The numbers of `count` transforms, from two draws for all: what one gets does not depend on which others run."""
    uniforms = random.uniform((batch, count, 3), random.fold_in(seed, 0))
    normals = random.normal((batch, count, 2), random.fold_in(seed, 1))
    return [Draw(uniforms, normals, i, p) for i in range(count)]
