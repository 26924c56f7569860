"""A Python file of the user's own: a study's, networks'."""

import functools
import importlib.util
from pathlib import Path
from types import ModuleType

from kgan.checks import InputError


def load(argument: str, path: str) -> ModuleType:
    """What a Python file defines. It is run once a process, and once more when it has changed.

    Args:
        argument: what it is for ("study"), for messages.
        path: the file.

    Raises:
        InputError: if there is no such file, or it cannot be run.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{argument}: there is no file {path}")
    try:
        return _run(file.resolve(), file.stat().st_mtime_ns)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{argument}: {path}: {type(error).__name__}: {error}") from error


@functools.cache
def _run(file: Path, changed: int) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    # Not from Python's cache beside it, which takes a file of the same size and second for the same.
    exec(spec.loader.source_to_code(file.read_bytes(), str(file)), vars(module))
    return module
