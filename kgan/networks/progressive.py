"""The networks of progressive growing (Karras et al. 2018, table 2), with all their layers from the start.

A level is a resolution. A network computes up to its `level`, of which `fade` says how far it has faded in: at 0 it is
the level before, with each pixel repeated, at 1 itself. All kernels have an equalised learning rate; the generator
normalises the vector of each pixel, the discriminator sees the deviation within its batch. What is not the authors':
the generator ends in tanh (theirs may leave [-1, 1]).
"""

from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.layers import EqualizedConv2D, EqualizedDense, MinibatchStdDev, PixelNormalization
from kgan.networks.shapes import check_sizes, halvings, tapered


def upsampled(images: tf.Tensor) -> tf.Tensor:
    """Each pixel repeated: (b, h, w, c) -> (b, 2h, 2w, c)."""
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)


def downsampled(images: tf.Tensor) -> tf.Tensor:
    """The mean of each 2 x 2 pixels: (b, h, w, c) -> (b, h/2, w/2, c); of what `upsampled` gave, what it was given."""
    height, width, channels = images.shape[1:]
    return tf.reduce_mean(tf.reshape(images, [-1, height // 2, 2, width // 2, 2, channels]), [2, 4])


def faded(before: tf.Tensor, after: tf.Tensor, fade: Any) -> tf.Tensor:
    """`before` at fade 0, `after` at 1, to the bit; linear in between."""
    fade = tf.cast(fade, after.dtype)
    return (1.0 - fade) * before + fade * after


class Growing(keras.Model):
    """What both networks share.

    Args:
        image_shape: (height, width, channels) of the last level.
        width: channels of the maps of the coarse levels.
        stages: how many levels; None for as many as the sizes have.
        level: the present one, from 0; None for the last, whole.

    Attributes:
        sizes: (height, width) of each level.
        fade: a variable in [0, 1].
    """

    def __init__(
        self, image_shape: tuple, width: int = 32, stages: int | None = None, level: int | None = None, **kwargs: Any
    ) -> None:
        check_sizes(width=width)
        most = halvings(image_shape) + 1
        if stages is not None and not 1 < whole("stages", stages) <= most:
            sizes = ", ".join(f"{image_shape[0] >> k} x {image_shape[1] >> k}" for k in reversed(range(most)))
            raise InputError(f"stages: {image_shape[0]} x {image_shape[1]} allows 2 to {most} ({sizes}), got {stages}")
        super().__init__(**kwargs)
        self.image_shape, self.width, self.stages = tuple(image_shape), width, stages or most
        coarsest_first = reversed(range(self.stages))
        self.sizes = [(image_shape[0] >> halving, image_shape[1] >> halving) for halving in coarsest_first]
        self.widths = tapered(width, self.stages)
        self.level = self.stages - 1 if level is None else level
        kind = {"trainable": False, "autocast": False, "aggregation": "only_first_replica", "dtype": "float32"}
        self.fade = self.add_weight(shape=(), initializer="ones", name="fade", **kind)
        self.blocks: list[keras.Model] = []  # by level: what is between its maps and the coarser ones
        self.rgb: list[keras.Model] = []  # by level: from or to pictures

    def wakes(self) -> dict[int, int]:
        """The level with which a variable, by its id, begins to be trained."""
        pairs = enumerate(zip(self.blocks, self.rgb, strict=True))
        return {id(v): level for level, pair in pairs for part in pair for v in part.trainable_variables}

    def build(self, input_shape: Any = None) -> None:  # its layers are built when they are made
        self.built = True

    def get_config(self) -> dict:
        sizes = {"image_shape": self.image_shape, "width": self.width, "stages": self.stages, "level": self.level}
        return {**sizes, "name": self.name, "dtype": keras.dtype_policies.serialize(self.dtype_policy)}

    def _block(self, shape: tuple, layers: list) -> keras.Model:
        return keras.Sequential([keras.Input(shape), *layers])

    def _conv(self, filters: int, size: int = 3, gain: float = 2.0**0.5) -> keras.layers.Layer:
        return EqualizedConv2D(filters, size, padding="same", gain=gain, dtype=self.dtype_policy)

    def _dense(self, units: int, gain: float = 2.0**0.5) -> keras.layers.Layer:
        return EqualizedDense(units, gain=gain, dtype=self.dtype_policy)

    def _leaky(self) -> keras.layers.Layer:
        return keras.layers.LeakyReLU(0.2, dtype=self.dtype_policy)


def reduced(images: tf.Tensor, network: Growing) -> tf.Tensor:
    """Images of the last level as a network is to see them at its present one: smaller, and faded as it is."""
    for _ in range(network.stages - 1 - network.level):
        images = downsampled(images)
    return faded(upsampled(downsampled(images)), images, network.fade.value) if network.level else images


@keras.saving.register_keras_serializable("kgan")
class ProgressiveGenerator(Growing):
    """Latents (batch, latent_dim) -> images (batch, *sizes[level], channels) in [-1, 1]."""

    def __init__(self, image_shape: tuple, latent_dim: int = 128, **kwargs: Any) -> None:
        check_sizes(latent_dim=latent_dim)
        super().__init__(image_shape, **{"name": "progressive_generator", **kwargs})
        self.latent_dim = latent_dim
        pixel = lambda: PixelNormalization(dtype=self.dtype_policy)  # noqa: E731
        before = None
        for (height, width), maps in zip(self.sizes, self.widths, strict=True):
            if before is None:  # the latents are normalised too
                into = keras.layers.Reshape((height, width, maps), dtype=self.dtype_policy)
                # Theirs is a transposed convolution of 1 x 1 to 4 x 4 with a fourth of the gain.
                first = [pixel(), self._dense(height * width * maps, gain=2.0**0.5 / 4.0), into]
                shape = (latent_dim,)
            else:
                first, shape = [self._conv(maps)], (height, width, before)
            second = [self._leaky(), pixel(), self._conv(maps), self._leaky(), pixel()]
            self.blocks.append(self._block(shape, [*first, *second]))
            self.rgb.append(self._block((height, width, maps), [self._conv(image_shape[2], 1, gain=1.0)]))
            before = maps
        self.built = True

    @property
    def input_shape(self) -> tuple:
        """(None, latent_dim)."""
        return (None, self.latent_dim)

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        x = self.blocks[0](latents)
        for level in range(1, self.level + 1):
            before, x = x, self.blocks[level](upsampled(x))
        images = self.rgb[self.level](x)
        if self.level:
            images = faded(upsampled(self.rgb[self.level - 1](before)), images, self.fade.value)
        return tf.tanh(images)

    def get_config(self) -> dict:
        return {**super().get_config(), "latent_dim": self.latent_dim}


@keras.saving.register_keras_serializable("kgan")
class ProgressiveDiscriminator(Growing):
    """Images (batch, *sizes[level], channels) -> logits (batch, 1)."""

    def __init__(self, image_shape: tuple, **kwargs: Any) -> None:
        super().__init__(image_shape, **{"name": "progressive_discriminator", **kwargs})
        coarser = self.widths[0]
        for level, ((height, width), maps) in enumerate(zip(self.sizes, self.widths, strict=True)):
            layers = [self._conv(maps), self._leaky()]
            if level == 0:
                flat = keras.layers.Flatten(dtype=self.dtype_policy)
                layers = [MinibatchStdDev(dtype=self.dtype_policy), *layers, flat, self._dense(maps), self._leaky()]
                layers.append(self._dense(1, gain=1.0))
            else:
                layers += [self._conv(coarser), self._leaky()]
            self.blocks.append(self._block((height, width, maps), layers))
            self.rgb.append(self._block((height, width, image_shape[2]), [self._conv(maps, 1), self._leaky()]))
            coarser = maps
        self.built = True

    def call(self, samples: tf.Tensor, training: bool = False) -> tf.Tensor:
        x = self.rgb[self.level](samples)
        for level in range(self.level, 0, -1):
            x = downsampled(self.blocks[level](x))
            if level == self.level:
                x = faded(self.rgb[level - 1](downsampled(samples)), x, self.fade.value)
        return self.blocks[0](x)


def progressive_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 128, width: int = 32, stages: int | None = None
) -> ProgressiveGenerator:
    """A generator that grows: a dense layer to 4 x 4 (7 x 7 for 28 x 28), then two 3 x 3 convolutions a level.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents, which are normalised; 512 in the paper.
        width: channels of the maps up to the fourth level (32 x 32), halved in each from there on; 512 in the paper.
        stages: how many levels, from 2 on, each half the next; default: as many as the sizes have.

    Raises:
        InputError: for sizes or stages that cannot be.
    """
    return ProgressiveGenerator(image_shape, latent_dim, width=width, stages=stages)


def progressive_discriminator(
    image_shape: tuple = (32, 32, 3), width: int = 32, stages: int | None = None
) -> ProgressiveDiscriminator:
    """The mirror image, with the deviation within the batch (`kgan.layers.MinibatchStdDev`) at the coarsest level.

    Arguments and errors as in `progressive_generator`.
    """
    return ProgressiveDiscriminator(image_shape, width=width, stages=stages)
