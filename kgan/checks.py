"""Errors a user can act on, and the look-up that suggests the nearest known name."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

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
    if name not in table:
        raise unknown(kind, name, table)
    return table[name]
