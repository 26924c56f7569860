"""Mixture weights that are learnt."""

import keras
import tensorflow as tf


class Mixing(keras.layers.Layer):
    """The softmax of logits, float32 (size,), which are 0 at first: all weights equal.

    Args:
        size: how many weights.
    """

    def __init__(self, size: int, name: str) -> None:
        super().__init__(dtype="float32", name=name)
        self.logits = self.add_weight(shape=(size,), initializer="zeros", name="logits")
        self.built = True

    @property
    def weights_now(self) -> tf.Tensor:
        """float32 (size,), from 0 on, which add up to 1."""
        return tf.nn.softmax(self.logits.value)

    def unevenness(self) -> tf.Tensor:
        """-1/size sum_i log w_i: log(size), the smallest, where all weights are equal; without bound as one vanishes.

        R_ent of Arora et al. 2017, of one side.
        """
        return -tf.reduce_mean(tf.nn.log_softmax(self.logits.value))
