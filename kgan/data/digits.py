"""scikit-learn's handwritten digits: small enough to come with the library, so that anything can be tried offline."""

import numpy as np
import tensorflow as tf

from kgan.data.arrays import Arrays, Indexed
from kgan.data.images import centre, check_memory

STACKED = 128_000  # as many as PacGAN (Lin et al. 2018) trains on


def digits(resolution: tuple[int, int] | None) -> Arrays:
    """The 1,797 digits (8x8, 17 grey levels, 10 classes), resized with a bicubic to `resolution` (default 28x28)."""
    from sklearn.datasets import load_digits  # here, as it takes its time

    size = resolution or (28, 28)
    images, labels = load_digits(return_X_y=True)
    check_memory(f"{len(images)} digits", len(images), (*size, 1), 4)
    images = images.reshape(-1, 8, 8, 1) * (255.0 / 16.0)
    top, left, rows, columns = centre(8, 8, size)
    with tf.device("CPU:0"):
        images = images[:, top : top + rows, left : left + columns]
        images = tf.image.resize(images, size, method="bicubic", antialias=True)
        images = tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.uint8)
    return Arrays(images, labels)


class Stacked(Indexed):
    """Three digits in the three channels, so that there are 1,000 modes (stacked MNIST: Metz et al. 2017).

    128,000 triples, uniform and with replacement, a function of `seed`. The label is their number: 100 a + 10 b + c for
    the digits a, b, c in the first, second and third channel.
    """

    def __init__(self, singles: Arrays, seed: int) -> None:
        random = np.random.default_rng(np.random.SeedSequence(seed))
        with tf.device("CPU:0"):
            self.singles = singles.x[..., 0]
            self.triples = tf.constant(random.integers(singles.size, size=(STACKED, 3)))
            self.y = tf.reduce_sum(tf.gather(singles.y, self.triples) * [100, 10, 1], axis=1)
        self.size, self.labelled, self.num_classes = STACKED, True, 1000
        self.class_names = tuple(f"{label:03d}" for label in range(1000))

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        channels = tf.unstack(tf.gather(self.triples, indices), num=3, axis=-1)
        images = tf.stack([tf.gather(self.singles, channel) for channel in channels], axis=-1)
        return (images, tf.gather(self.y, indices)) if labels else (images,)
