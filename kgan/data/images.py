"""Bringing images to one square size."""

import tensorflow as tf


def fit_square(images: tf.Tensor, resolution: int) -> tf.Tensor:
    """The centre square of `images` ([..., height, width, channels]), resized to `resolution` pixels a side.

    The resize is bilinear with antialiasing (a plain average where the factor is whole and large), up or down.
    uint8 stays uint8 (rounded), other dtypes become float32; the value range is kept.
    """
    height, width = tf.shape(images)[-3], tf.shape(images)[-2]
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = images[..., top : top + side, left : left + side, :]
    resized = tf.image.resize(square, (resolution, resolution), antialias=True)
    return tf.cast(tf.round(resized), tf.uint8) if images.dtype == tf.uint8 else tf.cast(resized, tf.float32)


def fit_all(images: tf.Tensor, resolution: int | None, chunk: int = 1024) -> tf.Tensor:
    """`fit_square` of a whole set [n, height, width, channels], a chunk at a time; None leaves it as it is."""
    if resolution is None or tuple(images.shape[1:3]) == (resolution, resolution):
        return images
    with tf.device("CPU:0"):
        pieces = [fit_square(images[i : i + chunk], resolution) for i in range(0, images.shape[0], chunk)]
        return tf.concat(pieces, axis=0)
