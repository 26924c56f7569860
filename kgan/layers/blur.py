"""Resampling by two with the blur [1, 2, 1] (StyleGAN, Karras et al. 2019), for what bilinear resizing cannot do.

TensorFlow's bilinear resizing has no second-order gradient: a gradient penalty through it is silently wrong. These
are convolutions with fixed kernels, right to every order. Pixels are areas, so that neither moves the picture. Beyond
the border a map goes on with its border's values: a constant map stays constant. (StyleGAN and R3GAN put zeros
there, which darkens the border.)
"""

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError


def _depthwise(x: tf.Tensor, rows: list, columns: list, stride: int) -> tf.Tensor:
    """Each map of x, with a border of its own values, filtered by the outer product of `rows` and `columns`."""
    x = tf.concat([x[:, :1], x, x[:, -1:]], 1)  # by concat: on a CPU, tf.pad(mode="SYMMETRIC") is far slower
    x = tf.concat([x[:, :, :1], x, x[:, :, -1:]], 2)
    kernel = np.tile(np.outer(rows, columns)[:, :, None, None], (1, 1, x.shape[-1], 1))
    return tf.nn.depthwise_conv2d(x, tf.constant(kernel, x.dtype), [1, stride, stride, 1], "VALID")


def _check_maps(input_shape: tuple) -> None:
    if len(input_shape) != 4:  # TensorFlow ends the process on other ranks
        raise InputError(f"inputs: wanted (batch, height, width, channels), got shape {tuple(input_shape)}")


@keras.saving.register_keras_serializable("kgan")
class BlurUpsampling2D(keras.layers.Layer):
    """Repeats each pixel and blurs by [1, 2, 1] / 4 in both directions: (b, h, w, c) -> (b, 2h, 2w, c).

    Together the filter [1, 3, 3, 1] / 4. This is bilinear upsampling by two, borders included.

    Raises:
        InputError: (at build) for an input of another rank.
    """

    def build(self, input_shape: tuple) -> None:
        _check_maps(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        first, second = [0.25, 0.75, 0.0], [0.0, 0.75, 0.25]  # what the two halves of a pixel see of its neighbours
        quarters = [_depthwise(inputs, rows, columns, 1) for rows in (first, second) for columns in (first, second)]
        return tf.nn.depth_to_space(tf.concat(quarters, -1), 2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        return (batch, height and 2 * height, width and 2 * width, channels)


@keras.saving.register_keras_serializable("kgan")
class BlurDownsampling2D(keras.layers.Layer):
    """Blurs by [1, 2, 1] / 4 and averages pairs, in both directions: (b, h, w, c) -> (b, h/2, w/2, c).

    Together the filter [1, 3, 3, 1] / 8. Away from the border this is bilinear downsampling with antialiasing.

    Raises:
        InputError: (at build) for an input of another rank, or if height or width is odd.
    """

    def build(self, input_shape: tuple) -> None:
        _check_maps(input_shape)
        if any(size is not None and size % 2 for size in input_shape[1:3]):
            raise InputError(f"inputs: wanted an even height and width, got shape {tuple(input_shape)}")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        filter = np.array([1.0, 3.0, 3.0, 1.0]) / 8.0
        return _depthwise(inputs, filter, filter, 2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        return (batch, height and height // 2, width and width // 2, channels)
