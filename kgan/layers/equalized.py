"""Equalised learning rate (Karras et al. 2018, section 4.1).

A kernel is drawn from N(0, 1) and scaled where it is used, by gain / sqrt(fan_in). An optimizer such as Adam, whose
steps do not depend on a gradient's scale, then moves all layers at the same relative speed.
"""

import math
from typing import Any

import keras
import tensorflow as tf

from kgan import checks


class Equalized:
    """Scales the input, which is to scale the kernel: the layers are linear in both. The bias is not scaled.

    Raises:
        InputError: if `gain` is not above 0.
    """

    def __init__(self, *args: Any, gain: float = 2.0**0.5, **kwargs: Any) -> None:
        normal = keras.initializers.RandomNormal(stddev=1.0)
        super().__init__(*args, kernel_initializer=normal, **kwargs)  # type: ignore[call-arg]  # of the layer beside it
        self.gain = checks.number("gain", gain, above=0.0)

    @property
    def fan_in(self) -> float:
        """How many inputs one output sees."""
        return math.prod(self.kernel.shape[:-1])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return super().call(inputs * (self.gain / math.sqrt(self.fan_in)))

    def get_config(self) -> dict:
        config = {**super().get_config(), "gain": self.gain}
        del config["kernel_initializer"]
        return config


@keras.saving.register_keras_serializable("kgan")
class EqualizedDense(Equalized, keras.layers.Dense):
    """`keras.layers.Dense` with an equalised learning rate: (batch, ..., in) -> (batch, ..., units).

    Args:
        units: the dimension of the output.
        gain: sqrt(2), what ReLU halves; 1 for a network's last layer.
        **kwargs: as `keras.layers.Dense`, but for `kernel_initializer`.
    """


@keras.saving.register_keras_serializable("kgan")
class EqualizedConv2D(Equalized, keras.layers.Conv2D):
    """`keras.layers.Conv2D` with an equalised learning rate.

    Args:
        filters: channels of the output.
        kernel_size: of the kernel, a number or (height, width).
        gain: sqrt(2), what ReLU halves; 1 for a network's last layer.
        **kwargs: as `keras.layers.Conv2D` (`strides`, `padding`, ...), but for `kernel_initializer`.
    """


@keras.saving.register_keras_serializable("kgan")
class EqualizedConv2DTranspose(Equalized, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with an equalised learning rate.

    fan_in counts the inputs that one output sees: kernel area / stride area * channels in. (PGGAN's fused upsampling
    sums four shifted kernels, so that there it is the kernel's area again.)

    Args:
        filters: channels of the output.
        kernel_size: of the kernel, a number or (height, width).
        gain: sqrt(2), what ReLU halves; 1 for a network's last layer.
        **kwargs: as `keras.layers.Conv2DTranspose` (`strides`, `padding`, ...), but for `kernel_initializer`.
    """

    @property
    def fan_in(self) -> float:
        height, width, _, channels = self.kernel.shape  # (height, width, out, in)
        return height * width * channels / math.prod(self.strides)
