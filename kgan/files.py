"""Files and folders that are whole or absent."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

WRITING = ".writing-"  # begins the name of a folder that somebody writes in


def write(path: str | os.PathLike, content: str | bytes) -> None:
    """Writes a file aside and renames it: text as UTF-8 with its line ends as they are. Makes the folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(content.encode() if isinstance(content, str) else content)
    aside.replace(path)


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """A scratch folder inside another, to write in and to rename from; gone at the end.

    Those of writers that were killed are removed first. A writer holds the kernel's lock on its own (`flock`) for as
    long as it lives, on whatever machine, so that a slow one is not taken for a dead one. Where a file system has no
    such locks nothing is removed.
    """
    for left in folder.glob(f"{WRITING}*"):
        with contextlib.suppress(OSError), _held(left, fcntl.LOCK_NB):
            shutil.rmtree(left)
    with contextlib.ExitStack() as stack:
        scratch = None
        while scratch is None or not scratch.exists():  # somebody may take it for a dead one's before it is held
            scratch = Path(tempfile.mkdtemp(prefix=WRITING, dir=folder))
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            with contextlib.suppress(OSError):
                stack.enter_context(_held(scratch))
        yield scratch


@contextlib.contextmanager
def _held(folder: Path, how: int = 0) -> Iterator[None]:
    """The lock of a folder.

    Raises:
        OSError: if there is none, or somebody has it and one does not want to wait (`LOCK_NB`).
    """
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(place)
