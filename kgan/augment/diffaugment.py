"""Differentiable augmentation (Zhao et al. 2020)."""

import keras
import tensorflow as tf

from kgan import random
from kgan.augment.base import Augmentation, image_size
from kgan.checks import InputError, lookup


def color(images: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    """Brightness + U(-0.5, 0.5), then saturation * U(0, 2), then contrast * U(0.5, 1.5).

    Saturation is the distance from the mean over a pixel's channels (of a grey image, nothing), contrast that from
    the mean over the whole image.
    """
    brightness, saturation, contrast = (tf.cast(u[:, i, None, None, None], images.dtype) for i in range(3))
    images = images + (brightness - 0.5)
    images = _from_mean(images, 2.0 * saturation, [3])
    return _from_mean(images, 0.5 + contrast, [1, 2, 3])


def translation(images: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    """Moved by whole pixels, uniform up to 1/8 of the height and width, zero where the image has left."""
    height, width, channels = images.shape[1:]
    row, inside_y = _moved(height, u[:, 0])
    column, inside_x = _moved(width, u[:, 1])
    place = tf.range(tf.shape(images)[0])[:, None, None] * height + row[:, :, None]
    place = place * width + column[:, None, :]
    inside = tf.cast(inside_y[:, :, None] & inside_x[:, None, :], images.dtype)
    return tf.gather(tf.reshape(images, [-1, channels]), place) * inside[..., None]


def cutout(images: tf.Tensor, u: tf.Tensor) -> tf.Tensor:
    """Zero in a rectangle of half the height and width, its place uniform, partly outside at the borders."""
    erased = _window(images.shape[1], u[:, 0])[:, :, None] & _window(images.shape[2], u[:, 1])[:, None, :]
    return images * tf.cast(~erased, images.dtype)[..., None]


POLICIES = {"color": (color, 0), "translation": (translation, 3), "cutout": (cutout, 5)}  # its first random number
NUMBERS = 7


@keras.saving.register_keras_serializable("kgan")
class DiffAugment(Augmentation):
    """DiffAugment (Zhao et al. 2020): every sample transformed, each by random amounts of its own.

    For few images; without a setting to tune. Linear in the image, with exact gradients of any order.

    Args:
        policy: "color", "translation", "cutout", with commas between them, in the order in which they act. The
            authors take all three where images are few (hundreds, and a tenth or a fifth of CIFAR with StyleGAN2);
            "color,cutout" for the whole of CIFAR with StyleGAN2; "translation,cutout" for CIFAR with BigGAN, of
            whatever size; "translation" for ImageNet with BigGAN.

    Raises:
        InputError: for an unknown policy, with the nearest name; (when called) for samples that are no images.
    """

    def __init__(self, policy: str = "color,translation,cutout") -> None:
        if not isinstance(policy, str):
            raise InputError(f"policy: wanted names with commas between them, got {policy!r}")
        self.policy = policy
        self.steps = [lookup("policy", name.strip(), POLICIES) for name in policy.split(",")]

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        image_size(images)
        u = random.uniform((tf.shape(images)[0], NUMBERS), seed)
        for step, first in self.steps:
            images = step(images, u[:, first:])
        return images

    def get_config(self) -> dict:
        return {"policy": self.policy}


def _from_mean(images: tf.Tensor, factor: tf.Tensor, axes: list[int]) -> tf.Tensor:
    mean = tf.reduce_mean(images, axes, keepdims=True)
    return (images - mean) * factor + mean


def _moved(size: int, u: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """For each pixel the one that moves there, (batch, size), and whether there is one."""
    most = int(size / 8 + 0.5)
    place = tf.range(size) + tf.cast(tf.floor(u[:, None] * (2 * most + 1)), "int32") - most
    return tf.clip_by_value(place, 0, size - 1), (place >= 0) & (place < size)


def _window(size: int, u: tf.Tensor) -> tf.Tensor:
    """Whether each pixel lies in a window of half the size, (batch, size)."""
    length = int(size / 2 + 0.5)
    # An even window has its centre between pixels, and so one place more.
    first = tf.cast(tf.floor(u[:, None] * (size + 1 - length % 2)), "int32") - length // 2
    return (tf.range(size) >= first) & (tf.range(size) < first + length)
