"""What a user hands to a GAN, looked at before time is spent."""

import functools
import math
import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import addons
from kgan.checks import InputError
from kgan.models.ranges import output_range
from kgan.updates import Momentum


def check_batch(batch: Any, wanted: Any, generator: keras.Model) -> None:
    """Raises an `InputError` unless a real batch holds samples of shape `wanted`, finite, and images in [-1, 1].

    Warns of images that all lie in [0, 1], and of a generator whose last activation cannot make what the data are.

    Args:
        batch: samples, a tensor or a structure of tensors.
        wanted: the shape of one sample, or a structure of shapes; None for any size.
        generator: the network that makes such samples.
    """
    if not isinstance(wanted, tuple) or not all(size is None or isinstance(size, int) for size in wanted):
        _check_structure(batch, wanted)
        return
    if isinstance(batch, dict | tuple | list):
        parts = ", ".join(map(repr, batch)) if isinstance(batch, dict) else f"{len(batch)} parts"
        raise InputError(
            f"data: samples are a {type(batch).__name__} of {parts}, the discriminator takes one array of {wanted}; "
            "labels go beside them, fit(x, y) or batches (x, y), and data.map(lambda batch: batch[...]) picks a part"
        )
    real = tf.convert_to_tensor(batch)
    if not _fits(real.shape[1:], wanted):
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


def _fits(shape: Any, wanted: tuple) -> bool:
    return len(shape) == len(wanted) and all(b in (None, a) for a, b in zip(shape, wanted, strict=True))


def _check_structure(batch: Any, wanted: Any, where: str = "samples") -> None:
    if isinstance(wanted, Mapping):
        if not isinstance(batch, Mapping) or set(batch) != set(wanted):
            got = sorted(batch) if isinstance(batch, Mapping) else f"a {type(batch).__name__}"
            raise InputError(f"data: {where} want the parts {sorted(wanted)}, got {got}")
        for name in wanted:
            _check_structure(batch[name], wanted[name], f"{where}[{name!r}]")
    elif isinstance(wanted, tuple) and all(size is None or isinstance(size, int) for size in wanted):
        if not _fits(batch.shape[1:], wanted):
            raise InputError(f"data: {where} have shape {tuple(batch.shape[1:])}, the networks take {wanted}")
        if not np.isfinite(np.asarray(batch)).all():
            raise InputError(f"data: {where} of the first batch hold a NaN or an infinity")
    else:
        if not isinstance(batch, tuple | list) or len(batch) != len(wanted):
            raise InputError(f"data: {where} want {len(wanted)} parts, got a {type(batch).__name__}")
        for number, (part, shape) in enumerate(zip(batch, wanted, strict=True)):
            _check_structure(part, shape, f"{where}[{number}]")


def optimizer(argument: str, value: Any) -> keras.optimizers.Optimizer:
    """The optimizer that `value` is or names, "tfa:NAME" in tensorflow-addons; DCGAN's Adam(2e-4, beta_1=0.5) for None.

    Under the policy "mixed_float16" it is wrapped in a `LossScaleOptimizer`, unless it is one or has a
    `loss_scale_factor` of its own.

    Raises:
        InputError: for an unknown name, an argument of the wrong type or out of its range, or one that has no place
            in a game (see `_check_optimizer`).
    """
    if value is None:
        value = keras.optimizers.Adam(2e-4, beta_1=0.5)
    value = addons.optimizer(argument, value) if addons.named(value) else value
    try:
        value = keras.optimizers.get(value)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{argument}: {next(iter(str(error).splitlines()), type(error).__name__)}") from error
    scaled = isinstance(value, keras.optimizers.LossScaleOptimizer)
    bare = value.inner_optimizer if scaled else value
    if isinstance(bare, keras.optimizers.LossScaleOptimizer):
        raise InputError(f"{argument}: wanted one LossScaleOptimizer, got one around another")
    _check_optimizer(argument, bare)
    own = scaled or bare.loss_scale_factor is not None
    if keras.mixed_precision.dtype_policy().name == "mixed_float16" and not own:
        value = keras.optimizers.LossScaleOptimizer(value)
    return value


def optimizers(argument: str, value: Any, players: Sequence[str]) -> dict[str, keras.optimizers.Optimizer]:
    """An optimizer for each of the players of a role: `value` itself for the first, copies of it for the others.

    Args:
        argument: "d_optimizer" or "g_optimizer".
        value: as `optimizer` takes it, or a dict of that by the players' names.
        players: names.

    Raises:
        InputError: as `optimizer`; for a dict with other names.
    """
    if isinstance(value, dict) and "class_name" not in value:  # a config of Keras's is a dict too
        return by_player(argument, value, players, functools.partial(optimizer, argument))
    first = optimizer(argument, value)
    others = {name: type(first).from_config(first.get_config()) for name in players[1:]}
    return {players[0]: first, **others}


def by_player(argument: str, value: Any, players: Sequence[str], get: Callable[[Any], Any]) -> dict[str, Any]:
    """`get(value)` for each of the players; of a dict by the players' names, that of each one's own value.

    Raises:
        InputError: for a dict with other names.
    """
    if not isinstance(value, Mapping):
        return dict.fromkeys(players, get(value))
    if set(value) != set(players):
        raise InputError(f"{argument}: wanted one for each of {sorted(players)}, got {sorted(value)}")
    return {name: get(value[name]) for name in players}


def parts(given: Sequence, copied: bool) -> list:
    """Penalties or augmentations for one judge: themselves or, `copied`, copies of those that have variables.

    Raises:
        InputError: for one with variables that cannot be made anew from its config.
    """
    return [_anew(part) if copied and getattr(part, "variables", ()) else part for part in given]


def _anew(part: Any) -> Any:
    if hasattr(part, "given"):  # of kgan's, which knows what it was made with (`kgan.parts`)
        return type(part)(**part.given)
    try:
        return type(part).from_config(part.get_config())
    except (AttributeError, NotImplementedError, TypeError) as error:
        name = type(part).__name__
        raise InputError(f"{name}: each discriminator wants one of its own, and this has no get_config") from error


# What Keras's optimizers are told, by the names of their arguments: what they have to be, and in words.
_FRACTIONS = {"beta_1", "beta_2", "rho", "momentum", "ema_momentum"}
_POSITIVE = {"epsilon", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor"}
_FROM_ZERO = {"weight_decay", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength"}


_FLAGS = {"amsgrad", "nesterov", "centered", "use_ema"}


def _check_optimizer(argument: str, optimizer: keras.optimizers.Optimizer) -> None:
    """Raises an `InputError` for a number that Keras takes and no training survives, or what a game does not do."""
    name = type(optimizer).__name__

    def check(key: str, value: Any, good: Callable[[float], bool], wanted: str) -> None:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if not (real and math.isfinite(value) and good(value)):
            raise InputError(f"{argument}: {name}({key}={value!r}): wanted {wanted}")

    rate = keras.ops.convert_to_numpy(optimizer.learning_rate).item()
    check("learning_rate", float(f"{rate:.6g}"), lambda x: x >= 0, "a finite number from 0 on")
    for key, value in vars(optimizer).items():
        if key in _FRACTIONS:
            low = -1 if isinstance(optimizer, Momentum) else 0
            check(key, value, lambda x, low=low: low <= x < 1, f"a number in [{low}, 1)")
        elif key in _POSITIVE and value is not None:
            check(key, value, lambda x: x > 0, "a finite number above 0")
        elif key in _FROM_ZERO and value is not None:
            check(key, value, lambda x: x >= 0, "a finite number from 0 on")
        elif key in _FLAGS and not isinstance(value, bool):
            raise InputError(f"{argument}: {name}({key}={value!r}): wanted True or False")
    if optimizer.use_ema:
        raise InputError(f"{argument}: use_ema is not applied; compile(ema_decay=...) averages the generator")
    if optimizer.gradient_accumulation_steps:
        steps = optimizer.gradient_accumulation_steps
        if not isinstance(steps, int):
            raise InputError(f"{argument}: gradient_accumulation_steps: wanted a whole number from 2 on, got {steps!r}")
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            raise InputError(f"{argument}: gradient_accumulation_steps works on one replica only")
        if optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue:
            raise InputError(f"{argument}: gradient_accumulation_steps cannot be combined with clipping")


def own_networks(game: type, own: str, network: str | None, shapes: Any) -> None:
    """Raises an `InputError` unless data of these shapes are images, and no other network is asked for than `own`."""
    images = isinstance(shapes, tuple) and len(shapes) == 3 and all(isinstance(size, int) for size in shapes)
    if network not in (None, own) or not images:
        what = f"network {network!r}" if network not in (None, own) else f"samples of {shapes}"
        raise InputError(f"preset: {game.__name__} has networks of its own, on images, got {what}")


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
