"""RUN/samples/epoch-0001.png, ...: pictures of the same latents, epoch after epoch."""

import os
import re
from pathlib import Path


def path(folder: str | os.PathLike, epoch: int) -> Path:
    """Where the picture after epoch `epoch` (from 1) is."""
    return Path(folder) / "samples" / f"epoch-{epoch:04d}.png"


def find(folder: str | os.PathLike) -> dict[int, Path]:
    """The pictures that are there, by epoch, in its order."""
    found = ((re.fullmatch(r"epoch-([0-9]+)\.png", each.name), each) for each in Path(folder).glob("samples/*.png"))
    return dict(sorted((int(match[1]), each) for match, each in found if match))
