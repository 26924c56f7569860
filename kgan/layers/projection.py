"""Random projections, through which each of several discriminators sees another view of a sample."""

from typing import Any

import keras
import tensorflow as tf

from kgan.checks import whole


@keras.saving.register_keras_serializable("kgan")
class RandomProjection(keras.layers.Layer):
    """A linear map that is drawn once and never trained (Neyshabur, Bhojanapalli and Chakrabarti 2017).

    A discriminator that begins with one sees data of fewer numbers, which real and generated ones share more of: its
    gradient does not vanish. Several such views together tell all of a sample. Images (batch, height, width, channels)
    are convolved ("same" padding), vectors (batch, n) multiplied, by normal numbers of which each filter's norm is 1.

    Args:
        filters: of the output; as many as the input's channels by default (one for colours in the authors' code), of a
            vector half as many as its numbers, at least 1.
        kernel_size: of the convolution; 8 in the authors' code.
        strides: of the convolution; 2 there.
        seed: of the numbers; a whole number. Give each discriminator another one.
    """

    def __init__(
        self, filters: int | None = None, kernel_size: int = 8, strides: int = 2, seed: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = None if filters is None else whole("filters", filters)
        self.kernel_size, self.strides = whole("kernel_size", kernel_size), whole("strides", strides)
        self.seed = whole("seed", seed, least=0)

    def build(self, input_shape: tuple) -> None:
        inputs = input_shape[-1]
        image = len(input_shape) == 4
        filters = self.filters or (inputs if image else max(inputs // 2, 1))
        window = (self.kernel_size, self.kernel_size) if image else ()
        self.kernel = self.add_weight(
            shape=(*window, inputs, filters), initializer=UnitNormal(self.seed), trainable=False, name="kernel"
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.cast(self.kernel.value, inputs.dtype)
        if len(inputs.shape) == 4:
            return tf.nn.conv2d(inputs, kernel, self.strides, "SAME")
        return inputs @ kernel

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        if len(input_shape) != 4:
            return (*input_shape[:-1], self.filters or max(input_shape[-1] // 2, 1))
        sides = [None if side is None else -(-side // self.strides) for side in input_shape[1:3]]
        return (input_shape[0], *sides, self.filters or input_shape[-1])

    def get_config(self) -> dict:
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "strides": self.strides, "seed": self.seed}
        return {**super().get_config(), **own}


class UnitNormal(keras.initializers.RandomNormal):
    """Normal numbers, of which those of each filter, the last axis, have norm 1."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(stddev=1.0, seed=seed)

    def __call__(self, shape: tuple, dtype: Any = None) -> tf.Tensor:
        drawn = super().__call__(shape, dtype)
        return drawn / tf.norm(tf.reshape(drawn, (-1, shape[-1])), axis=0)
