"""The layers of StyleGAN2 (Karras et al. 2020), as in the authors' code of StyleGAN2-ADA.

Kernels are drawn from N(0, 1) and scaled where they are used, by 1 / sqrt(fan-in), as `kgan.layers.equalized`; leaky
ReLUs have the slope 0.2 and the gain sqrt(2). Resampling is by the filter [1, 3, 3, 1] in both directions, beyond whose
border there are zeros. It always goes with a convolution, and here it is the kernel that is filtered, of far fewer
numbers than the maps; the convolution is then one of the smaller maps. It can be differentiated to every order.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import checks

# Along an axis, three taps behind zeros put between and [1, 3, 3, 1] / 4: where a pixel stood are two, and of them
# pixel a takes UP[a, 1 + n, m] times tap m from the old pixel n places on. The way down is its mirror image, by 1 / 8.
UP = np.array([[[3, 1, 0], [1, 3, 3], [0, 0, 1]], [[1, 0, 0], [3, 3, 1], [0, 1, 3]]]) / 4
DOWN = UP[:, ::-1, ::-1] / 2


def leaky(x: tf.Tensor) -> tf.Tensor:
    """sqrt(2) times the leaky ReLU of slope 0.2."""
    return math.sqrt(2.0) * tf.nn.leaky_relu(x, 0.2)


def convolved_up(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Zeros put between pixels, the filter / 4 along each axis, and a convolution of stride 1.

    Args:
        x: (batch, height, width, channels).
        kernel: (3, 3, channels, filters), or of 1 x 1.

    Returns:
        (batch, 2 height, 2 width, filters).
    """
    kernel = tf.reshape(_filtered("npcabf", UP, kernel), (3, 3, kernel.shape[2], 4 * kernel.shape[3]))
    return tf.nn.depth_to_space(tf.nn.conv2d(x, kernel, 1, "SAME"), 2)


def convolved_down(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The filter / 8 along each axis, and a convolution of stride 2: to (batch, height / 2, width / 2, filters)."""
    kernel = tf.reshape(_filtered("npabcf", DOWN, kernel), (3, 3, 4 * kernel.shape[2], kernel.shape[3]))
    return tf.nn.conv2d(tf.nn.space_to_depth(x, 2), kernel, 1, "SAME")


def _filtered(axes: str, by: np.ndarray, kernel: tf.Tensor) -> tf.Tensor:
    if kernel.shape[0] == 1:
        kernel = tf.pad(kernel, [[1, 1], [1, 1], [0, 0], [0, 0]])
    by = tf.constant(by, kernel.dtype)
    return tf.einsum(f"anm,bpq,mqcf->{axes}", by, by, kernel)


class _Styled(keras.layers.Layer):
    """A layer with kernels from N(0, deviation^2)."""

    def _kernel(self, *shape: int, name: str = "kernel", deviation: float = 1.0) -> Any:
        initializer = keras.initializers.RandomNormal(stddev=deviation)
        return self.add_weight(shape=shape, initializer=initializer, name=name)

    def _bias(self, units: int, value: float = 0.0, name: str = "bias") -> Any:
        return self.add_weight(shape=(units,), initializer=keras.initializers.Constant(value), name=name)


@keras.saving.register_keras_serializable("kgan")
class StyleDense(_Styled):
    """A linear layer, (batch, in) -> (batch, units), whose weights learn `lr_multiplier` times as fast as others'.

    y = x W lr_multiplier / sqrt(in) + lr_multiplier b, with W from N(0, 1 / lr_multiplier^2), b from 0.

    Args:
        units: of the output.
        activated: whether `leaky` follows.
        lr_multiplier: 1; 0.01 in the mapping network.
    """

    def __init__(self, units: int, activated: bool = True, lr_multiplier: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.activated = checks.whole("units", units), activated
        self.lr_multiplier = checks.number("lr_multiplier", lr_multiplier, above=0.0)

    def build(self, input_shape: tuple) -> None:
        self.kernel = self._kernel(input_shape[-1], self.units, deviation=1.0 / self.lr_multiplier)
        self.bias = self._bias(self.units)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        gain = self.lr_multiplier / math.sqrt(self.kernel.shape[0])
        x = tf.matmul(inputs, gain * tf.convert_to_tensor(self.kernel)) + self.lr_multiplier * self.bias
        return leaky(x) if self.activated else x

    def get_config(self) -> dict:
        mine = {"units": self.units, "activated": self.activated, "lr_multiplier": self.lr_multiplier}
        return {**super().get_config(), **mine}


@keras.saving.register_keras_serializable("kgan")
class StyleConv2D(_Styled):
    """The discriminator's convolution, of stride 1, or down to half of the size behind the filter.

    Args:
        filters: channels of the output.
        size: of the kernel, 1 or 3.
        down: whether it halves the size.
        activated: whether a bias and `leaky` follow.
        gain: of all this; sqrt(1/2) where a residual branch ends.
    """

    def __init__(
        self, filters: int, size: int, down: bool = False, activated: bool = True, gain: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.size = checks.whole("filters", filters), checks.whole("size", size)
        self.down, self.activated, self.gain = down, activated, gain

    def build(self, input_shape: tuple) -> None:
        self.kernel = self._kernel(self.size, self.size, input_shape[-1], self.filters)
        if self.activated:
            self.bias = self._bias(self.filters)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        kernel = tf.convert_to_tensor(self.kernel) / math.sqrt(math.prod(self.kernel.shape[:3]))
        x = convolved_down(inputs, kernel) if self.down else tf.nn.conv2d(inputs, kernel, 1, "SAME")
        return self.gain * (leaky(x + self.bias) if self.activated else x)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, _ = input_shape
        return (batch, height // (1 + self.down), width // (1 + self.down), self.filters)

    def get_config(self) -> dict:
        names = ("filters", "size", "down", "activated", "gain")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("kgan")
class ModulatedConv2D(_Styled):
    """The generator's 3 x 3 convolution: [maps, style] -> maps, twice as large if `up`.

    With s = 1 + an affine map of the style, a number for each input channel, the kernel of a sample is
    s_i k_ijo / sqrt(sum over i and positions of (s_i k_ijo)^2 + 1e-8); with `up`, the filter comes before it. Then
    noise, a bias and `leaky`. The noise is one normal number a pixel times a learnt strength, 0 at first: drawn in
    training, a function of the seed that kgan sets (`kgan.random.reseed`), and a constant map otherwise, so that a
    sample is a function of its style (the authors' noise mode 'const').

    Args:
        filters: channels of the output.
        up: whether it doubles the size.
    """

    def __init__(self, filters: int, up: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.filters, self.up = checks.whole("filters", filters), up
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, input_shape: Any) -> None:
        (_, height, width, channels), (_, styles) = input_shape
        self.kernel = self._kernel(3, 3, channels, self.filters)
        self.affine, self.shift = self._kernel(styles, channels, name="affine"), self._bias(channels, 1.0, "shift")
        self.bias = self._bias(self.filters)
        self.strength = self.add_weight(shape=(), initializer="zeros", name="noise_strength")
        times = 1 + self.up
        kind = {"initializer": keras.initializers.RandomNormal(stddev=1.0), "trainable": False}
        self.noise = self.add_weight(shape=(height * times, width * times, 1), name="noise", **kind)

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        x, style = inputs
        style, kernel = modulation(style, self.affine, self.shift), tf.convert_to_tensor(self.kernel)
        x = x * style[:, None, None, :]
        x = convolved_up(x, kernel) if self.up else tf.nn.conv2d(x, kernel, 1, "SAME")
        squares = tf.matmul(tf.square(style), tf.reduce_sum(tf.square(kernel), [0, 1]))
        x = x * tf.math.rsqrt(squares + 1e-8)[:, None, None, :]
        noise = tf.convert_to_tensor(self.noise)
        if training:
            noise = keras.random.normal((tf.shape(x)[0], *noise.shape), dtype=x.dtype, seed=self.seed_generator)
        return leaky(x + noise * self.strength + self.bias)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, height, width, _ = input_shape[0]
        return (batch, height * (1 + self.up), width * (1 + self.up), self.filters)

    def get_config(self) -> dict:
        return {**super().get_config(), "filters": self.filters, "up": self.up}


@keras.saving.register_keras_serializable("kgan")
class ToRGB(_Styled):
    """[maps, style] -> images: a modulated 1 x 1 convolution without demodulation, times 1 / sqrt(in), and a bias.

    Args:
        channels: of the images.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = checks.whole("channels", channels)

    def build(self, input_shape: Any) -> None:
        (*_, channels), (_, styles) = input_shape
        self.kernel = self._kernel(1, 1, channels, self.channels)
        self.affine, self.shift = self._kernel(styles, channels, name="affine"), self._bias(channels, 1.0, "shift")
        self.bias = self._bias(self.channels)

    def call(self, inputs: Any) -> tf.Tensor:
        x, style = inputs
        style = modulation(style, self.affine, self.shift) / math.sqrt(x.shape[-1])
        return tf.nn.conv2d(x * style[:, None, None, :], tf.convert_to_tensor(self.kernel), 1, "SAME") + self.bias

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return (*input_shape[0][:3], self.channels)

    def get_config(self) -> dict:
        return {**super().get_config(), "channels": self.channels}


def modulation(style: tf.Tensor, affine: Any, shift: Any) -> tf.Tensor:
    """What each input channel is multiplied by: (batch, styles) -> (batch, channels)."""
    return tf.matmul(style, tf.convert_to_tensor(affine)) / math.sqrt(affine.shape[0]) + shift


@keras.saving.register_keras_serializable("kgan")
class FilteredUpsampling2D(keras.layers.Layer):
    """Images twice as large: zeros put between pixels, and the filter / 4 along each axis."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return convolved_up(inputs, tf.eye(inputs.shape[-1], dtype=inputs.dtype)[None, None])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)


@keras.saving.register_keras_serializable("kgan")
class LearntConstant(_Styled):
    """The learnt map that the synthesis begins with, from N(0, 1), for each row of its input.

    Args:
        shape: (height, width, channels).
    """

    def __init__(self, shape: tuple[int, int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sizes = tuple(shape)

    def build(self, input_shape: tuple) -> None:
        self.kernel = self._kernel(*self.sizes, name="constant")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.tile(tf.convert_to_tensor(self.kernel)[None], [tf.shape(inputs)[0], 1, 1, 1])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], *self.sizes)

    def get_config(self) -> dict:
        return {**super().get_config(), "shape": self.sizes}


@keras.saving.register_keras_serializable("kgan")
class TruncatedStyles(keras.layers.Layer):
    """[w, psi] -> styles (batch, layers, dim): mean + psi (w - mean) for each layer; the mean is that of w.

    Args:
        layers: how many the synthesis takes.
    """

    def __init__(self, layers: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers = checks.whole("layers", layers)

    def build(self, input_shape: Any) -> None:
        kind = {"trainable": False, "initializer": "zeros", "aggregation": "only_first_replica"}
        self.mean = self.add_weight(shape=input_shape[0][1:], name="mean", **kind)

    def track(self, mean: tf.Tensor, decay: float = 0.995) -> None:
        """Moves the mean towards that of a batch."""
        self.mean.assign(mean + decay * (self.mean.value - mean))

    def call(self, inputs: Any) -> tf.Tensor:
        w, psi = inputs
        mean = tf.convert_to_tensor(self.mean)
        w = mean + tf.cast(psi, w.dtype)[:, None] * (w - mean)
        return tf.tile(w[:, None, :], [1, self.layers, 1])

    def compute_output_shape(self, input_shape: Any) -> tuple:
        batch, dim = input_shape[0]
        return (batch, self.layers, dim)

    def get_config(self) -> dict:
        return {**super().get_config(), "layers": self.layers}
