"""Files that are whole or absent."""

import os
from pathlib import Path


def write(path: str | os.PathLike, content: str | bytes) -> None:
    """Writes a file aside and renames it: text as UTF-8 with its line ends as they are. Makes the folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_bytes(content.encode() if isinstance(content, str) else content)
    aside.replace(path)
