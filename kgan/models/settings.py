"""What a user hands to a GAN, looked at before time is spent."""

import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.models.ranges import output_range


def check_networks(generator: keras.Model, discriminator: keras.Model, latent_dim: int) -> None:
    """Raises an `InputError` unless latents, generator and discriminator fit; builds the networks by the way."""
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, keras.layers.Layer):
            raise InputError(f"{name}: wanted a keras.Model, got {network!r}")
    whole("latent_dim", latent_dim)
    if generator.built and tuple(generator.input_shape[1:]) != (latent_dim,):
        raise InputError(f"latent_dim: got {latent_dim}, but the generator takes {tuple(generator.input_shape[1:])}")
    made = tuple(generator(tf.zeros((2, latent_dim)), training=False).shape[1:])
    if discriminator.built and tuple(discriminator.input_shape[1:]) != made:
        taken = tuple(discriminator.input_shape[1:])
        raise InputError(f"discriminator: it takes {taken}, but the generator makes {made}")
    discriminator(tf.zeros((2, *made)), training=False)


def check_batch(batch: Any, wanted: tuple, generator: keras.Model) -> None:
    """Raises an `InputError` unless a real batch holds samples of shape `wanted`, finite, and images in [-1, 1].

    Warns of images that all lie in [0, 1], and of a generator whose last activation cannot make what the data are.
    """
    real = batch[0] if isinstance(batch, tuple | list) else batch
    if tuple(real.shape[1:]) != wanted:
        raise InputError(f"data: samples have shape {tuple(real.shape[1:])}, the discriminator takes {wanted}")
    if not real.dtype.is_floating:
        raise InputError(f"data: wanted float32 images in [-1, 1], got {real.dtype.name}")
    low, high = float(tf.reduce_min(real)), float(tf.reduce_max(real))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("data: the first batch holds a NaN or an infinity")
    if len(wanted) == 3 and (low < -1.001 or high > 1.001):
        raise InputError(f"data: images lie in [{low:g}, {high:g}], wanted [-1, 1]")
    if len(wanted) == 3 and low >= 0.0 and high > 0.0:
        what = f"data: the first batch's images lie in [{low:g}, {high:g}], which looks like [0, 1]"
        warnings.warn(f"{what}; wanted [-1, 1]: 2 * x - 1", stacklevel=3)
    (least, most), activation = output_range(generator)
    if low < least - 0.001 or high > most + 0.001:
        what = f"generator: its last activation, {activation}, reaches [{least:g}, {most:g}]"
        instead = "tanh" if low >= -1.001 and high <= 1.001 else "a linear output"
        warnings.warn(f"{what}, the data lie in [{low:g}, {high:g}]; use {instead}", stacklevel=3)


def optimizer(argument: str, value: Any) -> keras.optimizers.Optimizer:
    """The optimizer that `value` is or names; DCGAN's Adam(2e-4, beta_1=0.5) for None."""
    if value is None:
        value = keras.optimizers.Adam(2e-4, beta_1=0.5)
    try:
        value = keras.optimizers.get(value)
    except ValueError as error:
        raise InputError(f"{argument}: {str(error).splitlines()[0]}") from error
    if keras.mixed_precision.dtype_policy().name == "mixed_float16":
        value = keras.optimizers.LossScaleOptimizer(value)
    return value


def decay(value: Any) -> Any:
    """`ema_decay`, checked: None, a number in [0, 1) or a schedule."""
    if value is None or callable(value) or (isinstance(value, int | float) and 0.0 <= value < 1.0):
        return value
    raise InputError(f"ema_decay: wanted a number in [0, 1), a schedule or None, got {value!r}")


def seed(value: int) -> int:
    """`seed`, checked: a whole number in [0, 2^31)."""
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise InputError(f"seed: wanted a whole number in [0, 2^31), got {value!r}")
    return value
