"""The list of a folder's pictures, made once and kept in the cache, for folders of very many.

The file (see `kgan.data.mapped`) holds where each name ends, int64 (n,), and the names one after another: they are
mapped, so that a million of them take no memory. It is taken as long as all the folders that were looked into are as
they were: a file that comes, goes or is renamed changes the time of its folder.
"""

import os
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgan import cache
from kgan.data import mapped

Folders = dict[str, list[int]]  # the `state` of each, by its path
# A folder changed twice within a tick of its file system's clock shows the first change's time: it has to be older.
SETTLED = 2_000_000_000  # nanoseconds
CHUNK = 100_000  # names


class Names(Sequence):
    """Names that lie one after another in mapped bytes.

    Args:
        ends: int64 (n,), where in `text` each name ends.
        text: uint8, all of them, as the file system has them.
    """

    def __init__(self, ends: np.ndarray, text: np.ndarray) -> None:
        self.ends, self.text = ends, text

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> str:
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        number %= len(self)
        begin = self.ends[number - 1] if number else 0
        return os.fsdecode(self.text[begin : self.ends[number]].tobytes())


def state(status: os.stat_result) -> list[int]:
    """What of a folder changes with the names in it."""
    return [status.st_dev, status.st_ino, status.st_mtime_ns]


def kept(root: str) -> tuple[Names, dict[str, Any]] | None:
    """The names under a folder and what else was kept of it; None if nothing was, or the folder has changed since."""
    path = _place(root)
    try:
        facts = mapped.read(path)
        if all(state(os.stat(folder)) == then for folder, then in facts["within"].items()):
            return _names(path, facts["count"]), facts
    except (FileNotFoundError, NotADirectoryError):  # the file, or a folder that it knew
        return None
    except (OSError, ValueError):
        warnings.warn(f"cache: {path} is damaged; listing the folder again", stacklevel=3)
    return None


def keep(root: str, names: Sequence[str], within: Folders, begun: int, facts: dict[str, Any]) -> Sequence[str]:
    """Keeps the names under a folder, and facts of it, if nothing has changed there for some seconds.

    Args:
        root: the folder.
        names: of its pictures.
        within: the folders under it, and itself, as they were before their names were read.
        begun: when that began, in nanoseconds.
        facts: that JSON can hold.

    Returns:
        `names`, from the file where they are kept.
    """
    if any(time > begun - SETTLED for _, _, time in within.values()):
        return names
    path, facts = _place(root), {**facts, "within": within, "count": len(names)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".listing-", dir=path.parent) as scratch:
            aside = Path(scratch) / path.name
            with aside.open("wb") as file:
                mapped.write(file, _content(names), lambda: facts)
            aside.replace(path)
    except OSError as error:
        warnings.warn(f"cache: {path} cannot be kept: {error.strerror}", stacklevel=3)
        return names
    return _names(path, len(names))


def _place(root: str) -> Path:
    return cache.folder() / "folders" / f"{cache.digest(os.fsencode(os.path.realpath(root)))}.names"


def _content(names: Sequence[str]) -> Iterable[bytes]:
    sizes = np.fromiter((len(os.fsencode(name)) for name in names), np.int64, len(names))
    yield np.cumsum(sizes).tobytes()
    for start in range(0, len(names), CHUNK):
        yield b"".join(map(os.fsencode, names[start : start + CHUNK]))


def _names(path: Path, count: int) -> Names:
    ends = np.memmap(path, np.int64, "r", shape=(count,))
    return Names(ends, np.memmap(path, np.uint8, "r", offset=ends.nbytes, shape=(int(ends[-1]),)))
