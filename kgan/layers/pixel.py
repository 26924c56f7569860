"""Pixelwise feature vector normalisation (Karras et al. 2018)."""

import keras
import tensorflow as tf

from kgan import checks


@keras.saving.register_keras_serializable("kgan")
class PixelNormalization(keras.layers.Layer):
    """PGGAN, section 4.2: y = x / sqrt(mean over channels of x^2 + epsilon), at each position.

    Takes (batch, ..., channels) of any rank from 2. The mean is computed in float32 (or float64) under mixed
    precision, which makes the paper's larger epsilon for float16 needless.

    Args:
        epsilon: 1e-8, as in the paper.

    Raises:
        InputError: if epsilon is not positive.
    """

    def __init__(self, epsilon: float = 1e-8, **kwargs) -> None:
        super().__init__(**{**kwargs, "autocast": False})
        self.epsilon = checks.number("epsilon", epsilon, above=0.0)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x = tf.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        x = x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + self.epsilon)
        return tf.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}
