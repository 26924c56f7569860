"""A file of JSON objects, one a line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from kgan import files
from kgan.runs.damage import named, whole_text

T = TypeVar("T")


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes rows of plain values; an infinity or a NaN, for which JSON has no word, is refused."""
    files.write(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows))


def read(path: Path, what: str, kind: type[T]) -> list[T]:
    """The rows, each a `kind` (a dataclass or a TypedDict); none if there is no such file.

    Raises:
        InputError: if a line is no such object.
    """
    if not path.exists():
        return []
    with named(path, what):
        adapter = TypeAdapter(kind)
        return [adapter.validate_json(line) for line in whole_text(path).splitlines()]
