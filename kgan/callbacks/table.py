"""Measurements in rounds as a CSV file, exact: numbers read back as they were."""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kgan import files
from kgan.checks import InputError


def write(path: str | os.PathLike, rows: Sequence[Mapping[str, object]]) -> None:
    """Writes rows with the columns of the last one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[-1]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: v if isinstance(v, str | int) else repr(float(v)) for k, v in row.items()} for row in rows)
    files.write(path, text.getvalue())


def read(path: str | os.PathLike, columns: Iterable[str] = ()) -> list[dict]:
    """The rows: "step" and "wrong" whole, other numbers float, what is no number as text; none without such a file.

    Raises:
        InputError: if the file is of another kind: without "step" or one of `columns`.
    """
    path = Path(path)
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        try:
            rows = [{name: _value(name, cell) for name, cell in row.items()} for row in csv.DictReader(file)]
        except (ValueError, TypeError, csv.Error) as error:
            raise InputError(f"run_dir: {str(path)!r} is no table of measurements: {error}") from error
    for name in ("step", *columns):
        if any(name not in row for row in rows):
            raise InputError(f"run_dir: {str(path)!r} is no table of measurements: it has no column {name!r}")
    return rows


def _value(name: str, cell: str) -> int | float | str:
    if name in ("step", "wrong"):
        return int(cell)
    try:
        return float(cell)
    except ValueError:
        return cell
