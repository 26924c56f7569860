"""Which files of a folder are its pictures, and of which class."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from kgan.checks import InputError
from kgan.data import index
from kgan.data.picture import SUFFIXES, printable

MANY = 50_000  # pictures; to decode so many takes a minute


class Listing(NamedTuple):
    """The pictures under `root`, their paths from there, sorted; the names of its sub-folders; what was left out."""

    root: str
    names: Sequence[str]
    folders: list[str]
    left_out: Counter[str]

    @property
    def paths(self) -> list[str]:
        return [os.path.join(self.root, name) for name in self.names]

    @property
    def many(self) -> bool:
        """Whether they are so many that nobody waits until all of them are looked at."""
        return len(self.names) > MANY

    def loose(self) -> list[str]:
        """The names of the pictures that lie in no sub-folder."""
        return [name for name in self.names if os.sep not in name]

    def unlabelled(self) -> str:
        """Why the sub-folders are no classes; "" if they are: two or more, and each picture in one."""
        if loose := self.loose():
            return f"{len(loose)} of {len(self.names)} images lie in no sub-folder of {printable(self.root)}"
        return f"{printable(self.root)} has one sub-folder only" if len(self.folders) < 2 else ""

    def classes(self) -> list[int]:
        """The number of each picture's sub-folder, in sorted order."""
        numbers = {folder: i for i, folder in enumerate(self.folders)}
        return [numbers[name.split(os.sep, 1)[0]] for name in self.names]


def pictures(folder: str | os.PathLike) -> Listing:
    """Lists the pictures under a folder, recursively, by their suffix.

    Linked folders are followed, but not into themselves. Left out, and counted by the reason: hidden files and folders
    (those whose name begins with a dot), broken links, files of another kind. The list of more than `MANY` pictures is
    kept (`kgan.data.index`) until a file is added to the folder or one under it, removed or renamed.

    Raises:
      InputError: a folder that is missing, cannot be read, or has no picture in it.
    """
    root = os.path.expanduser(os.fspath(folder))
    if not os.path.isdir(root):
        raise InputError(f"dataset: no such folder: {printable(root)}")
    if (kept := index.kept(root)) is not None:
        names, facts = kept
        return Listing(root, names, facts["folders"], Counter(facts["left_out"]))
    left_out, within, begun = Counter(), {}, time.time_ns()
    try:
        above = len(os.path.join(root, ""))
        names = [path[above:] for path in _walk(root, (), left_out, within)]
        folders = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        what = printable(error.filename or root)
        raise InputError(f"dataset: {what} cannot be read ({error.strerror or error})") from error
    if not names:
        wanted = ", ".join(suffix[1:] for suffix in SUFFIXES)
        found = f"; found {told(left_out)}" if left_out else ""
        raise InputError(f"dataset: no image in folder {printable(root)}; wanted files of {wanted}{found}")
    if len(names) > MANY:
        names = index.keep(root, names, within, begun, {"folders": folders, "left_out": left_out})
    return Listing(root, names, folders, left_out)


def told(left_out: Counter[str]) -> str:
    """`2 hidden, 1 .txt`."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))


def _walk(folder: str, within: tuple, left_out: Counter[str], folders: index.Folders) -> Iterator[str]:
    """The pictures' paths; and in `folders`, those that were looked into, as they were."""
    status = os.stat(folder)
    folders[folder] = index.state(status)
    within = (*within, (status.st_dev, status.st_ino))
    with os.scandir(folder) as entries:
        entries = sorted(entries, key=lambda entry: entry.name)
    for entry in entries:
        suffix = Path(entry.name).suffix.lower()
        if entry.name.startswith("."):
            left_out["hidden"] += 1
        elif entry.is_dir():
            status = entry.stat()
            if (status.st_dev, status.st_ino) in within:
                left_out["linked into itself"] += 1
            else:
                yield from _walk(entry.path, within, left_out, folders)
        elif not entry.is_file():
            left_out["broken link" if entry.is_symlink() else "no file"] += 1
        elif suffix in SUFFIXES:
            yield entry.path
        else:
            left_out[printable(suffix) or "without suffix"] += 1
