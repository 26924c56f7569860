"""The stack that kgan stands on: which of the two it is, and which of its versions nobody has tested."""

import platform
import re
from importlib import metadata
from pathlib import Path

# What was tested, by the Kerases' first numbers: the pythons and the file of pins, here the repository's own.
TESTED = {"3": (("3.11", "3.12"), "requirements.txt"), "2": (("3.11",), "requirements-addons.txt")}


def version(name: str) -> str | None:
    """Of a package that is installed; None of one that is not."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def pins(keras: str) -> dict[str, str]:
    """The versions that were tested, by package, with a Keras of version `keras`, "3.15.1" say."""
    _, file = TESTED[keras.partition(".")[0]]
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", (Path(__file__).parent / file).read_text(encoding="utf-8"), re.M))


def untested(keras: str) -> list[str]:
    """What of the stack is of another version than was tested: "numpy 2.3.0 (2.4.6)". What is not there is left out."""
    pythons, _ = TESTED[keras.partition(".")[0]]
    python = ".".join(platform.python_version_tuple()[:2])
    others = [] if python in pythons else [f"Python {python} ({' and '.join(pythons)})"]
    here = {name: (version(name), pin) for name, pin in pins(keras).items()}
    # 2.13.0+cpu is a build of 2.13.0.
    odd = {name: pair for name, pair in here.items() if pair[0] and pair[0].partition("+")[0] != pair[1]}
    return others + [f"{name} {mine} ({pin})" for name, (mine, pin) in odd.items()]
