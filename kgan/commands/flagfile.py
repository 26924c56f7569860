"""A run's flags in its folder: a file that repeats the run, and that tells another run from it."""

import copy
from collections.abc import Container
from pathlib import Path

from absl import flags

from kgan import files
from kgan.checks import InputError

NAME = "flags.txt"


def check(folder: Path, values: flags.FlagValues, free: Container[str]) -> None:
    """Compares the flags with those of the run in the folder, if there is one to go on with.

    Args:
        folder: a run's.
        values: the flags as given now.
        free: the names of the flags that may differ.

    Raises:
        InputError: that names the first other flag that differs, or for a file that cannot be read as flags.
    """
    path = folder / NAME
    if not path.exists() or not any(
        folder.glob("checkpoints/step-*")
    ):  # where nothing is to go on with, all may change
        return
    before = copy.deepcopy(values)
    before.unparse_flags()
    try:
        before(["", f"--flagfile={path}"])
    except flags.Error as error:
        raise InputError(f"run_dir: {path} cannot be read: {error}") from error
    for name in values:
        old, new = before[name].value, values[name].value
        if name not in free and old != new:
            raise InputError(f"{name}: the run in {folder} has {old!r}, got {new!r}; wanted the same or a new run_dir")


def write(folder: Path, values: flags.FlagValues) -> None:
    """Writes the flags that are set, defaults too, as an absl flagfile."""
    files.write(folder / NAME, values.flags_into_string())


def read(folder: str | Path) -> dict[str, str]:
    """The flags of the run in a folder, as text by name, one that was given twice joined by "; "; {} if it has none."""
    path = Path(folder) / NAME
    values: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        name, equals, value = line.removeprefix("--").partition("=")
        if not equals:  # as absl writes a boolean
            name, value = name.removeprefix("no"), "false" if name.startswith("no") else "true"
        values[name] = f"{values[name]}; {value}" if name in values else value
    return values
