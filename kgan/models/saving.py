"""What `compile` was given, saved with a model and read with it, as Keras does for a model of one optimizer.

Numbers, names, lists and dicts are themselves. A part of kgan's is written as its class and what it was made with
(`kgan.parts`), an optimizer or a registered object as Keras serialises it. All else, a function of the user's that
Keras does not know by name, say, is told in one line when the model is saved.
"""

import contextlib
import dataclasses
import functools
import importlib
import inspect
import numbers
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kgan.checks import InputError
from kgan.parts import arguments


class Compiled:
    """Of a `keras.Model`, what it was made with and what its outermost `compile` was given: a mixin before it.

    Loading makes and compiles it by them. An attribute of an argument's name counts for it: another generator, say.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        model = super().__new__(cls, *args, **kwargs)
        with contextlib.suppress(TypeError):  # which __init__ will raise too
            model.__dict__["made_with"] = arguments(cls.__init__, model, *args, **kwargs)
        return model

    def get_config(self) -> dict:
        present = {name: getattr(self, name, value) for name, value in self.made_with.items()}
        layer = lambda value: isinstance(value, keras.layers.Layer)  # noqa: E731
        config = {k: write(k, present[k] if layer(present[k]) else v) for k, v in self.made_with.items()}
        return {**config, "averaged": self.averaged}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> Any:
        averaged = config.pop("averaged", False)
        with keras.saving.custom_object_scope(custom_objects or {}):
            model = cls(**{name: read(value) for name, value in config.items()})
        if averaged:  # for its weights, which are read next, and to sample from until `compile` begins another
            model.begin_averages(None, frozen=True)
        return model

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "compile" in cls.__dict__:
            cls.compile = _remembered(cls.compile)

    def get_compile_config(self) -> dict | None:
        """What `compile` was given; None, with a warning, if something in it cannot be written."""
        given = getattr(self, "compiled_with", None)
        if given is None:
            return None
        try:
            return {name: write(name, value) for name, value in given.items()}
        except InputError as error:
            warnings.warn(f"saved without the settings of compile(), to be called again: {error}", stacklevel=2)
            return None

    def save(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """As `keras.Model.save`, to a .keras file.

        Raises:
            InputError: for another kind of file, which holds no game.
        """
        if not str(filepath).endswith(".keras"):
            raise InputError(f"save: wanted a path ending in .keras, which holds a whole game, got {str(filepath)!r}")
        super().save(filepath, *args, **kwargs)

    def export(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """Not how a game is exported.

        Raises:
            InputError: that names the way.
        """
        raise InputError(f"export: kgan.export.save_generator(gan, {str(filepath)!r}) writes a SavedModel to serve")

    def compile_from_config(self, config: dict) -> None:
        """Compiles with what `get_compile_config` wrote."""
        self.compile(**{name: read(value) for name, value in config.items()})


def _remembered(compile: Callable) -> Callable:
    @functools.wraps(compile)
    def outermost(self: Any, *args: Any, **kwargs: Any) -> None:
        before = self.__dict__.get("compiled_with")
        if before is ...:  # a subclass's compile has begun
            return compile(self, *args, **kwargs)
        self.__dict__["compiled_with"] = ...
        try:
            compile(self, *args, **kwargs)
            before = arguments(compile, self, *args, **kwargs)
        finally:
            self.__dict__["compiled_with"] = before

    return outermost


def write(name: str, value: Any) -> Any:
    """`value` in terms of JSON.

    Args:
        name: what it is, for the message.
        value: an argument of `compile`.

    Raises:
        InputError: if it is something that Keras does not know by a name.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, numbers.Number | np.generic):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, list | tuple):
        return [write(name, element) for element in value]
    if isinstance(value, dict):
        return {"kind": "dict", "of": {key: write(name, element) for key, element in value.items()}}
    cls = type(value)
    if dataclasses.is_dataclass(value):
        given = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    else:
        given = getattr(value, "given", None)
    if given is not None and (cls.__module__.startswith("kgan.") or _registered(cls)):
        ours = cls.__module__.startswith("kgan.")
        known = f"{cls.__module__}:{cls.__qualname__}" if ours else keras.saving.get_registered_name(cls)
        return {"kind": "part", "of": known, "given": {key: write(name, element) for key, element in given.items()}}
    builtin = cls.__module__.startswith("keras.")
    if builtin or _registered(cls) or (inspect.isfunction(value) and _registered(value)):
        return {"kind": "keras", "of": keras.saving.serialize_keras_object(value)}
    raise InputError(
        f"{name}: {getattr(value, '__name__', cls.__name__)!r} is not known by name; "
        "@keras.saving.register_keras_serializable() makes it"
    )


def read(config: Any) -> Any:
    """What `write` wrote."""
    if isinstance(config, list):
        return [read(element) for element in config]
    if not isinstance(config, dict):
        return config
    if config["kind"] == "dict":
        return {key: read(element) for key, element in config["of"].items()}
    if config["kind"] == "keras":
        return keras.saving.deserialize_keras_object(config["of"])
    return _class(config["of"])(**{key: read(element) for key, element in config["given"].items()})


def _class(name: str) -> Callable:
    module, _, qualified = name.partition(":")
    if not module.startswith("kgan."):
        found = keras.saving.get_registered_object(name)
        if found is None:
            raise InputError(f"{name}: wanted a registered class; import its module before loading")
        return found
    source: Any = importlib.import_module(module)
    return functools.reduce(getattr, qualified.split("."), source)


def _registered(thing: Any) -> bool:
    return keras.saving.get_registered_object(keras.saving.get_registered_name(thing)) is thing
