"""The image pool of CycleGAN (Shrivastava et al. 2017, section 2.3; Zhu et al. 2017, section 4)."""

import keras
import tensorflow as tf

from kgan import random
from kgan.checks import whole
from kgan.distribute import of_all_replicas


class ImagePool(keras.layers.Layer):
    """Fakes of rounds before, among which a discriminator sees some of each new batch.

    Its state is Keras variables: it is saved, mirrored and resumed like weights. It is read where a round's encounter
    is evaluated, as often as the update rule likes, and written once a round, after the rule.

    Args:
        shape: of one fake.
        size: how many it holds; 50 in the paper. With 0 it gives back what it is asked about.
    """

    def __init__(self, shape: tuple[int, ...], size: int = 50) -> None:
        super().__init__(dtype="float32")
        self.size = whole("size", size, least=0)
        kind = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.fakes = self.add_weight(shape=(max(size, 1), *shape), name="fakes", **kind)
        self.held = self.add_weight(shape=(), dtype="int32", name="held", **kind)
        self.built = True

    def seen(self, fakes: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The fakes, each swapped for one of the pool with probability 1/2 once there are any; keyed by `seed`."""
        if not self.size:
            return fakes
        chance, place = tf.unstack(random.uniform((tf.shape(fakes)[0], 2), seed), axis=1)
        held = self.held.value
        index = tf.minimum(tf.cast(place * tf.cast(held, "float32"), "int32"), tf.maximum(held - 1, 0))
        old = tf.cast(tf.gather(self.fakes.value, index), fakes.dtype)
        swapped = tf.reshape((chance < 0.5) & (held > 0), [-1] + [1] * (len(fakes.shape) - 1))
        return tf.where(swapped, old, fakes)

    def remember(self, fakes: tf.Tensor, seed: tf.Tensor) -> None:
        """Puts a round's fakes in: into free places first, then each, with probability 1/2, over one that is there."""
        if not self.size:
            return
        fakes = of_all_replicas(tf.stop_gradient(fakes))
        num, held = tf.shape(fakes)[0], self.held.value
        chance, place = tf.unstack(tf.random.stateless_uniform((num, 2), seed), axis=1)
        free = held + tf.range(num)
        old = tf.cast(tf.floor(place * self.size), "int32")
        target = tf.where(free < self.size, free, tf.where(chance < 0.5, old, self.size))  # the last is dropped
        rows = tf.concat([self.fakes.value, tf.zeros_like(self.fakes.value[:1])], 0)
        self.fakes.assign(tf.tensor_scatter_nd_update(rows, target[:, None], fakes)[: self.size])
        self.held.assign(tf.minimum(held + num, self.size))
