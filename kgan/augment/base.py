"""What every augmentation is."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError
from kgan.game import Logs


class Augmentation:
    """What the discriminator sees of its inputs: `augmentation(images, seed) -> images`.

    The same augmentation stands before the discriminator for reals and fakes, in both players' moves, so that the
    generator gets its gradient through it and does not learn to make augmented images. Draws are per sample and
    keyed by `seed`, int32 (2,); each is one draw for the global batch (`kgan.random`).

    An augmentation with variables of its own is a `keras.layers.Layer` too: the model then tracks, saves and
    mirrors them.
    """

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The augmented batch, real or fake: of the shape and dtype of `images`, float32 NHWC in [-1, 1] as a rule.

        The result may leave [-1, 1]; it is not clipped, which would cut the gradient.
        """
        return images

    def drawn(self, images: tf.Tensor, seed: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
        """The augmentation with its draw made: what the call above makes, with `seed`, of batches as large as `images`.

        In a round one draw is for reals, fakes and what lies between them. One that has much to draw draws it here,
        once for all of them.
        """
        return lambda batch: self(batch, seed)

    def reals(self, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The batch that is shown as real, before the call above: `real`, unless fakes are mixed in."""
        return real

    def beside(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """What the discriminator sees of pictures that go with the samples, a source image say, by the same `seed`.

        As the samples: moved, turned and recoloured alike, so that the two still belong together.
        """
        return self(images, seed)

    def observe(self, r_t: tf.Tensor, num_reals: int | tf.Tensor) -> Logs:
        """Called once at the end of each round, in replica context.

        Args:
            r_t: the mean over the round and all replicas of sign(real logits - boundary), float32, in [-1, 1].
            num_reals: how many reals the round took: all its batches, of all replicas.

        Returns:
            Scalars for the logs.
        """
        return {}

    def get_config(self) -> dict:
        return {}

    @classmethod
    def from_config(cls, config: dict) -> Any:
        return cls(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})


def image_size(images: tf.Tensor) -> tuple[int, int, int]:
    """(height, width, channels) of a batch of images.

    Raises:
        InputError: if it is none, or of unknown size.
    """
    if len(images.shape) != 4 or None in images.shape[1:]:
        raise InputError(f"augment: wanted images (batch, height, width, channels), got shape {tuple(images.shape)}")
    return tuple(images.shape[1:])
