"""tensorflow-addons inside kgan: its optimizers by name, on the stack where it runs (see docs/addons.md)."""

import importlib
from collections.abc import Callable
from typing import Any

import keras

from kgan.checks import InputError
from kgan.spec import resolve

PREFIX = "tfa:"
INSTEAD = "it runs beside Keras 2.15: pip install 'kgan[addons]' in Python 3.11; docs/addons.md has what replaces it"


def named(value: Any) -> bool:
    """Whether `value` names a part of tensorflow-addons: "tfa:RectifiedAdam"."""
    return isinstance(value, str) and value.startswith(PREFIX)


def optimizer(argument: str, value: str) -> Any:
    """The optimizer that "tfa:RectifiedAdam(learning_rate=1e-4)" names.

    What `Lookahead`, `MovingAverage` and `SWA` are around is named within: "tfa:Lookahead(Adam(learning_rate=1e-4))",
    an optimizer of tensorflow-addons or of Keras's of their time (`keras.optimizers.legacy`).

    Args:
        argument: what it is for ("g_optimizer"), for messages.
        value: in the grammar of `kgan.spec`, after "tfa:".

    Raises:
        InputError: where tensorflow-addons is not installed or cannot be imported; for an unknown name, or arguments
            that the optimizer does not take.
    """
    return resolve(argument, value.removeprefix(PREFIX), _optimizers(argument), methods=("apply_gradients",))


def _optimizers(argument: str) -> dict[str, Callable]:
    try:
        theirs = importlib.import_module("tensorflow_addons.optimizers")
    except ImportError as error:
        raise InputError(f"{argument}: tensorflow-addons is not here ({error}); {INSTEAD}") from error
    older = keras.optimizers.legacy.Optimizer
    return {
        name: kind
        for module in (keras.optimizers.legacy, theirs)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, older) and kind is not older
    }
