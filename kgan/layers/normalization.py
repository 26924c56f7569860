"""Layer, group and instance normalisation whose second-order gradients are right.

Keras's stand on `tf.nn.moments`, which holds the mean constant where it differentiates the variance: harmless for the
first gradient, wrong for the second, which a gradient penalty takes. The functions are otherwise Keras's.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError


def standardize(x: tf.Tensor, axes: Sequence[int], epsilon: float) -> tf.Tensor:
    """(x - mean) / sqrt(variance + epsilon), mean and (biased) variance over `axes`."""
    centred = x - tf.reduce_mean(x, axes, keepdims=True)
    return centred * tf.math.rsqrt(tf.reduce_mean(tf.square(centred), axes, keepdims=True) + epsilon)


class Normalization(keras.layers.Layer):
    """What the normalisations share: gamma * standardised + beta, computed in float32 (or float64).

    Under mixed precision the output has the compute dtype; statistics, gamma and beta are float32.

    Args:
        epsilon: added to the variance; 1e-3, as Keras's. PyTorch's is 1e-5.
        center: add beta, zero at first.
        scale: multiply by gamma, one at first.

    Raises:
        InputError: if epsilon is not positive.
    """

    def __init__(self, epsilon: float = 1e-3, center: bool = True, scale: bool = True, **kwargs) -> None:
        super().__init__(**{**kwargs, "autocast": False})  # takes its input as precise as it comes
        self.epsilon, self.center, self.scale = checks.number("epsilon", epsilon, above=0.0), center, scale

    def build(self, input_shape: tuple) -> None:
        self._add_affine(input_shape[-1:])

    def _add_affine(self, shape: Sequence[int]) -> None:
        weight = {"shape": tuple(shape), "autocast": False}
        self.gamma = self.add_weight(initializer="ones", name="gamma", **weight) if self.scale else None
        self.beta = self.add_weight(initializer="zeros", name="beta", **weight) if self.center else None

    def _exact(self, x: tf.Tensor) -> tf.Tensor:
        return tf.cast(x, self._exact_dtype(x))

    def _exact_dtype(self, x: tf.Tensor) -> str:
        return "float64" if "float64" in (self.variable_dtype, x.dtype) else "float32"

    def _affine(self, x: tf.Tensor, shape: Sequence[int]) -> tf.Tensor:
        """gamma x + beta, which are broadcast as if they had `shape`; in the compute dtype."""
        if self.scale:
            x = x * tf.cast(tf.reshape(self.gamma.value, shape), x.dtype)
        if self.center:
            x = x + tf.cast(tf.reshape(self.beta.value, shape), x.dtype)
        return tf.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon, "center": self.center, "scale": self.scale}


@keras.saving.register_keras_serializable("kgan")
class LayerNormalization(Normalization):
    """Ba et al. 2016: each sample is standardised over `axis`. What WGAN-GP's critics have for batch normalisation.

    Args:
        axis: the axis or axes over which statistics are taken, and along which gamma and beta vary; -1, the channels
            of each pixel, as Keras's. [1, 2, 3] takes the whole image, as the authors of WGAN-GP do.
        **kwargs: `epsilon`, `center` and `scale`, as in `Normalization`; Keras's `name`, `dtype`.

    Raises:
        InputError: if epsilon is not positive; (at build) if `axis` holds the batch's, one twice, or one that the input
            has not.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else list(axis)

    def build(self, input_shape: tuple) -> None:
        rank = len(input_shape)
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        self._axes = sorted({axis % rank for axis in axes if -rank <= axis < rank})
        if 0 in self._axes or len(self._axes) < len(axes):
            shape, got = tuple(input_shape), self.axis if isinstance(self.axis, int) else list(self.axis)
            raise InputError(f"axis: wanted different axes of shape {shape}, other than the batch's, got {got}")
        self._add_affine([input_shape[axis] for axis in self._axes])

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        shape = [inputs.shape[axis] if axis in self._axes else 1 for axis in range(len(inputs.shape))]
        return self._affine(standardize(self._exact(inputs), self._axes, self.epsilon), shape)

    def get_config(self) -> dict:
        return {**super().get_config(), "axis": self.axis}


@keras.saving.register_keras_serializable("kgan")
class GroupNormalization(Normalization):
    """Wu and He 2018: each sample is standardised over its positions and the channels of a group.

    Takes (batch, ..., channels) of any rank from 2; gamma and beta vary along the channels.

    Args:
        groups: into how many groups of consecutive channels they are split; 32, as in the paper.
        **kwargs: `epsilon`, `center` and `scale`, as in `Normalization`; Keras's `name`, `dtype`.

    Raises:
        InputError: if epsilon is not positive or groups < 1; (at build) if `groups` does not divide the channels.
    """

    def __init__(self, groups: int = 32, **kwargs) -> None:
        super().__init__(**kwargs)
        self.groups = checks.whole("groups", groups)

    def build(self, input_shape: tuple) -> None:
        if input_shape[-1] % self.groups:
            raise InputError(f"groups: wanted a divisor of the {input_shape[-1]} channels, got {self.groups}")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x = self._exact(inputs)
        shape = tf.shape(x)
        x = tf.reshape(x, tf.concat([shape[:-1], [self.groups, inputs.shape[-1] // self.groups]], 0))
        rank = len(x.shape)
        x = standardize(x, [axis for axis in range(1, rank) if axis != rank - 2], self.epsilon)
        return self._affine(tf.ensure_shape(tf.reshape(x, shape), inputs.shape), [-1])

    def get_config(self) -> dict:
        return {**super().get_config(), "groups": self.groups}


@keras.saving.register_keras_serializable("kgan")
class InstanceNormalization(Normalization):
    """Ulyanov et al. 2016: each channel of each sample is standardised over its positions.

    Takes (batch, ..., channels) of any rank from 3; gamma and beta vary along the channels. Arguments as in
    `Normalization`; CycleGAN's authors have center=False, scale=False, epsilon=1e-5.

    Raises:
        InputError: if epsilon is not positive; (at build) if there are no positions: all would be zero.
    """

    def build(self, input_shape: tuple) -> None:
        if len(input_shape) < 3:
            raise InputError(f"inputs: wanted (batch, positions, channels), got shape {tuple(input_shape)}")
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self._affine(standardize(self._exact(inputs), range(1, len(inputs.shape) - 1), self.epsilon), [-1])
