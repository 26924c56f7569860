"""RUN/logs.csv: one row an epoch, with the epoch (from 1), the model's step, then the epoch's logs by name.

A log that is not there each epoch has empty cells. There are no timings, so that a run that was resumed has the same
file as one that was not.
"""

import math
import os
from collections.abc import Sequence
from pathlib import Path

from kgan.runs import tables

FILE = "logs.csv"
FIRST = ("epoch", "step")


def read(folder: str | os.PathLike) -> list[tables.Row]:
    """The rows, each without its empty cells; none if there is no such file.

    Raises:
        InputError: if the file is damaged.
    """
    return tables.read(Path(folder) / FILE, "table of logs", key="epoch", whole=FIRST)


def write(folder: str | os.PathLike, rows: Sequence[tables.Row]) -> None:
    """Writes rows, which have "epoch" and "step", in the order of their epochs."""
    tables.write(Path(folder) / FILE, _names(rows), rows)


def columns(rows: Sequence[tables.Row]) -> dict[str, list[float]]:
    """The columns by name, NaN where a cell is empty; {} without rows."""
    return {name: [row.get(name, math.nan) for row in rows] for name in _names(rows) if rows}


def _names(rows: Sequence[tables.Row]) -> list[str]:
    return [*FIRST, *sorted({name for row in rows for name in row} - set(FIRST))]
