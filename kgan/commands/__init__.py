"""The command `kgan`: one module a command, imported when it is chosen.

A command is a module here with a docstring (its help), absl flags in `FLAGS`, and `main(argv)`, where `argv` is the
command's name and what is left beside the flags.
"""

import importlib
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Sequence
from types import ModuleType

from absl import flags

from kgan.checks import InputError, unknown

COMMANDS = {
    "train": "train a GAN on a data set, or go on with a run",
    "sample": "draw samples from a run or from an exported generator",
    "evaluate": "measure samples against the data",
    "report": "write a run on one page of HTML",
    "export": "write a run's generator as a SavedModel",
    "study": "run an experiment and write a page about it",
    "data": "bring data to where kgan finds them",
}
HELP = ("--help", "-h")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line.

    Args:
        argv: the command and its flags; default: those of this process.

    Returns:
        The exit status: 0; 2 for what the user has to mend, told in one line on stderr; 130 when interrupted.
    """
    # Before TensorFlow is imported, which reads both.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    name, *args = (sys.argv[1:] if argv is None else argv) or [""]
    if name in HELP:
        print(_overview())
        return 0
    if name not in COMMANDS:
        return _fail("kgan", unknown("command", name, COMMANDS) if name else "wanted a command (see kgan --help)")
    module = importlib.import_module(f"kgan.commands.{name}")
    if any(arg in HELP for arg in args):
        print(_help(module))
        return 0
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *place, **more: _tell(f"kgan {name}", message)
            module.main(_parse(module, [name, *args]))
    except (InputError, flags.Error) as error:
        return _fail(f"kgan {name}", error)
    except OSError as error:  # a file that cannot be written, a disk that is full
        return _fail(f"kgan {name}", f"{error.filename or name}: {error.strerror or error}")
    except KeyboardInterrupt:
        _tell(f"kgan {name}", "interrupted")
        return 130
    except Exception as error:
        # TensorFlow passes on what its pipelines raise with a page of context.
        image = re.search(r"unreadable image: [^\n\[]*", str(error))
        if image is None:
            raise
        return _fail(f"kgan {name}", f"dataset: {image[0]}")
    return 0


def no_arguments(argv: Sequence[str]) -> None:
    """An `InputError` if `argv`, a command's name and its arguments, holds any argument beside the flags."""
    if len(argv) > 1:
        raise InputError(f"wanted flags only, got {argv[1]!r}")


def _parse(module: ModuleType, argv: Sequence[str]) -> list[str]:
    if module.FLAGS.is_parsed():  # by an earlier call in this process
        module.FLAGS.unparse_flags()
    module.FLAGS.set_gnu_getopt()  # flags may stand after other arguments
    return module.FLAGS(argv)


def _fail(who: str, error: Exception | str) -> int:
    _tell(who, error)
    return 2


def _tell(who: str, what: object) -> None:
    print(f"{who}: {' '.join(str(what).split())}", file=sys.stderr)


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
