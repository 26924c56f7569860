"""What TensorFlow Serving is started with: its own files, and those of compose, Kubernetes and KServe.

Each file begins by saying what it is and how it is used. The first model is the one that was exported, with the labels
`stable` and `canary` on its two newest versions; a second one, `NAME-canary`, serves the newest version under a name of
its own, for callers that cannot send labels (`ovmsclient`, KServe's v1 paths).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from string import Template

from kgan import files
from kgan.checks import InputError

IMAGE = "tensorflow/serving:2.20.0"  # the newest that there is; for x86-64 (tensorflow/serving #1948)
BATCH = 256  # rows that the server joins, at most, and that kgan's client sends at once
PLACES = Path(__file__).parent / "deployment"  # the templates


def write(folder: str | os.PathLike, model: str | os.PathLike, versions: Sequence[int]) -> list[Path]:
    """Writes the files into a folder.

    Args:
        folder: for the files; those of the same names are replaced.
        model: the exported model's folder, NAME.
        versions: in it, at least one.

    Returns:
        The files.

    Raises:
        InputError: without a version, or for a model whose name Kubernetes could not bear.
    """
    folder, model = Path(folder), Path(model).resolve()
    if not versions:
        raise InputError(f"model: {model} holds no version; wanted an exported model")
    name = model.name
    service = name.lower().replace("_", "-")
    if not service.replace("-", "").isalnum() or not service.isascii() or not 0 < len(service) <= 40:
        raise InputError(f"model: wanted a name of at most 40 letters, digits, - and _, got {name!r}")
    *_, stable, canary = [min(versions), *sorted(versions)][-2:]
    values = {
        "name": name,
        "service": service,
        "stable": stable,
        "canary": canary,
        "kept": "\n".join(f"        versions: {version}" for version in sorted({stable, canary})),
        "image": IMAGE,
        "batch": BATCH,
        "model": os.path.relpath(model, folder.resolve()),
    }
    written = []
    for template in sorted(PLACES.iterdir()):
        path = folder / template.name
        files.write(path, Template(template.read_text(encoding="utf-8")).substitute(values))
        written.append(path)
    return written
