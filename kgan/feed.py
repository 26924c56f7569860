"""Calling a network with several inputs: by their names where it knows them, else by position."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError


def feed(network: keras.layers.Layer, inputs: Mapping[str, Any], training: bool = False) -> Any:
    """What `network` makes of `inputs`, tensors or structures of them by name.

    A network with one input is given it; a functional model whose inputs bear all the names, or a model whose `call`
    has parameters of these names, is given them by name; any other gets them in their order, as a list.
    """
    values = list(inputs.values())
    if len(values) == 1:
        return network(values[0], training=training)
    tensors = getattr(network, "inputs", None) or []
    names = [tensor.name for tensor in tensors]
    if names and set(names) == set(inputs):
        return network(keras.tree.pack_sequence_as(network.input, [inputs[name] for name in names]), training=training)
    parameters = inspect.signature(network.call).parameters
    if not names and set(inputs) <= set(parameters):
        first, *rest = [name for name in parameters if name in inputs]
        return network(inputs[first], **{name: inputs[name] for name in rest}, training=training)
    return network(values, training=training)


def as_float32(value: Any) -> Any:
    """A tensor, or a structure of them, in float32. Lists in it become tuples, which tf.data has for them."""
    if isinstance(value, Mapping):
        return {name: as_float32(part) for name, part in value.items()}
    return tuple(map(as_float32, value)) if isinstance(value, list | tuple) else tf.cast(value, "float32")


def trial(role: str, network: keras.layers.Layer, inputs: Mapping[str, Any]) -> Any:
    """`feed(network, inputs)`, which builds the network.

    Raises:
        InputError: if it does not take them; both structures are in the message.
    """
    if not isinstance(network, keras.layers.Layer):
        raise InputError(f"{role}: wanted a keras.Model, got {network!r}")
    shapes = keras.tree.map_structure(lambda x: tuple(x.shape), dict(inputs))
    wanted = [tuple(tensor.shape) for tensor in getattr(network, "inputs", None) or []]
    given = [tuple(x.shape) for x in keras.tree.flatten(inputs)]
    if wanted and not _fit(sorted(wanted, key=len), sorted(given, key=len)):
        raise _refused(role, network, wanted, shapes)
    try:
        return feed(network, inputs)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise _refused(role, network, wanted or reason, shapes) from error


def trial_of_judge(role: str, network: keras.layers.Layer, inputs: Mapping[str, Any]) -> Any:
    """`trial` of a discriminator: logits, or a dict with "logits" in it.

    Raises:
        InputError: as `trial`, and for what says several things and does not tell which of them are the logits.
    """
    said = trial(role, network, inputs)
    if not tf.is_tensor(said) and not (isinstance(said, Mapping) and "logits" in said):
        got = f"a {type(said).__name__}" + (f" of {len(said)}" if isinstance(said, list | tuple) else "")
        got = f"a dict of {sorted(said)}" if isinstance(said, Mapping) else got
        raise InputError(f"{role}: {network.name!r} gives {got}; wanted logits, or a dict with 'logits' in it")
    return said


def _fit(wanted: list[tuple], given: list[tuple]) -> bool:
    if len(wanted) != len(given):
        return False
    alike = lambda a, b: len(a) == len(b) and all(x in (None, y) for x, y in zip(a[1:], b[1:], strict=True))  # noqa: E731
    return all(any(alike(w, g) for g in given) for w in wanted)


def _refused(role: str, network: Any, wanted: Any, shapes: dict) -> InputError:
    if isinstance(wanted, list):
        wanted = f"it takes {', '.join(str(shape[1:]) for shape in wanted)}"
    what = ", ".join(
        f"{name} {str(shape[1:]) if isinstance(shape, tuple) else shape}" for name, shape in shapes.items()
    )
    return InputError(f"{role}: {network.name!r} is given {what}, but {wanted}")
