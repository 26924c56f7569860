"""Logs as a table: one row an epoch."""

import csv
import io
import math
import os
from pathlib import Path

from kgan.callbacks.base import RunCallback
from kgan.checks import InputError
from kgan.distribute import is_chief
from kgan.files import write

FILE = "logs.csv"
FIRST = ["epoch", "step"]


class CSVLogger(RunCallback):
    """Writes RUN/logs.csv: the epoch (from 1), the model's step, then the epoch's logs by name.

    Numbers are written so that they read back exactly, and there are no timings, so that a run that was resumed has
    the same file as one that was not. When an epoch ends, its row replaces those from it on, which a killed run or a
    rollback may have left. A log that is not there each epoch has empty cells.

    Args:
        run_dir: the run's folder.

    Raises:
        InputError: in `fit`, if there is a logs.csv of another kind.
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        _rows(self.run_dir)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not is_chief():
            return
        values = {name: repr(float(value)) for name, value in (logs or {}).items()}
        kept = [row for row in _rows(self.run_dir) if int(row["epoch"]) <= epoch]
        rows = [*kept, {"epoch": epoch + 1, "step": int(self.model.step.numpy()), **values}]
        text = io.StringIO()
        writer = csv.DictWriter(text, FIRST + _logs(rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write(self.run_dir / FILE, text.getvalue())


def read_logs(run_dir: str | os.PathLike) -> dict[str, list[float]]:
    """The columns of RUN/logs.csv by name, NaN where a cell is empty; {} if there is no such file.

    Raises:
        InputError: if the file is not such a table.
    """
    rows = _rows(run_dir)
    names = FIRST + _logs(rows) if rows else []
    return {name: [float(row.get(name, math.nan)) for row in rows] for name in names}


def _rows(run_dir: str | os.PathLike) -> list[dict[str, str]]:
    """The rows without their empty cells."""
    path = Path(run_dir) / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{name: cell for name, cell in row.items() if cell} for row in csv.DictReader(file)]
    if any(not row.get(name, "").isdigit() for row in rows for name in FIRST):
        raise InputError(f"run_dir: {str(path)!r} is no table of logs with whole numbers for {' and '.join(FIRST)}")
    return rows


def _logs(rows: list[dict]) -> list[str]:
    return sorted({name for row in rows for name in row} - set(FIRST))
