"""Numbers as a CSV file, exact: they read back as they were. One row a round, or an epoch, in their order."""

import csv
import io
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgan import files
from kgan.runs.damage import named, whole_text

Row = dict[str, Any]  # of whole numbers, numbers and words


def write(path: str | os.PathLike, columns: Sequence[str], rows: Iterable[Mapping[str, int | float | str]]) -> None:
    """Writes the columns of rows; what a row does not have is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: v if isinstance(v, str | int) else repr(float(v)) for k, v in row.items()} for row in rows)
    files.write(path, text.getvalue())


def read(
    path: Path,
    what: str,
    key: str = "step",
    whole: Sequence[str] = (),
    words: Mapping[str, Sequence[str]] | None = None,
    wanted: Iterable[str] = (),
) -> list[Row]:
    """The rows, each without its empty cells; none if there is no such file.

    Args:
        path: of the file.
        what: it holds, for the message.
        key: the column of whole numbers that ascend.
        whole: other columns of whole numbers from 0 on.
        words: columns of words, with those that are known. All other cells are floats.
        wanted: columns that each row must have, beside these.

    Raises:
        InputError: if the file is no such table.
    """
    if not path.exists():
        return []
    whole, words = {key, *whole}, words or {}
    with named(path, what):
        reader = csv.DictReader(io.StringIO(whole_text(path), newline=""), strict=True)
        names = reader.fieldnames or []
        missing = [name for name in (*sorted(whole), *words, *wanted) if name not in names]
        if missing:
            raise ValueError(f"it has no column {missing[0]!r}")
        if len(set(names)) < len(names):
            raise ValueError("two of its columns have one name")
        rows: list[Row] = []
        for cells in reader:
            where = f"line {reader.line_num}"
            if None in cells or None in cells.values():
                raise ValueError(f"{where} has not one cell for each of the {len(names)} columns")
            rows.append({k: _value(where, k, v, k in whole, words.get(k)) for k, v in cells.items() if v})
            if absent := [name for name in (*whole, *words, *wanted) if name not in rows[-1]]:
                raise ValueError(f"{where} has nothing for {absent[0]!r}")
        for before, row in itertools.pairwise(rows):
            if row[key] <= before[key]:
                raise ValueError(f"{key} {row[key]} stands after {before[key]}")
    return rows


def _value(where: str, name: str, cell: str, whole: bool, words: Sequence[str] | None) -> int | float | str:
    if words is not None:
        if cell in words:
            return cell
        raise ValueError(f"{where} has {cell!r} for {name!r}, wanted one of {', '.join(words)}")
    try:
        if not whole:
            return float(cell)
        if cell.isascii() and cell.isdecimal():
            return int(cell)
    except ValueError:
        pass
    raise ValueError(f"{where} has {cell!r} for {name!r}, wanted {'a whole number' if whole else 'a number'}")
