"""RUN/alarms.jsonl: the alarms of a run, in the order in which they were raised, one a line."""

import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import NonNegativeInt
from typing_extensions import TypedDict

from kgan.runs import lines

FILE = "alarms.jsonl"

# When it was, what was done, what was seen, what to try, and the figures that were finite.
Alarm = TypedDict(
    "Alarm", {"step": NonNegativeInt, "action": str, "seen": list[str], "try": str, "figures": dict[str, float]}
)


def read(folder: str | os.PathLike) -> list[Alarm]:
    """The alarms; none if there is no such file.

    Raises:
        InputError: if the file is damaged.
    """
    return lines.read(Path(folder) / FILE, "file of alarms", Alarm)


def write(folder: str | os.PathLike, alarms: Sequence[Alarm]) -> None:
    """Writes the alarms."""
    lines.write(Path(folder) / FILE, alarms)
