"""Commands of `kgan`, each in a process of its own that is forked from one that has loaded TensorFlow already.

Loading it takes longer than a small run: six of the eleven seconds of a core. A process that has only loaded it, and
computed nothing, has nothing yet that a fork would break (multiprocessing's "forkserver"), and what is forked from it
computes the same bits as `python -m kgan`.
"""

import math
import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from kgan import commands

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["kgan.studies.loaded"])


def run(arguments: Sequence[str], said: Path, environment: Mapping[str, str] | None = None) -> tuple[int, float]:
    """`kgan ARGUMENTS`, with its output at the end of the file `said`; it ends when this process does.

    Args:
        arguments: the command and its flags.
        said: the file.
        environment: of the process; default: this one's.

    Returns:
        (exit status, seconds of processors, of its own processes too; NaN if it was killed).
    """
    own = dict(os.environ if environment is None else environment)
    told, tell = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_play, args=(list(arguments), str(said), own, tell), daemon=True)
    process.start()
    tell.close()
    try:
        used = told.recv()
    except EOFError:
        used = math.nan
    process.join()
    return process.exitcode, used


def _play(arguments: Sequence[str], said: str, environment: Mapping[str, str], tell: Connection) -> None:
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(out, stream.fileno())
    os.environ.clear()
    os.environ.update(environment)  # TensorFlow looks there when it first computes
    status = commands.main(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    tell.send(sum(one.ru_utime + one.ru_stime for one in spent))
    sys.exit(status)
