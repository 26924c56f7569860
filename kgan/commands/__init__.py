"""The command `kgan`: one module a command, imported when it is chosen.

A command is a module here with a docstring (its help), absl flags in `FLAGS`, and `main(argv)`, where `argv` is the
command's name and what is left beside the flags.
"""

import contextlib
import importlib
import os
import sys
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from absl import flags

from kgan.checks import InputError, one_line, unknown
from kgan.cluster import WorkerLost

COMMANDS = {
    "train": "train a GAN on a data set, or go on with a run",
    "sample": "draw samples from a run or from an exported generator",
    "evaluate": "measure samples against the data",
    "report": "write a run on one page of HTML",
    "compare": "write runs side by side on one page of HTML",
    "export": "write a run's generator as a SavedModel",
    "gallery": "look at a generator, on a page of this machine's own",
    "study": "run an experiment and write a page about it",
    "data": "bring data to where kgan finds them",
    "doctor": "tell which stack, devices and data are here",
}
HELP = ("--help", "-h")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line.

    Args:
        argv: the command and its flags; default: those of this process.

    Returns:
        The exit status: 0; 2 for what the user has to mend, told in one line on stderr; 75 when another of several
        machines was lost, for whoever starts them again (sysexits.h: try again); 130 when interrupted; 141, without a
        word, when nobody reads what is printed any more (`kgan train --help | head -1`).
    """
    name, *args = (sys.argv[1:] if argv is None else argv) or [""]
    who = f"kgan {name}" if name in COMMANDS else "kgan"
    try:
        _run(name, args)
        sys.stdout.flush()  # while what goes wrong can still be told
    except (InputError, flags.Error) as error:
        return _fail(who, error)
    except WorkerLost as error:
        _tell(who, error)
        return 75
    except BrokenPipeError:
        # What is left in the buffer goes nowhere: Python would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a file that cannot be written, a disk that is full
        return _fail(who, f"{error.filename or name}: {error.strerror or error}")
    except KeyboardInterrupt:
        _tell(who, "interrupted")
        return 130
    return 0


def no_arguments(argv: Sequence[str]) -> None:
    """An `InputError` if `argv`, a command's name and its arguments, holds any argument beside the flags."""
    if len(argv) > 1:
        raise InputError(f"wanted flags only, got {argv[1]!r}")


def writable(name: str, path: str | os.PathLike) -> None:
    """An `InputError` that names the flag, unless a file could be made at `path`. It makes none."""
    folder = Path(os.path.abspath(path)).parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        what = "cannot be written in" if folder.is_dir() else "is no folder"
        raise InputError(f"{name}: {folder} {what}, wanted another place than {str(path)!r}")


def before_tensorflow() -> None:
    """Sets what TensorFlow and Keras read when they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"


def _run(name: str, args: Sequence[str]) -> None:
    before_tensorflow()
    if name in HELP:
        print(_overview())
        return
    if name not in COMMANDS:
        raise unknown("command", name, COMMANDS) if name else InputError("wanted a command (see kgan --help)")
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *place, **more: _tell(f"kgan {name}", message)
        module = importlib.import_module(f"kgan.commands.{name}")
        if any(arg in HELP for arg in args):
            print(_help(module))
        else:
            module.main(_parse(module, [name, *args]))


def _parse(module: ModuleType, argv: Sequence[str]) -> list[str]:
    module.FLAGS.unparse_flags()  # what an earlier call in this process has set, be it one that was refused
    module.FLAGS.set_gnu_getopt()  # flags may stand after other arguments
    try:
        return module.FLAGS(argv)
    except UnicodeDecodeError as error:
        raise InputError(f"flagfile: wanted text in UTF-8, got {error.object[error.start]:#04x} in it") from error


def _fail(who: str, error: Exception | str) -> int:
    _tell(who, error)
    return 2


def _tell(who: str, what: object) -> None:
    with contextlib.suppress(OSError):  # nobody may be reading
        sys.stdout.flush()  # where both go to one file, this is its last line
    print(f"{who}: {one_line(what)}", file=sys.stderr)


def _overview() -> str:
    rows = "\n".join(f"  {name:8} {what}" for name, what in COMMANDS.items())
    return f"kgan COMMAND [flags]: train generative adversarial networks.\n\n{rows}\n\nkgan COMMAND --help tells more."


def _help(module: ModuleType) -> str:
    lines = [module.__doc__.strip(), "", "Flags, with their defaults:"]
    for flag in module.FLAGS.get_flags_for_module(module.__name__):
        default = "" if flag.default is None else f"={flag.default}"
        text = textwrap.wrap(" ".join(flag.help.split()), 90)
        lines.append(f"  {f'--{flag.name}{default}':25} " + f"\n{'':28}".join(text))
    return "\n".join([*lines, f"  {'--flagfile':25} Read flags from this file."])
