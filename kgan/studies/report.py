"""What a study leaves: README.md, NAME.csv and NAME.png in a folder of its own. Each file is whole or absent."""

import csv
import importlib.metadata
import io
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import kgan
from kgan import files, pictures
from kgan.checks import InputError

Row = Mapping[str, Any]  # a number, a string, a boolean, an array of eigenvalues, or None for what there is not


def make_folder(folder: Path) -> None:
    """Makes the study's folder, before time is spent.

    Raises:
        InputError: if it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"out: cannot make the folder {str(folder)!r}: {error.strerror}") from error


def write(folder: Path, name: str, rows: Sequence[Row], figure: Figure, page: str) -> None:
    """Writes the table, the picture and the page; the page last, because it points to the others."""
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _exact(value) for key, value in row.items()} for row in rows)
    files.write(folder / f"{name}.csv", table.getvalue())
    files.write(folder / f"{name}.png", pictures.png(figure))
    files.write(folder / "README.md", page)


def markdown(rows: Sequence[Row], columns: Mapping[str, str]) -> str:
    """Some columns of the rows as a Markdown table; `columns`: key -> heading."""
    lines = [columns.values(), ["---"] * len(columns)]
    lines += [[_short(row[key]) for key in columns] for row in rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def page(command: str, title: str, sections: Mapping[str, str], table: str | None = None) -> str:
    """A study's page: the sections, and how it was made, by `kgan study COMMAND`, beside TABLE.csv, of that name."""
    packages = [f"{package} {importlib.metadata.version(package)}" for package in ("tensorflow", "keras", "numpy")]
    versions = ", ".join([f"kgan {kgan.__version__}", *packages, f"Python {platform.python_version()}"])
    name = table or command
    numbers = f"The numbers of the table, in full: [{name}.csv]({name}.csv)."
    made = f"```\nkgan study {command}\n```\n\nWith {versions}. {numbers}"
    parts = [
        f"## {heading}\n\n{text.strip()}" for heading, text in {**sections, "How this page was made": made}.items()
    ]
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def _exact(value: Any) -> str:
    """For the CSV: floats read back exactly, eigenvalues by Python's `complex`, with a blank between."""
    if isinstance(value, np.ndarray):
        return " ".join(f"{z.real + 0.0:.12f}{z.imag:+.12f}j" for z in value)
    return "" if value is None else _yes_no(value) if isinstance(value, bool) else str(value)


def _short(value: Any) -> str:
    """For the page: four significant digits."""
    if isinstance(value, np.ndarray):
        first, second = value
        if first.imag:
            return f"{first.real + 0.0:.4g} ± {abs(first.imag):.4g}i"
        return f"{first.real:.4g}, {second.real:.4g}"
    if isinstance(value, float):
        return f"{value:.5g}" if value > 1e-3 or not value else f"{value:.1e}"
    return "–" if value is None else _yes_no(value) if isinstance(value, bool) else str(value)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
