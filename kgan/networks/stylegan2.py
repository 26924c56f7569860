"""The networks of StyleGAN2 (Karras et al. 2020): a generator of styles, and a residual discriminator.

As in the authors' code of StyleGAN2-ADA, for maps of float32: a mapping network, a synthesis with skip connections,
whose layers `stylegan2_layers` has. Two things are not theirs: a generator's images are clipped to [-1, 1], which they
do when they write them; and a sample's noise is constant, outside of training.
"""

import math

import keras

from kgan.layers import MinibatchStdDev, PixelNormalization
from kgan.networks.shapes import check_sizes, halvings, tapered
from kgan.networks.stylegan2_layers import (
    FilteredUpsampling2D,
    LearntConstant,
    ModulatedConv2D,
    StyleConv2D,
    StyleDense,
    ToRGB,
    TruncatedStyles,
)

MAPPING, TRUNCATION, SYNTHESIS = "mapping", "truncated", "synthesis"  # the parts of a generator, by name


def stylegan2_mapping(latent_dim: int = 64, layers: int = 8) -> keras.Model:
    """Latents z (batch, latent_dim) -> w, alike: z / sqrt(mean z^2 + 1e-8), then `layers` dense layers.

    They learn 0.01 times as fast as the others. 512 and 8 in the paper; 2 layers in the authors' setting for CIFAR-10.
    """
    check_sizes(latent_dim=latent_dim, layers=layers)
    inputs = keras.Input((latent_dim,), name="latents")
    x = PixelNormalization()(inputs)
    for _ in range(layers):
        x = StyleDense(latent_dim, lr_multiplier=0.01)(x)
    return keras.Model(inputs, x, name=MAPPING)


def stylegan2_synthesis(image_shape: tuple = (32, 32, 3), latent_dim: int = 64, width: int = 32) -> keras.Model:
    """Styles (batch, 2 levels, latent_dim) -> images (batch, *image_shape), unbounded.

    A level is a resolution. Each but the first has two modulated convolutions, the first of which doubles the size,
    and adds to the image so far, doubled too, what it sees of it ("skip"). The style of a level's `ToRGB` is that of
    the next level's first convolution, as there.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    doublings = halvings(image_shape)
    height, width_, channels = image_shape[0] >> doublings, image_shape[1] >> doublings, image_shape[2]
    widths = tapered(width, doublings + 1)
    inputs = keras.Input((2 * len(widths), latent_dim), name="styles")
    styles = keras.ops.unstack(inputs, axis=1)
    x, images = LearntConstant((height, width_, widths[0]))(inputs), None
    for level, maps in enumerate(widths):
        if level:
            x = ModulatedConv2D(maps, up=True)([x, styles[2 * level - 1]])
        x = ModulatedConv2D(maps)([x, styles[2 * level]])
        seen = ToRGB(channels)([x, styles[2 * level + 1]])
        images = seen if images is None else keras.layers.Add()([FilteredUpsampling2D()(images), seen])
    return keras.Model(inputs, images, name=SYNTHESIS)


def stylegan2_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 64, width: int = 32, mapping_layers: int = 8
) -> keras.Model:
    """A mapping network, the truncation of its w by psi, and the synthesis.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of z and of w; 512 in the paper.
        width: channels of the maps up to the fourth level (32 x 32), halved in each from there on; 512 in the authors'
            settings for 256 x 256, two hundred times the work of the default, which two cores can train.
        mapping_layers: 8, as in the paper.

    Returns:
        A model from "latents" (batch, latent_dim) and "truncation" (batch,), psi, 1 for none, to images in [-1, 1]. Its
        layers "mapping", "truncated" and "synthesis" are what `kgan.StyleGAN2ADA` trains.

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    mapping, synthesis = (
        stylegan2_mapping(latent_dim, mapping_layers),
        stylegan2_synthesis(image_shape, latent_dim, width),
    )
    latents, psi = keras.Input((latent_dim,), name="latents"), keras.Input((), name="truncation")
    styles = TruncatedStyles(synthesis.input_shape[1], name=TRUNCATION)([mapping(latents), psi])
    images = keras.layers.Activation("hard_tanh")(synthesis(styles))
    return keras.Model([latents, psi], images, name="stylegan2_generator")


def stylegan2_discriminator(image_shape: tuple = (32, 32, 3), width: int = 32) -> keras.Model:
    """From 1 x 1, residual blocks that halve the size, the deviation within groups of four, 3 x 3 and two dense layers.

    A block is 3 x 3 and 3 x 3 down, beside 1 x 1 down; both branches have the gain sqrt(1/2). Arguments and errors as
    in `stylegan2_generator`.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).
    """
    check_sizes(width=width)
    widths = tapered(width, halvings(image_shape) + 1)
    inputs = keras.Input(image_shape, name="samples")
    x, half = StyleConv2D(widths[-1], 1)(inputs), math.sqrt(0.5)
    for level in reversed(range(1, len(widths))):
        shortcut = StyleConv2D(widths[level - 1], 1, down=True, activated=False, gain=half)(x)
        x = StyleConv2D(widths[level], 3)(x)
        x = StyleConv2D(widths[level - 1], 3, down=True, gain=half)(x)
        x = keras.layers.Add()([shortcut, x])
    x = StyleConv2D(widths[0], 3)(MinibatchStdDev(4)(x))
    x = StyleDense(widths[0])(keras.layers.Flatten()(x))
    return keras.Model(inputs, StyleDense(1, activated=False)(x), name="stylegan2_discriminator")
