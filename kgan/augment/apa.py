"""Adaptive pseudo augmentation (Jiang et al. 2021)."""

import keras
import tensorflow as tf

from kgan import random
from kgan.augment.controller import Adaptive


@keras.saving.register_keras_serializable("kgan")
class APA(Adaptive):
    """APA (Jiang et al. 2021): each real is, with the probability p that `Adaptive` steers, a fake of the same batch.

    A discriminator that is sure of its reals is deceived about them. No image is transformed, so nothing can leak,
    and samples of any shape will do. The fakes are held constant: they bring the generator no gradient.

    Args:
        target, interval, kimg, p: as in `Adaptive`; the paper has ADA's.

    Raises:
        InputError: for an argument out of its range.
    """

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return images

    def reals(self, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        chance = random.uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1), seed)
        return tf.where(chance < self.p.value, tf.stop_gradient(fake), real)
