"""The two layers of R3GAN that Keras does not have."""

from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError, whole


@keras.saving.register_keras_serializable("kgan")
class GroupedConv2D(keras.layers.Layer):
    """A convolution of stride 1, zero-padded to the input's size, in which a channel sees only its own group's.

    Input and output channels are cut into `groups` equal parts, in order; part i of the output sees part i of the
    input. The kernel is (size, size, channels / groups, filters), as in `keras.layers.Conv2D`, the bias (filters,).

    `keras.layers.Conv2D(groups=...)` is the same function. On a CPU, though, TensorFlow has its gradient only in
    float32 and bfloat16, and only with oneDNN; so Keras compiles each such call with XLA, which is some forty times
    slower where a gradient penalty differentiates twice. One convolution for each group works in every dtype and
    everywhere, and about as fast as oneDNN's for the few groups of a small network.

    Args:
        filters: output channels, a multiple of `groups`.
        kernel_size: the kernel's height and width.
        groups: how many groups; it divides the input's channels.
        kernel_initializer: as in Keras. The fan-in counts the channels of one group.

    Raises:
        InputError: if a number is not whole, from 1 on; if `groups` does not divide the filters or (at build) the
            input's channels.
    """

    def __init__(
        self, filters: int, kernel_size: int, groups: int, kernel_initializer: Any = "glorot_uniform", **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.groups = whole("filters", filters), whole("groups", groups)
        self.kernel_size = whole("kernel_size", kernel_size)
        if filters % groups:
            raise InputError(f"groups: wanted a divisor of the {filters} filters, got {groups}")
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: tuple) -> None:
        channels = input_shape[-1]
        if channels % self.groups:
            raise InputError(f"groups: wanted a divisor of the input's {channels} channels, got {self.groups}")
        shape = (self.kernel_size, self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.convert_to_tensor(self.kernel)
        parts = zip(tf.split(inputs, self.groups, -1), tf.split(kernel, self.groups, -1), strict=True)
        return tf.concat([tf.nn.conv2d(x, k, 1, "SAME") for x, k in parts], -1) + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.filters)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "groups": self.groups,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable("kgan")
class Basis(keras.layers.Layer):
    """A learnt map for each channel, scaled by the input: (batch, channels) -> (batch, height, width, channels).

    Args:
        height: of the maps.
        width: of the maps.
    """

    def __init__(self, height: int, width: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def build(self, input_shape: tuple) -> None:
        shape = (self.height, self.width, input_shape[-1])
        self.basis = self.add_weight(shape=shape, initializer=keras.initializers.RandomNormal(stddev=1.0), name="basis")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs[:, None, None, :] * self.basis

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict:
        return {**super().get_config(), "height": self.height, "width": self.width}
