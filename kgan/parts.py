"""Losses, penalties and update rules remember what they were made with, so that a model can be saved with them."""

import collections
import contextlib
import inspect
from collections.abc import Callable
from typing import Any


class Arguments(collections.UserDict):
    """Arguments by name. No `dict`, in which Keras would find layers, to track and to save them once more."""


class Part:
    """A base class whose instances have `given`: the `Arguments` of their making."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls.__init__ is object.__init__ and (args or kwargs):  # which would pass them over where there is a __new__
            raise TypeError(f"{cls.__name__}() takes no arguments")
        new = super().__new__
        part = new(cls) if new is object.__new__ else new(cls, *args, **kwargs)  # a Keras layer looks at them too
        with contextlib.suppress(TypeError):  # which __init__ will raise too; or a copy is being made
            part.__dict__["given"] = arguments(cls.__init__, part, *args, **kwargs)
        return part

    def get_config(self) -> dict:
        """What it was made with. Keras wants it of a class that is registered, which a model with it is saved by."""
        return dict(self.given)

    @classmethod
    def from_config(cls, config: dict) -> Any:
        return cls(**config)


def arguments(function: Callable, *args: Any, **kwargs: Any) -> Arguments:
    """What a call gives to a function's arguments, by name, without the first, `self`."""
    signature = inspect.signature(function)
    given = signature.bind(*args, **kwargs).arguments
    rest = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), None)
    named = {name: value for name, value in list(given.items())[1:] if name != rest}
    return Arguments(named | given.get(rest, {}))
