"""Conditional GANs: projection (Miyato and Koyama 2018), AC-GAN (Odena et al. 2017), concatenation (Mirza 2014)."""

from typing import Any

import keras
import tensorflow as tf

from kgan import priors
from kgan.checks import InputError
from kgan.feed import feed
from kgan.models.gan import GAN
from kgan.networks import opponents
from kgan.penalties import Classification

LABELS = "labels"


@keras.saving.register_keras_serializable("kgan")
class ConditionalGAN(GAN):
    """A `GAN` of samples with class labels: batches are (samples, labels), int (batch,) or (batch, 1), or one-hot.

    The generator is told the labels, those of the real batch in training. What the discriminator is makes the kind:

    - with two inputs, samples and labels, it judges whether they fit: by projection (Miyato and Koyama 2018) or
      concatenation (Mirza and Osindero 2014);
    - with one input, it gives {"logits", "classes"}: an auxiliary classifier (AC-GAN, Odena et al. 2017), whose loss
      `penalties.Classification` both players minimise; `compile` adds it, unless it is given with other weights.

    Args:
        generator: a Keras model from ("latents", "labels") to samples.
        discriminator: a Keras model from ("samples", "labels") to logits, or from samples to a dict.
        num_classes: labels are in [0, num_classes); games made of this one take None for data without labels.
        latent_dim, prior: as in `GAN`.

    Raises:
        InputError: as in `GAN`; for a discriminator that neither takes labels nor gives classes.
    """

    labelled = True
    discriminator_settings = {"normalization": "spectral"}  # as in Miyato and Koyama
    condition = "projection"  # how the discriminator of `for_data` uses labels

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, **sizes: Any
    ) -> "ConditionalGAN":
        """As `GAN.for_data`, on (samples, labels)."""
        if num_classes is None:
            raise InputError(f"dataset: {cls.__name__} wants data whose number of classes is known")
        shape, _ = shapes
        network = network or ("mlp" if len(shape) == 1 else cls.default_network)
        asked = {**cls.discriminator_settings, "condition": cls.condition}
        generator, discriminator = opponents(network, shape, num_classes=num_classes, **sizes, **asked)
        return cls(generator, discriminator, num_classes, latent_dim=generator.inputs[0].shape[1])

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        num_classes: int,
        latent_dim: int | None = None,
        prior: Any = None,
        **kwargs: Any,
    ) -> None:
        self.num_classes = num_classes  # before the trial of the networks
        conditions = {} if num_classes is None else {LABELS: priors.Labels(num_classes)}
        super().__init__(generator, discriminator, latent_dim, prior, conditions, **kwargs)

    def check_networks(self) -> None:
        super().check_networks()
        if self.num_classes is None:
            self.classifies = False
            return
        judged = feed(self.discriminator, self.examples["d"])
        self.classifies = isinstance(judged, dict) and "classes" in judged
        if not self.classifies and not self.judge_is_told:
            raise InputError("discriminator: wanted one that takes labels too, or gives {'logits', 'classes'}")
        if self.classifies and judged["classes"].shape[-1] != self.num_classes:
            got = judged["classes"].shape[-1]
            raise InputError(f"discriminator: wanted logits of {self.num_classes} classes, got {got}")

    def compile(self, penalties: Any = (), **settings: Any) -> None:
        """As `GAN.compile`; with an auxiliary classifier, the penalties are `Classification()` unless it is there."""
        given = list(penalties) if isinstance(penalties, list | tuple) else [penalties]
        names = [one if isinstance(one, str) else getattr(one, "name", "") for one in given]
        if self.classifies and not any(name.startswith(Classification.name) for name in names):
            given.append(Classification())
        super().compile(penalties=given, **settings)

    def split(self, batch: Any) -> tuple[Any, tf.Tensor | None]:
        """(samples, int32 labels (batch,)): labels may be (batch, 1) or one-hot."""
        samples, labels = super().split(batch)
        if self.num_classes is None:
            return samples, None
        if labels is None:
            raise InputError("data: a conditional game wants batches of (samples, labels), got samples alone")
        return samples, class_indices(labels, self.num_classes)


@keras.saving.register_keras_serializable("kgan")
class ACGAN(ConditionalGAN):
    """Odena et al. 2017: a `ConditionalGAN` whose discriminator, in `for_data`, is an auxiliary classifier."""

    condition = "classes"


def class_indices(labels: Any, num_classes: int) -> tf.Tensor:
    """Labels as int32 (batch,): from integers (batch,) or (batch, 1), or one-hot (batch, num_classes).

    Raises:
        InputError: for another shape, or numbers that are not whole.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2 and labels.shape[1] == num_classes and num_classes > 1:
        return tf.argmax(labels, 1, output_type=tf.int32)
    if labels.shape.rank == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape.rank != 1 or not labels.dtype.is_integer:
        shape = tuple(labels.shape)
        raise InputError(
            f"data: wanted integer labels (batch,) or one-hot ones (batch, {num_classes}), got "
            f"{labels.dtype.name} of shape {shape}"
        )
    return tf.cast(labels, tf.int32)
