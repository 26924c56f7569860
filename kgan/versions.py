"""The folder of an exported model: PATH/1, PATH/2, ..., each with a `saved_model.pb`."""

from pathlib import Path

GRAPH = "saved_model.pb"  # without which a folder is no model


def versions(path: Path) -> list[int]:
    """The versions in a model's folder, ascending."""
    if not path.is_dir():
        return []
    return sorted(int(entry.name) for entry in path.iterdir() if entry.name.isdecimal() and entry.is_dir())


def newest(path: Path) -> Path | None:
    """The folder of a model's newest version; `path` if it is one version's; None if it is neither."""
    if (path / GRAPH).is_file():
        return path
    found = versions(path)
    return path / str(found[-1]) if found else None
