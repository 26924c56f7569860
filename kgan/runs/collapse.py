"""RUN/collapse.csv: how diverse samples were beside reals, round by round, and how long something was wrong.

`callbacks.CollapseAlarm` says what the columns mean. "wrong" counts the looks in a row at which something was.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from kgan.runs import tables

FILE = "collapse.csv"
COLUMNS = ("diversity_pixels", "diversity_features", "classes", "coverage", "separation")


def read(folder: str | os.PathLike) -> list[tables.Row]:
    """The rows; none if there is no such file.

    Raises:
        InputError: if the file is damaged.
    """
    return tables.read(Path(folder) / FILE, "table of measurements", whole=("wrong",), wanted=COLUMNS)


def write(folder: str | os.PathLike, rows: Sequence[tables.Row]) -> None:
    """Writes rows, which have all of these columns."""
    tables.write(Path(folder) / FILE, ["step", *COLUMNS, "wrong"], rows)
