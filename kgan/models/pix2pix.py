"""pix2pix (Isola et al. 2017): pictures translated from pairs."""

from typing import Any

import keras
import tensorflow as tf

from kgan import priors
from kgan.checks import number
from kgan.game import Round
from kgan.models.gan import GAN
from kgan.models.two_pictures import IMAGES, check_two, two
from kgan.networks import patch_discriminator, unet_generator


@keras.saving.register_keras_serializable("kgan")
class Pix2Pix(GAN):
    """Translates a source picture into its target; batches are {"a": sources, "b": targets}, or pairs (a, b).

    The discriminator sees source and target side by side. The generator also minimises l1_weight * E |target - G|, a
    mean over pixels. Its noise is dropout, which the networks of `kgan.networks.unet_generator` keep when they are
    sampled from, as in the paper.

    Args:
        generator: a Keras model from pictures, (batch, *source_shape) in [-1, 1], to pictures.
        discriminator: a Keras model from ("samples", "images"), a target or a fake and its source, to logits,
            of patches say.
        source_shape: (height, width, channels).

    Raises:
        InputError: for networks that do not fit.
    """

    @classmethod
    def for_data(cls, shapes: Any, num_classes: int | None = None, **sizes: Any) -> "Pix2Pix":
        """As `GameModel.for_data`, on pairs, from a to b, with the paper's networks."""
        check_two(cls, shapes, sizes)
        generator = unet_generator(shapes["a"], channels=shapes["b"][2], **sizes)
        return cls(generator, patch_discriminator(shapes["b"], shapes["a"], **sizes), shapes["a"])

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, source_shape: tuple[int, int, int], **kwargs: Any
    ) -> None:
        conditions = {IMAGES: priors.Pictures(source_shape)}
        super().__init__(generator, discriminator, prior={}, conditions=conditions, **kwargs)

    def compile(self, l1_weight: float = 100.0, **settings: Any) -> None:
        """As `GAN.compile`, with the paper's loss and its optimizers, Adam(2e-4, 0.5), and:

        Args:
            l1_weight: lambda; 100 in the paper.
        """
        self.l1_weight = number("l1_weight", l1_weight, least=0.0)
        super().compile(**settings)

    def split(self, batch: Any) -> tuple[tf.Tensor, tf.Tensor]:
        """(target, source)."""
        source, target = two("Pix2Pix", batch)
        return target, tf.cast(source, "float32")

    def team_terms(self, role: str, round: Round) -> dict[str, tf.Tensor]:
        if role == "d":
            return {}
        return {"l1": self.l1_weight * tf.reduce_mean(tf.abs(round.real - self.play(round).fake))}
