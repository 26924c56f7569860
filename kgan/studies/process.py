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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from pathlib import Path

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["kgan.commands.loaded"])
LOCK = threading.Lock()  # two threads must not ask after one process: the second would take it for lost


def run(arguments: Sequence[str], said: Path, environment: Mapping[str, str] | None = None) -> tuple[int, float]:
    """`kgan ARGUMENTS`, with its output at the end of the file `said`; it ends when this process does.

    Args:
        arguments: the command and its flags.
        said: the file.
        environment: of the process; default: this one's.

    Returns:
        (exit status, less than 0 for the signal that has killed it; seconds of processors, of its own processes too,
        NaN if it was killed).
    """
    said.open("ab").close()
    own = dict(os.environ if environment is None else environment)
    told, tell = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_play, args=(list(arguments), str(said), own, tell), daemon=True)
    with LOCK:
        with _as(own):  # libraries that are loaded there read it then
            forkserver.ensure_running()
        process.start()
    tell.close()
    try:
        used = told.recv()
    except EOFError:
        used = math.nan
    connection.wait([process.sentinel])
    with LOCK:
        process.join()
    assert process.exitcode is not None
    return process.exitcode, used


def stop() -> None:
    """Ends what `run` has begun in other threads."""
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


def _play(arguments: Sequence[str], said: str, environment: Mapping[str, str], tell: Connection) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    multiprocessing.set_start_method(None, force=True)  # as in any process: this one's locks die with it
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(out, stream.fileno())
    _set(environment)  # TensorFlow looks there when it first computes
    sys.argv = ["kgan", *arguments]
    try:
        runpy.run_module("kgan", run_name="__main__")
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        tell.send(sum(one.ru_utime + one.ru_stime for one in spent))


def _end_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(143)
