"""Errors a user can act on, and the look-up that suggests the nearest known name."""

import difflib
import math
import numbers
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class InputError(ValueError):
    """Something the user gave cannot be used. Its message is one line; a command prints it and exits 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a `name` that is not among the `known` names of a `kind`, with the nearest one."""
    known = sorted(map(str, known))
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"{kind}: unknown name {name!r}; {hint}known: {', '.join(known)}")


def lookup(kind: str, name: str, table: Mapping[str, T]) -> T:
    """`table[name]`, or an `InputError` that names the nearest key."""
    if not isinstance(name, Hashable) or name not in table:
        raise unknown(kind, name, table)
    return table[name]


def number(name: str, value: Any, least: float | None = None, above: float | None = None) -> Any:
    """`value`, if it is a finite number, of at least `least` or above `above`; or a schedule, which is taken as it is.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if callable(value) and hasattr(value, "get_config"):
        return value
    wanted = "a number"
    if least is not None or above is not None:
        wanted += f" above {above:g}" if least is None else f" from {least:g} on"
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")
    if (least is not None and value < least) or (above is not None and value <= above):
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")
    return value


def share(name: str, value: Any) -> Any:
    """`value`, if it is a number in [0, 1]; or a schedule, which is taken as it is.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if not callable(number(name, value, least=0.0)) and value > 1.0:
        raise InputError(f"{name}: wanted a number in [0, 1], got {value!r}")
    return value


def whole(name: str, value: Any, least: int = 1) -> int:
    """`value`, if it is a whole number from `least` on.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise InputError(f"{name}: wanted a whole number from {least} on, got {value!r}")
    return int(value)
