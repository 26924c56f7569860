"""The folder itself."""

import os
from pathlib import Path

from kgan.checks import InputError


def named(run_dir: str | os.PathLike) -> Path:
    """`run_dir` as a path.

    Raises:
        InputError: if it is empty, which would be the folder that one happens to be in.
    """
    if not os.fspath(run_dir):
        raise InputError("run_dir: wanted a folder, got ''; '.' is the one that you are in")
    return Path(run_dir)


def make(run_dir: Path) -> None:
    """Makes the folder, if it is not there.

    Raises:
        InputError: if it cannot be made.
    """
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"run_dir: cannot make the folder {str(run_dir)!r}: {error.strerror}") from error
