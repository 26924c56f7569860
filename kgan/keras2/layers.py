"""Layers and models: how they make weights and are built, which variables they have, what they are compiled with."""

import functools
import inspect
import types
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf
from keras.src.engine import base_layer
from keras.src.utils import tf_utils

from kgan.keras2.seeds import states
from kgan.keras2.variables import aggregation as aggregation_of
from kgan.keras2.variables import component

Layer = keras.layers.Layer


def _add_weight(keras2s: Any) -> Any:
    """`Layer.add_weight` that knows `autocast`, the names of aggregations, and leaves the variable its regularizer."""

    @functools.wraps(keras2s)
    def add_weight(
        self,  # noqa: ANN001
        *args: Any,
        autocast: bool = True,
        aggregation: Any = "none",
        regularizer: Any = None,
        **kwargs: Any,
    ) -> tf.Variable:
        settings = {"experimental_autocast": autocast, "aggregation": aggregation_of(aggregation), **kwargs}
        if args and not (args[0] is None or isinstance(args[0], str)):  # Keras 3's first argument is the shape
            args, settings["shape"] = args[1:], args[0]
        regularizer = keras.regularizers.get(regularizer)
        variable = keras2s(self, *args, regularizer=regularizer, **settings)
        if regularizer is not None:
            component(variable).regularizer = regularizer
        return variable

    return add_weight


class _Tracker:
    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def untrack(self, part: Layer) -> None:
        """Lets go of a layer that an attribute held: Keras 2 has done so already, unless it was in a container."""
        parts = getattr(self.layer, "_self_tracked_trackables", [])
        parts[:] = [one for one in parts if one is not part]


def _shapes(inputs: Any) -> Any:
    """The shapes that `build` is given: tuples, as in Keras 3."""
    return tf.nest.map_structure(lambda x: tuple(x.shape.as_list()) if x.shape.rank is not None else x.shape, inputs)


def _attention() -> None:
    """`MultiHeadAttention` has its projections by name, and can be built before it is called."""
    kind = keras.layers.MultiHeadAttention
    for name in ("query_dense", "key_dense", "value_dense", "output_dense"):
        setattr(kind, name, property(lambda self, name=f"_{name}": getattr(self, name)))

    def build(self, query: Any, value: Any = None, key: Any = None) -> None:  # noqa: ANN001
        query, value, key = (tuple(shape) for shape in (query, value or query, key or value or query))
        self._build_from_signature(query, value, key)
        heads = (*query[:-1], self._num_heads, self._value_dim)
        built = zip((query, key, value, heads), ("query", "key", "value", "output"), strict=True)
        for shape, part in built:
            layer = getattr(self, f"_{part}_dense")
            layer.build(shape)
            layer.built = True

    build._is_default = True  # Keras 2 itself builds in the call, when it knows all inputs
    kind.build = build


def _built_from_config(keras2s: Any) -> Any:
    """`Layer.build_from_config` after which the layer knows that it is built; Keras 3 sees to it in `build`."""

    @functools.wraps(keras2s)
    def build_from_config(self, config: dict) -> None:  # noqa: ANN001
        keras2s(self, config)
        self.built = True

    return build_from_config


def _state(layer: Layer) -> Iterator[tf.Variable]:
    """All that a layer keeps in the order of Keras 3, in which checkpoints hold it: its own, then its layers'."""
    yield from (*layer._trainable_weights, *layer._non_trainable_weights, *states(layer))
    for part in layer._flatten_layers(recursive=False, include_self=False):
        yield from _state(part)


def _tracked(keras2s: Any) -> Any:
    """`Layer.__setattr__` that also knows layers and variables under a name for which the class has a default.

    Keras 2 takes such a name for a property's, and the layer for none of its own.
    """

    @functools.wraps(keras2s)
    def set_attribute(self, name: str, value: Any) -> None:  # noqa: ANN001
        default = inspect.getattr_static(type(self), name, self)
        hidden = default is not self and not hasattr(type(default), "__set__")
        if hidden and any(isinstance(part, tf.Module | tf.Variable) for part in tf.nest.flatten(value)):
            keras2s(self, f"_kgan_{name}", value)
        keras2s(self, name, value)

    return set_attribute


def _non_trainable(self) -> list[tf.Variable]:  # noqa: ANN001
    seeds = (v for part in self._flatten_layers() for v in states(part))
    return list({id(v): v for v in [*self.non_trainable_weights, *seeds]}.values())


def give() -> None:
    """Gives layers and models of Keras 2 what those of Keras 3 have."""
    Layer.__setattr__ = _tracked(Layer.__setattr__)
    Layer.add_weight = _add_weight(Layer.add_weight)
    Layer.build_from_config = _built_from_config(Layer.build_from_config)
    # Of a model Keras 2 takes what its layers have for variables; its weights are to have no seeds among them.
    keras.Model._undeduplicated_weights = property(
        lambda self: [
            *(v for part in self._self_tracked_trackables for v in part.weights),
            *self._trainable_weights,
            *self._non_trainable_weights,
        ]
    )
    Layer.dtype_policy = property(lambda self: self._dtype_policy, lambda self, value: self._set_dtype_policy(value))
    Layer.variables = property(lambda self: list({id(v): v for v in _state(self)}.values()))
    Layer.non_trainable_variables = property(_non_trainable)
    Layer._tracker = property(_Tracker)
    base_layer.tf_utils = types.SimpleNamespace(**{**vars(tf_utils), "get_shapes": _shapes})
    keras.Model.compiled = property(lambda self: self._is_compiled)
    several = keras.Model.steps_per_execution
    keras.Model.steps_per_execution = property(lambda self: int(tf.convert_to_tensor(several.fget(self))), several.fset)
    # A game has no optimizer of its own. Keras 2 knows no such model.
    choose = keras.Model._get_optimizer
    keras.Model._get_optimizer = lambda self, optimizer: None if optimizer is None else choose(self, optimizer)
    check = keras.Model._validate_compile
    keras.Model._validate_compile = lambda self, optimizer, *args, **kwargs: (
        None if optimizer is None else check(self, optimizer, *args, **kwargs)
    )
    _attention()
