"""Bringing images to one size."""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kgan.checks import InputError

IN_MEMORY = 4 * 2**30  # bytes of images in memory


def centre(height: Any, width: Any, resolution: tuple[int, int], least: Callable = min) -> tuple:
    """(top, left, height, width) of the largest centred part that has the proportions of `resolution`."""
    rows = least(height, -(-width * resolution[0] // resolution[1]))  # rounded up, so that it is never 0
    columns = least(width, -(-height * resolution[1] // resolution[0]))
    return (height - rows) // 2, (width - columns) // 2, rows, columns


def fit(images: tf.Tensor, resolution: tuple[int, int]) -> tf.Tensor:
    """The centre of `images` ([..., height, width, channels]), resized to `resolution` (height, width).

    The largest centred part with the same proportions (a square for a square) is cut out. The resize is bilinear with
    antialiasing (a plain average where the factor is whole and large), up or down. uint8 stays uint8 (rounded), other
    dtypes become float32; the value range is kept.
    """
    top, left, rows, columns = centre(tf.shape(images)[-3], tf.shape(images)[-2], resolution, tf.minimum)
    part = images[..., top : top + rows, left : left + columns, :]
    resized = tf.image.resize(part, resolution, antialias=True)
    return tf.cast(tf.round(resized), tf.uint8) if images.dtype == tf.uint8 else tf.cast(resized, tf.float32)


def fit_all(images: tf.Tensor, resolution: tuple[int, int] | None, chunk: int = 1024) -> tf.Tensor:
    """`fit` of a whole set [n, height, width, channels], a chunk at a time; None leaves it as it is."""
    if resolution is None or tuple(images.shape[1:3]) == resolution:
        return images
    with tf.device("CPU:0"):
        pieces = [fit(images[i : i + chunk], resolution) for i in range(0, images.shape[0], chunk)]
        return tf.concat(pieces, axis=0)


def as_shown(image: tf.Tensor) -> tf.Tensor:
    """An image of 8 or 16 bits [height, width, 1 to 4] without its alpha, the last of 2 or 4 channels: on white.

    uint8 stays uint8, c a + 255 (1 - a) rounded; uint16 becomes float32 in [-1, 1].
    """
    white = image.dtype.max
    values = tf.cast(image, tf.float32)
    if image.shape[-1] in (2, 4):
        alpha = values[..., -1:] / white
        values = values[..., :-1] * alpha + white * (1.0 - alpha)
    if image.dtype == tf.uint8:
        return tf.cast(tf.round(values), tf.uint8)
    return values / (white / 2) - 1.0


def check_memory(what: str, count: int, shape: tuple[int, ...], itemsize: int) -> None:
    """Looks at whether `count` arrays of a shape fit in memory, before they are made.

    Raises:
      InputError: if they take more than 4 GiB.
    """
    size = count * math.prod(shape) * itemsize
    if size > IN_MEMORY:
        wanted = f"wanted at most {IN_MEMORY / 2**30:g} GiB"
        raise InputError(f"resolution: {what} of {'x'.join(map(str, shape))} take {size / 2**30:,.0f} GiB; {wanted}")
