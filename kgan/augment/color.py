"""ADA's colour transforms (Karras et al. 2020, appendix B): one affine map of the channels a sample.

The luma axis v is (1, ..., 1) / sqrt(channels). Of a grey image, v is all there is: saturation and hue leave it alone.
Hue is a notion of three channels, and leaves any other number alone.
"""

import math

import tensorflow as tf

from kgan.augment.affine import linear, scaling, translation
from kgan.augment.draws import Draw


def brightness(draw: Draw, channels: int) -> tf.Tensor:
    """Plus N(0, 0.2^2), in images of [-1, 1]."""
    return translation(tf.repeat(draw.choose(0.2 * draw.normal[:, :1], 0.0), channels, 1))


def contrast(draw: Draw, channels: int) -> tf.Tensor:
    """Times 2^N(0, 0.5^2)."""
    return scaling(tf.repeat(tf.pow(2.0, draw.choose(0.5 * draw.normal[:, :1], 0.0)), channels, 1))


def lumaflip(draw: Draw, channels: int) -> tf.Tensor:
    """Luma to minus luma, or not, with equal chance: I - 2 v v'."""
    flipped = draw.choose(tf.where(draw.uniform[:, 0] < 0.5, 0.0, 1.0), 0.0)
    return linear(tf.eye(channels) - 2.0 * flipped[:, None, None] * _luma(channels))


def hue(draw: Draw, channels: int) -> tf.Tensor:
    """Turned about the luma axis by U(-pi, pi) (Rodrigues' formula)."""
    angle = draw.choose((2.0 * draw.uniform[:, 0] - 1.0) * math.pi, 0.0) * float(channels == 3)
    cos, sin = tf.cos(angle)[:, None, None], tf.sin(angle)[:, None, None]
    turned = cos * tf.eye(channels) + (1.0 - cos) * _luma(channels)
    if channels == 3:
        turned += sin / math.sqrt(3.0) * tf.constant([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
    return linear(turned)


def saturation(draw: Draw, channels: int) -> tf.Tensor:
    """What is not luma times 2^N(0, 1)."""
    factor = tf.pow(2.0, draw.choose(draw.normal[:, 0], 0.0))[:, None, None]
    return linear(tf.eye(channels) + (factor - 1.0) * (tf.eye(channels) - _luma(channels)))


COLOR = [
    ("brightness", brightness),
    ("contrast", contrast),
    ("lumaflip", lumaflip),
    ("hue", hue),
    ("saturation", saturation),
]


def recolor(images: tf.Tensor, maps: tf.Tensor) -> tf.Tensor:
    """The images with each pixel's channels under the affine `maps`, float32 (batch, channels + 1, channels + 1)."""
    channels = images.shape[-1]
    maps = tf.cast(maps, images.dtype)
    column = lambda c: maps[:, None, None, :channels, c]  # noqa: E731
    return tf.add_n([images[..., c : c + 1] * column(c) for c in range(channels)]) + column(channels)


def _luma(channels: int) -> tf.Tensor:
    return tf.fill((channels, channels), 1.0 / channels)  # v v'
