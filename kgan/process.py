"""Commands of `kgan`, each in a process of its own that is forked from one that has loaded TensorFlow already.

Loading it takes longer than a small run: six of the eleven seconds of a core. A process that has only loaded it, and
computed nothing, has nothing yet that a fork would break (multiprocessing's "forkserver", on Linux), and what is forked
from it computes the bits that `python -m kgan` computes. A script that runs a study is to have its `if __name__ ==
"__main__"`, as with any process of multiprocessing.
"""

import math
import multiprocessing
import os
import resource
import runpy
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["kgan.commands.loaded"])
LOCK = threading.Lock()  # two threads must not ask after one process: the second would take it for lost


class Begun:
    """A command that was begun by `start`."""

    def __init__(self, process: ForkServerProcess, told: Connection) -> None:
        self._process, self._told = process, told

    def ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, or does so within so many seconds."""
        return bool(connection.wait([self._process.sentinel], within))

    def stop(self) -> None:
        """Has it end (SIGTERM)."""
        with LOCK:
            self._process.terminate()

    def finish(self) -> tuple[int, float]:
        """Waits for its end.

        Returns:
            (exit status, less than 0 for the signal that has killed it; seconds of processors, of its own processes
            too, NaN if it was killed).
        """
        try:
            used = self._told.recv()
        except EOFError:
            used = math.nan
        connection.wait([self._process.sentinel])
        with LOCK:
            self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode, used


def _kgan(*arguments: str) -> None:
    sys.argv = ["kgan", *arguments]
    runpy.run_module("kgan", run_name="__main__")


def start(
    arguments: Sequence[str], said: Path, environment: Mapping[str, str] | None = None, play: Callable = _kgan
) -> Begun:
    """Begins `kgan ARGUMENTS`, with its output at the end of the file `said`; it ends when this process does.

    Args:
        arguments: the command and its flags.
        said: the file.
        environment: of the process; default: this one's.
        play: what is called with the arguments there, a function of a module's; default: `kgan`'s command line.
    """
    said.open("ab").close()
    own = dict(os.environ if environment is None else environment)
    told, tell = CONTEXT.Pipe(duplex=False)
    place = (str(said.absolute()), os.getcwd(), own)
    process = CONTEXT.Process(target=_play, args=(play, list(arguments), place, tell), daemon=True)
    with LOCK:
        with _as(own):  # libraries that are loaded there read it then
            forkserver.ensure_running()
        process.start()
    tell.close()
    return Begun(process, told)


def run(arguments: Sequence[str], said: Path, environment: Mapping[str, str] | None = None) -> tuple[int, float]:
    """`start`, and `Begun.finish`."""
    return start(arguments, said, environment).finish()


def last_words(said: Path, status: int, command: str) -> str:
    """Why a command has failed: the last line of its output, without the command's name."""
    lines = said.read_text(errors="replace").strip().splitlines()
    return lines[-1].removeprefix(f"kgan {command}: ") if lines else f"ended with status {status}"


def stop() -> None:
    """Ends what was begun and is not finished, in other threads too."""
    with LOCK:
        for process in multiprocessing.active_children():
            process.terminate()


@contextmanager
def _as(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set(environment)
    try:
        yield
    finally:
        _set(before)


def _set(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _play(
    play: Callable, arguments: Sequence[str], place: tuple[str, str, Mapping[str, str]], tell: Connection
) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    multiprocessing.set_start_method(None, force=True)  # as in any process: this one's locks die with it
    said, folder, environment = place
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(out, stream.fileno())
    os.chdir(folder)
    _set(environment)  # TensorFlow looks there when it first computes
    try:
        play(*arguments)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        tell.send(sum(one.ru_utime + one.ru_stime for one in spent))


def _end_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(143)
