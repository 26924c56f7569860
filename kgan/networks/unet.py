"""pix2pix's U-Net (Isola et al. 2017, section 6.1.1)."""

import keras
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.networks.shapes import check_sizes, normalized, picture_sizes, small_normal

DROPPED = 3  # decoder blocks with dropout, from the innermost on
DEEPEST = 8


@keras.saving.register_keras_serializable("kgan")
class LastingDropout(keras.layers.Dropout):
    """Dropout in training and in sampling: a model's `training=False` overrules what a layer was once called with."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        return super().call(inputs, training=True)


def unet_generator(
    source_shape: tuple = (256, 256, 3), channels: int = 3, width: int = 64, depth: int | None = None
) -> keras.Model:
    """4 x 4 convolutions of stride 2 down to the bottleneck, transposed ones back up, each level joined to its mirror.

    Leaky ReLU 0.2 on the way down, ReLU on the way up, N(0, 0.02), normalisation behind each convolution but the first,
    the innermost and the last. It is instance normalisation, in training and sampling, where the authors have batch
    normalisation by each batch's own statistics, of one picture: the same, but that a picture does not depend on
    others of its batch. Dropout of 1/2 in the first three decoder blocks is the noise: it stays on when the network is
    sampled from, as in the paper.

    Args:
        source_shape: (height, width, channels) of the pictures to translate; sizes divisible by 2^depth.
        channels: of the result.
        width: channels of the first map, doubled by each level up to eight times; 64 in the paper.
        depth: levels; default: as often as both sizes can be halved, at most 8, as in the paper for 256 x 256.

    Returns:
        A model from "images" (batch, *source_shape) in [-1, 1] to (batch, height, width, channels) in [-1, 1].

    Raises:
        InputError: for sizes that cannot be halved so often, or another number that is not whole, from 1 on.
    """
    check_sizes(channels=channels, width=width)
    if depth is not None:
        whole("depth", depth, most=16)
    picture_sizes("source_shape", source_shape)
    height, breadth = source_shape[:2]
    if height is None or breadth is None:
        raise InputError(f"source_shape: wanted a height and width, got {tuple(source_shape)}")
    if depth is None:
        depth = max([d for d in range(1, DEEPEST + 1) if height % 2**d == breadth % 2**d == 0], default=1)
    if height % 2**depth or breadth % 2**depth:
        raise InputError(f"source_shape: wanted sizes divisible by {2**depth}, got {tuple(source_shape)}")
    norm = normalized("instance")[1]
    settings = lambda bias: {"padding": "same", "use_bias": bias, "kernel_initializer": small_normal()}  # noqa: E731
    maps = [width * min(2**level, 8) for level in range(depth)]

    x = inputs = keras.Input(source_shape, name="images")
    skips = []
    for level in range(depth):
        x = keras.layers.LeakyReLU(0.2)(x) if level else x
        inner = 0 < level < depth - 1  # neither the first, nor the bottleneck: one pixel, which would be 0 afterwards
        x = keras.layers.Conv2D(maps[level], 4, 2, **settings(not inner))(x)
        x = norm(x) if inner else x
        skips.append(x)
    x = skips.pop()
    for block, level in enumerate(reversed(range(depth - 1))):
        x = keras.layers.Conv2DTranspose(maps[level], 4, 2, **settings(False))(keras.layers.ReLU()(x))
        x = norm(x)
        if block < DROPPED:
            x = LastingDropout(0.5)(x)
        x = keras.layers.Concatenate()([x, skips.pop()])
    x = keras.layers.Conv2DTranspose(channels, 4, 2, **settings(True))(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="unet_generator")
