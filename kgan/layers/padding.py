"""Reflection padding: a picture continued by its own mirror image."""

import keras
import tensorflow as tf

from kgan.checks import InputError, whole


@keras.saving.register_keras_serializable("kgan")
class ReflectionPadding2D(keras.layers.Layer):
    """Adds `padding` pixels at each border, the picture's own reflection without the border pixel itself.

    Linear, with gradients of any order. (batch, height, width, channels) -> (batch, height + 2 padding, ...).

    Args:
        padding: pixels, from 0 on; fewer than height and width.

    Raises:
        InputError: if `padding` is not whole, from 0 on; (at build) for an input that is no map, or too small a one.
    """

    def __init__(self, padding: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.padding = whole("padding", padding, least=0)

    def build(self, input_shape: tuple) -> None:
        if len(input_shape) != 4:
            raise InputError(f"inputs: wanted (batch, height, width, channels), got shape {tuple(input_shape)}")
        if any(size is not None and size <= self.padding for size in input_shape[1:3]):
            wanted = f"wanted maps larger than the padding {self.padding}"
            raise InputError(f"inputs: {wanted}, got {input_shape[1]} x {input_shape[2]}")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        around = [self.padding, self.padding]
        return tf.pad(inputs, [[0, 0], around, around, [0, 0]], mode="REFLECT")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        more = lambda size: None if size is None else size + 2 * self.padding  # noqa: E731
        return batch, more(height), more(width), channels

    def get_config(self) -> dict:
        return {**super().get_config(), "padding": self.padding}
