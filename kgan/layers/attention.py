"""Self-attention between the positions of a feature map (SAGAN, Zhang et al. 2019)."""

import keras
import tensorflow as tf

from kgan.checks import InputError
from kgan.layers.spectral import SpectralNormalization


@keras.saving.register_keras_serializable("kgan")
class SelfAttention(keras.layers.Layer):
    """SAGAN, section 3: y = gamma o + x, where o lets each position look at all others.

    With s_ij = f(x_i) . g(x_j) and b_ji the softmax of s_ij over i (eq. 1), o_j = v(sum_i b_ji h(x_i)) (eq. 2); gamma
    is zero at first (eq. 3). f, g, h map to an eighth of the channels (at least one) and v back, without bias.
    Takes (batch, ..., channels) of any rank from 3. (The authors' code halves the channels in h, and looks at every
    other position only, by max-pooling; this is the paper's text, whose second-order gradient XLA has everywhere.)

    It costs positions^2 numbers a sample: put it at 32 x 32 or below. The softmax is float32 (or float64) under
    mixed precision.

    Args:
        spectral: spectrally normalise f, g, h and v, as the paper does in both networks.

    Raises:
        InputError: (at build) if there are no positions.
    """

    def __init__(self, spectral: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.spectral = spectral

    def build(self, input_shape: tuple) -> None:
        if len(input_shape) < 3:
            raise InputError(f"inputs: wanted (batch, positions, channels), got shape {tuple(input_shape)}")
        channels, inner = input_shape[-1], max(1, input_shape[-1] // 8)
        self.f, self.g, self.h = (self._linear(inner, name) for name in ("f", "g", "h"))
        self.v = self._linear(channels, "v")
        for linear in (self.f, self.g, self.h):
            linear.build(input_shape)
        self.v.build((*input_shape[:-1], inner))
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def _linear(self, units: int, name: str) -> keras.layers.Layer:
        dense = keras.layers.Dense(units, use_bias=False, dtype=self.dtype_policy, name=name)
        return SpectralNormalization(dense, name=f"{name}_normalized") if self.spectral else dense

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(inputs)
        x = tf.reshape(inputs, [shape[0], -1, inputs.shape[-1]])
        scores = tf.matmul(self.g(x), self.f(x), transpose_b=True)  # s_ij at [sample, j, i]
        attention = tf.nn.softmax(tf.cast(scores, "float64" if x.dtype == "float64" else "float32"))
        o = self.v(tf.matmul(tf.cast(attention, x.dtype), self.h(x)))
        return tf.cast(self.gamma, x.dtype) * tf.reshape(o, shape) + inputs

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "spectral": self.spectral}
