"""scikit-learn's handwritten digits: small enough to come with the library, so that anything can be tried offline."""

import tensorflow as tf

from kgan.data.arrays import Arrays


def digits(resolution: int | None) -> Arrays:
    """The 1,797 digits (8x8, 17 grey levels, 10 classes), resized with a bicubic to `resolution` (default 28)."""
    from sklearn.datasets import load_digits  # here, as it takes its time

    size = resolution or 28
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1) * (255.0 / 16.0)
    with tf.device("CPU:0"):
        images = tf.image.resize(images, (size, size), method="bicubic", antialias=True)
        images = tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.uint8)
    return Arrays(images, labels)
