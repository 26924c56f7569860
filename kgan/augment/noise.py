"""Instance noise (Sønderby et al. 2017; Arjovsky and Bottou 2017)."""

from typing import Any

import keras
import tensorflow as tf

from kgan import random
from kgan.augment.base import Augmentation
from kgan.checks import number


@keras.saving.register_keras_serializable("kgan")
class InstanceNoise(Augmentation):
    """Adds white noise N(0, std^2) to reals and fakes, in every move.

    The two densities then overlap, and the divergence between them is finite and has a gradient. Sønderby et al.
    anneal std to 0: give a schedule. Samples may have any shape.

    Args:
        std: the noise's standard deviation, in units of the samples, from 0 on; a number or a Schedule.

    Raises:
        InputError: if std is negative or no number.
    """

    def __init__(self, std: Any = 0.1) -> None:
        self.std = number("std", std, least=0.0)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        white = random.normal((tf.shape(images)[0], *images.shape[1:]), seed)
        return images + tf.cast(self.std * white, images.dtype)

    def beside(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The pictures as they are: by the same noise on both, the discriminator would know it of the samples."""
        return images

    def get_config(self) -> dict:
        return {"std": keras.saving.serialize_keras_object(self.std)}
