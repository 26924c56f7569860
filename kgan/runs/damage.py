"""Files that are not as they were written: one line that names the file."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kgan.checks import InputError


@contextlib.contextmanager
def named(path: Path, what: str) -> Iterator[None]:
    """Turns whatever reading a damaged file raises into an `InputError`: PATH is no WHAT, and why."""
    try:
        yield
    except Exception as error:  # codecs, parsers and archives answer damage with a dozen unrelated classes
        raise InputError(f"run_dir: {str(path)!r} is no {what}: {reason(error)}; mend or remove it") from error


def reason(error: Exception) -> str:
    """What an exception says, in one line."""
    if hasattr(error, "errors"):  # pydantic's, of which the first will do
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return " ".join(str(error).split())[:300] or type(error).__name__


def whole_text(path: Path) -> str:
    """The text of a file of lines.

    Raises:
        ValueError: if it is no UTF-8, or does not end where a line ends.
    """
    text = path.read_bytes().decode()
    if not text.endswith("\n"):
        raise ValueError("its last line is cut off" if text else "it is empty")
    return text
