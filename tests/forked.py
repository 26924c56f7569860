"""Programs of the tests, in processes of their own that have TensorFlow already: see `kgan.process`.

Each takes six seconds of a core less than one that is begun anew, which is for tests of the beginning, of what is done
without kgan, and of the bits of any process.
"""

import os
import runpy
import sys
import tempfile
from pathlib import Path

from kgan import process
from tests import PATIENCE


class Program:
    """`python PROGRAM ARGUMENTS`, or `python -m PROGRAM ARGUMENTS`, that was begun.

    Args:
        program: a script's path, or a module's name.
        arguments: its own; as text.
        folder: that it works in; default: this process's.
        environment: what is other than here.
    """

    def __init__(self, program, *arguments, folder=None, **environment):
        self._said = tempfile.TemporaryDirectory(prefix="said-")
        self._out, self._err = (Path(self._said.name, name) for name in ("out.txt", "err.txt"))
        self._err.touch()
        self._command = [str(program), *map(str, arguments)]
        place = [str(folder or os.getcwd()), str(self._err)]
        self._begun = process.start([*place, *self._command], self._out, os.environ | environment, play)

    def wait(self):
        """Until it has ended; if it seems to hang, it is made to."""
        if not self._begun.ended(PATIENCE):
            self._begun.stop()

    def finish(self):
        """(exit status, stdout, stderr)"""
        self.wait()
        status, _ = self._begun.finish()
        return status, self._out.read_text(), self._err.read_text()


def python(program, *arguments, **settings):
    """What a `Program` prints, when it has come to its end: stdout, stderr."""
    status, out, err = Program(program, *arguments, **settings).finish()
    assert status == 0, f"{program}: status {status}\n{out[-1000:]}\n{err[-3000:]}"
    return out, err


def play(folder, err, program, *arguments):
    """In the process."""
    os.dup2(os.open(err, os.O_WRONLY | os.O_APPEND), sys.stderr.fileno())
    os.chdir(folder)
    sys.argv = [program, *arguments]
    if program.endswith(".py"):
        sys.path.insert(0, str(Path(program).parent))
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__")
