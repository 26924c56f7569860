"""Errors a user can act on, and the look-up that suggests the nearest known name."""

import difflib
import numbers
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST = 600  # characters of a message
LARGEST = 3e38  # about float32's largest number
MOST = 2**31 - 1  # the largest int32


class InputError(ValueError):
    """Something the user gave cannot be used. Its message is one line; a command prints it and exits 2.

    Whatever was put into the message, an array say, is brought to one line and cut in its middle.
    """

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


def one_line(text: object) -> str:
    """Text without line breaks that can be printed, at most about `LONGEST` characters: its beginning and its end."""
    line = " ".join(str(text).encode(errors="backslashreplace").decode().split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """The error for a `name` that is not among the `known` names of a `kind`, with the nearest one."""
    known = sorted(map(str, known))
    near = difflib.get_close_matches(str(name)[:100], known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"{kind}: unknown name {name!r}; {hint}known: {', '.join(known)}")


def lookup(kind: str, name: Any, table: Mapping[Any, T]) -> T:
    """`table[name]`, or an `InputError` that names the nearest key."""
    if not isinstance(name, str | None) or name not in table:
        raise unknown(kind, name, table)
    return table[name]


def number(name: str, value: Any, least: float | None = None, above: float | None = None) -> Any:
    """`value` as a float, if it is a number that float32 holds, of at least `least` or above `above`; or a schedule.

    A schedule, of Keras or kgan, is taken as it is.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if is_schedule(value):
        return value
    wanted = "a number"
    if least is not None or above is not None:
        wanted += f" above {above:g}" if least is None else f" from {least:g} on"
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not abs(value) <= LARGEST:
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")
    if (least is not None and value < least) or (above is not None and value <= above):
        raise InputError(f"{name}: wanted {wanted}, got {value!r}")
    return float(value)


def is_schedule(value: Any) -> bool:
    """Whether `value` is a learning rate schedule of Keras or kgan. Told by its class's name: Keras loads slowly."""
    return "LearningRateSchedule" in {cls.__name__ for cls in type(value).__mro__}


def share(name: str, value: Any) -> Any:
    """`value`, if it is a number in [0, 1]; or a schedule, which is taken as it is.

    Raises:
        InputError: that names the argument, for anything else.
    """
    value = number(name, value, least=0.0)
    if not is_schedule(value) and value > 1.0:
        raise InputError(f"{name}: wanted a number in [0, 1], got {value!r}")
    return value


def whole(name: str, value: Any, least: int = 1, most: int = MOST) -> int:
    """`value`, if it is a whole number from `least` to `most`.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or int(value) < least:
        raise InputError(f"{name}: wanted a whole number from {least} on, got {value!r}")
    if int(value) > most:
        raise InputError(f"{name}: wanted a whole number from {least} to {most}, got {value!r}")
    return int(value)


def boolean(name: str, value: Any) -> bool:
    """`value`, if it is True or False: 7 or "no" is neither.

    Raises:
        InputError: that names the argument, for anything else.
    """
    if type(value).__name__ not in ("bool", "bool_"):  # NumPy's own too
        raise InputError(f"{name}: wanted True or False, got {value!r}")
    return bool(value)
