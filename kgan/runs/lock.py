"""RUN/.lock: one process at a time trains in a run's folder.

The lock is the kernel's (`flock`), on the open file: a process that is killed does not leave it behind, and it works
on folders that machines share. Where a file system knows no locks there is none.
"""

import errno
import fcntl
import os
import socket
import weakref
from pathlib import Path

from kgan.checks import InputError

FILE = ".lock"
_taken: weakref.WeakValueDictionary = weakref.WeakValueDictionary()  # by folder, what this process holds


class Lock:
    """A folder that this process holds, for as long as somebody holds on to this object."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                who = os.read(self._file, 200).decode(errors="replace").strip() or "another process"
                self.close()
                raise InputError(
                    f"run_dir: {who} is training in {str(path.parent)!r}; wait for its end, or take another folder"
                ) from error
        else:
            os.ftruncate(self._file, 0)
            os.write(self._file, f"process {os.getpid()} on {socket.gethostname()}\n".encode())

    def close(self) -> None:
        """Lets others train in the folder."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.close()


def take(folder: Path) -> Lock:
    """The lock of a folder that is there: the one that this process has, or a new one.

    Raises:
        InputError: that names the process which has it.
    """
    place = str(folder.resolve())
    lock = _taken.get(place)
    if lock is None:
        lock = _taken[place] = Lock(folder / FILE)
    return lock


def check(folder: Path) -> None:
    """An `InputError` if another process trains in the folder; makes nothing."""
    if (folder / FILE).exists():
        take(folder)
