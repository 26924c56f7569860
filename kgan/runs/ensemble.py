"""RUN/ensemble.json: a run that is several, each in a folder of its own in RUN, behind one sampler."""

import json
from collections.abc import Mapping
from pathlib import Path

from kgan import files
from kgan.runs.damage import named

FILE = "ensemble.json"


def write(run_dir: Path, shares: Mapping[str, float], failed: Mapping[str, str]) -> None:
    """Writes how likely each member is, by the name of its folder in `run_dir`; and why others failed."""
    files.write(run_dir / FILE, json.dumps({"shares": dict(shares), "failed": dict(failed)}, indent=1) + "\n")


def read(run_dir: Path) -> dict[str, float] | None:
    """The members' shares by the names of their folders; None for a run that is no ensemble.

    Raises:
        InputError: for a file that cannot be read.
    """
    path = run_dir / FILE
    if not path.exists():
        return None
    with named(path, "ensemble"):
        shares = {
            str(name): float(share) for name, share in json.loads(path.read_text(encoding="utf-8"))["shares"].items()
        }
        if not shares:
            raise ValueError("it has no members")
    return shares
