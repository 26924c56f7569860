"""The residual networks of R3GAN (Huang et al. 2024), which have no normalisation.

A stage is a resolution: the transition into it (the generator) or out of it (the critic), and some residual blocks.
The initialisation does what normalisation does elsewhere: kernels are normal with deviation gain / sqrt(fan-in), and
a block's last layer starts at zero, so that at first a network is its transitions alone.
"""

import math
from typing import Any

import keras

from kgan.layers import BlurDownsampling2D, BlurUpsampling2D
from kgan.networks.r3gan_layers import Basis, GroupedConv2D
from kgan.networks.shapes import check_sizes, halvings, tapered

SLOPE = 0.2
GAIN = math.sqrt(2.0 / (1.0 + SLOPE**2))  # what keeps the mean square behind this leaky ReLU
GROUP = 16  # channels in a group, in the authors' settings for CIFAR-10 and FFHQ


def _normal(gain: float) -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(gain**2, "fan_in", "untruncated_normal")


def _linear(maps: int, initializer: Any = None, bias: bool = False) -> keras.layers.Layer:
    """A 1 x 1 convolution."""
    return keras.layers.Conv2D(maps, 1, use_bias=bias, kernel_initializer=initializer or _normal(1.0))


def _block(x, total: int):  # noqa: ANN001
    """x + h(x); h is 1 x 1 to twice the width, 3 x 3 in groups, 1 x 1 back, with leaky ReLUs between.

    With `total` blocks of three layers in the network, the gain is multiplied by total^(-1/4) (Fixup, Zhang et al.
    2019, section 4). The paper's biases before the leaky ReLUs are the biases of the convolutions before them.
    """
    maps, wide = x.shape[-1], 2 * x.shape[-1]
    initializer = _normal(GAIN * total**-0.25)
    h = keras.layers.LeakyReLU(SLOPE)(_linear(wide, initializer, bias=True)(x))
    h = GroupedConv2D(wide, 3, wide // math.gcd(wide, GROUP), initializer)(h)
    h = _linear(maps, "zeros")(keras.layers.LeakyReLU(SLOPE)(h))
    return keras.layers.Add()([x, h])


def _stages(image_shape: tuple, width: int, blocks: int) -> tuple[list, int, tuple]:
    """The width of each stage, coarsest first; the number of blocks in the network; the coarsest map's size."""
    check_sizes(width=width, blocks=blocks)
    doublings = halvings(image_shape)
    widths = tapered(width, doublings + 1)
    return widths, blocks * len(widths), (image_shape[0] >> doublings, image_shape[1] >> doublings)


def r3gan_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 64, width: int = 32, blocks: int = 1
) -> keras.Model:
    """A learnt 4 x 4 basis (7 x 7 for 28 x 28) scaled by the latents, stages that double it, a 1 x 1 convolution, tanh.

    A transition is a 1 x 1 convolution, where the width changes, and `BlurUpsampling2D`. Two things are not the
    authors': the tanh (their images may leave [-1, 1]), and a border that goes on beyond itself where theirs is zero.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents; 64 in the authors' settings.
        width: channels of the maps up to the fourth stage (32 x 32), halved in each stage from there on; inside a
            block they are twice as many, in groups of 16 (or of what divides them). The authors have 768 for
            CIFAR-10 and FFHQ, two hundred times the work of the default, which two cores can train.
        blocks: residual blocks in a stage; the authors have 2.

    Returns:
        A model from latents (batch, latent_dim) to images (batch, *image_shape) in [-1, 1].

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim)
    widths, total, size = _stages(image_shape, width, blocks)
    x = inputs = keras.Input((latent_dim,), name="latents")
    x = keras.layers.Dense(widths[0], use_bias=False, kernel_initializer=_normal(1.0))(x)
    x = Basis(*size)(x)
    for stage, maps in enumerate(widths):
        if maps != x.shape[-1]:
            x = _linear(maps)(x)
        if stage:
            x = BlurUpsampling2D()(x)
        for _ in range(blocks):
            x = _block(x, total)
    x = _linear(image_shape[2])(x)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="r3gan_generator")


def r3gan_discriminator(image_shape: tuple = (32, 32, 3), width: int = 32, blocks: int = 1) -> keras.Model:
    """The mirror image: a 1 x 1 convolution, stages that halve the map, a depthwise 4 x 4 convolution, a linear map.

    A transition is `BlurDownsampling2D` and, where the width changes, a 1 x 1 convolution. Without normalisation and
    with right second-order gradients throughout, the critic suits every gradient penalty. Arguments and errors as in
    `r3gan_generator`.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).
    """
    widths, total, size = _stages(image_shape, width, blocks)
    x = inputs = keras.Input(image_shape, name="samples")
    x = _linear(widths[-1])(x)
    for stage, maps in reversed(list(enumerate(widths))):
        if stage < len(widths) - 1:
            x = BlurDownsampling2D()(x)
        if maps != x.shape[-1]:
            x = _linear(maps)(x)
        for _ in range(blocks):
            x = _block(x, total)
    # Keras takes all channels for a depthwise kernel's fan-in: its own is one channel's map.
    initializer = keras.initializers.RandomNormal(stddev=1.0 / math.sqrt(math.prod(size)))
    x = keras.layers.DepthwiseConv2D(size, use_bias=False, depthwise_initializer=initializer)(x)
    logits = keras.layers.Dense(1, use_bias=False, kernel_initializer=_normal(1.0))(keras.layers.Flatten()(x))
    return keras.Model(inputs, logits, name="r3gan_discriminator")
