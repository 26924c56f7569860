"""Measurements in rounds as a CSV file, exact: numbers read back as they were."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from kgan import files


def write(path: str | os.PathLike, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows with the columns of the last one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[-1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: v if isinstance(v, str | int) else repr(float(v)) for k, v in row.items()} for row in rows)
    files.write(path, text.getvalue())


def read(path: str | os.PathLike) -> list[dict]:
    """The rows: "step" whole, other numbers float, what is no number as text; none if there is no such file."""
    path = Path(path)
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _value(name, cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _value(name: str, cell: str) -> int | float | str:
    if name == "step":
        return int(cell)
    try:
        return float(cell)
    except ValueError:
        return cell
