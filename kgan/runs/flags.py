"""RUN/flags.txt: what `kgan train` was asked for, an absl flagfile. It repeats the run, and tells another from it."""

import copy
import os
import re
from collections.abc import Container
from pathlib import Path

from absl import flags

from kgan import files, spec
from kgan.checks import InputError
from kgan.runs.damage import named, whole_text

FILE, WHAT = "flags.txt", "file of flags"


def check(folder: Path, values: flags.FlagValues, free: Container[str]) -> None:
    """Compares the flags with those of the run in the folder, if there is one to go on with.

    Args:
        folder: a run's.
        values: the flags as given now.
        free: the names of the flags that may differ.

    Raises:
        InputError: that names the first other flag that differs, or for a file that cannot be read as flags.
    """
    if not any(folder.glob("checkpoints/step-*")):  # where nothing is to go on with, all may change
        return
    path, before = folder / FILE, copy.deepcopy(values)
    before.unparse_flags()
    if not (lines := _lines(folder)):
        return
    with named(path, WHAT):
        before(["", *lines])
    for name in values:
        old, new = before[name].value, values[name].value
        if name not in free and not spec.same(old, new):
            raise InputError(f"{name}: the run in {folder} has {old!r}, got {new!r}; wanted the same or a new run_dir")


def write(folder: Path, values: flags.FlagValues) -> None:
    """Writes the flags that are set, defaults too; each value is one line (`commands.define`)."""
    files.write(folder / FILE, values.flags_into_string())


def read(folder: str | os.PathLike) -> dict[str, str]:
    """The flags of the run in a folder, as text by name, one that was given twice joined by "; "; {} if it has none.

    Raises:
        InputError: for a file of another kind.
    """
    values: dict[str, str] = {}
    for line in _lines(Path(folder)):
        name, equals, value = line.removeprefix("--").partition("=")
        if not equals:  # as absl writes a boolean
            name, value = name.removeprefix("no"), "false" if name.startswith("no") else "true"
        values[name] = f"{values[name]}; {value}" if name in values else value
    return values


def _lines(folder: Path) -> list[str]:
    """The flags that the file has, each as an argument; none if there is no file."""
    path = folder / FILE
    if not path.exists():
        return []
    with named(path, WHAT):
        lines = [line.strip() for line in whole_text(path).splitlines()]
        lines = [line for line in lines if line and not line.startswith(("#", "//"))]  # absl's comments
        for line in lines:
            if not re.match("--[A-Za-z_][A-Za-z_0-9]*(=|$)", line) or line.startswith("--flagfile"):
                raise ValueError(f"{line!r} is no --NAME=VALUE")
    return lines
