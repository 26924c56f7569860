"""RUN/equilibrium.csv: where the game stood, round by round. `callbacks.EquilibriumMonitor` says what the columns mean.

A measurement that was not made is NaN.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from kgan.analysis.diagnosis import DIAGNOSES
from kgan.runs import tables

FILE = "equilibrium.csv"
# Beside "step" and "diagnosis"; there may be more.
COLUMNS = ("field_norm", "d_norm", "g_norm", "rotation", "update_cosine", "d_accuracy_real", "d_accuracy_fake")
COLUMNS = (*COLUMNS, "lipschitz")


def read(folder: str | os.PathLike) -> list[tables.Row]:
    """The rows; none if there is no such file.

    Raises:
        InputError: if the file is damaged.
    """
    words = {"diagnosis": DIAGNOSES}
    return tables.read(Path(folder) / FILE, "table of measurements", words=words, wanted=COLUMNS)


def write(folder: str | os.PathLike, rows: Sequence[tables.Row]) -> None:
    """Writes rows, which all have the columns of the last one."""
    tables.write(Path(folder) / FILE, list(rows[-1]), rows)
