"""ADA's pixel blitting and geometric transforms (Karras et al. 2020, appendix B): one affine warp a sample.

A transform gives the *inverse* of its map: from a place in the result to the place in the image it shows. Places
are (x, y) in pixels from the image's centre, x to the right and y down, so that a rectangle's pixels stay square.
"""

import math

import tensorflow as tf

from kgan.augment.affine import linear, scaling, translation
from kgan.augment.draws import Draw

Size = tuple[int, int]  # height, width


def xflip(draw: Draw, size: Size) -> tf.Tensor:
    """Mirrored left to right, or not, with equal chance."""
    sign = draw.choose(tf.where(draw.uniform[:, 0] < 0.5, 1.0, -1.0), 1.0)
    return scaling(tf.stack([sign, tf.ones_like(sign)], 1))


def rotate90(draw: Draw, size: Size) -> tf.Tensor:
    """Turned by 0, 90, 180 or 270 degrees; only images that are square."""
    square = tf.cast(size[0] == size[1], "float32")
    quarter = tf.cast(draw.choose(tf.floor(4.0 * draw.uniform[:, 0] * square), 0.0), "int32")
    return _rotation(tf.gather([1.0, 0.0, -1.0, 0.0], quarter), tf.gather([0.0, 1.0, 0.0, -1.0], quarter))  # exact


def xint(draw: Draw, size: Size) -> tf.Tensor:
    """Moved by round(t * size) pixels, t ~ U(-1/8, 1/8) for each axis."""
    return translation(-draw.choose(tf.round((draw.uniform - 0.5) / 4.0 * _extent(size)), 0.0))


def scale(draw: Draw, size: Size) -> tf.Tensor:
    """Magnified 2^N(0, 0.2^2) times."""
    exponent = draw.choose(0.2 * draw.normal[:, :1], 0.0)
    return scaling(tf.pow(2.0, -tf.concat([exponent, exponent], 1)))


def rotate(draw: Draw, size: Size) -> tf.Tensor:
    """Turned by U(-pi, pi). It stands in the pipe twice: each with 1 - sqrt(1 - p), so that p is either's chance."""
    p = 1.0 - tf.sqrt(1.0 - tf.cast(draw.p, "float32"))
    angle = draw.choose((2.0 * draw.uniform[:, 0] - 1.0) * math.pi, 0.0, p)
    return _rotation(tf.cos(angle), tf.sin(angle))


def aniso(draw: Draw, size: Size) -> tf.Tensor:
    """Stretched 2^a times in x and 2^-a times in y, a ~ N(0, 0.2^2)."""
    exponent = draw.choose(0.2 * draw.normal[:, :1], 0.0)
    return scaling(tf.pow(2.0, tf.concat([-exponent, exponent], 1)))


def xfrac(draw: Draw, size: Size) -> tf.Tensor:
    """Moved by t * size pixels, t ~ N(0, (1/8)^2) for each axis."""
    return translation(-draw.choose(draw.normal / 8.0 * _extent(size), 0.0))


BLIT = [("xflip", xflip), ("rotate90", rotate90), ("xint", xint)]
GEOM = [("scale", scale), ("rotate", rotate), ("aniso", aniso), ("rotate", rotate), ("xfrac", xfrac)]


def warp(images: tf.Tensor, inverse: tf.Tensor) -> tf.Tensor:
    """The images under affine maps, by bilinear sampling of the image continued by reflection.

    Linear in the images, with gradients of any order in them; exact where the map takes pixels to pixels.

    Args:
        images: (batch, height, width, channels).
        inverse: float32 (batch, 3, 3), from places in the result to places in the images.
    """
    batch, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
    x = tf.range(width, dtype="float32") - (width - 1) / 2
    y = tf.range(height, dtype="float32")[:, None] - (height - 1) / 2
    row = lambda i: [inverse[:, i, j, None, None] for j in range(3)]  # noqa: E731
    (xx, xy, x1), (yx, yy, y1) = row(0), row(1)
    left, to_right = _folded(xx * x + xy * y + x1 + (width - 1) / 2, width)
    top, to_bottom = _folded(yx * x + yy * y + y1 + (height - 1) / 2, height)
    to_right, to_bottom = (tf.cast(weight[..., None], images.dtype) for weight in (to_right, to_bottom))
    # Each pixel with its neighbours to the right and below in its channels: one gather instead of four.
    both = tf.concat([images, tf.concat([images[:, :, 1:], images[:, :, -1:]], 2)], 3)
    corners = tf.concat([both, tf.concat([both[:, 1:], both[:, -1:]], 1)], 3)
    place = (tf.range(batch)[:, None, None] * height + top) * width + left
    corners = tf.gather(tf.reshape(corners, [-1, 4 * channels]), place)
    above_left, above_right, below_left, below_right = tf.split(corners, 4, 3)
    above = above_left + to_right * (above_right - above_left)
    below = below_left + to_right * (below_right - below_left)
    return above + to_bottom * (below - above)


def _folded(place: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The pixel at or before a place, reflected into [0, size - 1] as often as it takes, and the next one's weight."""
    if size == 1:
        place = tf.zeros_like(place)
    else:  # the distance from the nearest of the first pixel's images
        period = 2.0 * (size - 1)
        place = tf.abs(place - period * tf.round(place / period))
    before = tf.floor(place)
    return tf.cast(before, "int32"), place - before


def _rotation(cos: tf.Tensor, sin: tf.Tensor) -> tf.Tensor:
    return linear(tf.stack([tf.stack([cos, -sin], 1), tf.stack([sin, cos], 1)], 1))


def _extent(size: Size) -> tf.Tensor:
    return tf.constant([size[1], size[0]], "float32")
