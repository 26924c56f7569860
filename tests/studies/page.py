"""A study that is played, as its command leaves it."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image


def rows(name: str, folder: Path) -> list[dict[str, str]]:
    """The rows of the table that `kgan study NAME` writes, when what it says and its page have been looked at."""
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-m", "kgan", "study", name, f"--out={folder}/page"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) > 10 and lines[-1].startswith(f"{folder}/page: README.md is the page")

    assert sorted(path.name for path in (folder / "page").iterdir()) == ["README.md", f"{name}.csv", f"{name}.png"]
    with (folder / "page" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert all(row["agree"] == "yes" for row in table)
    picture = matplotlib.image.imread(folder / "page" / f"{name}.png")
    assert min(picture.shape[:2]) > 500 and picture.std() > 0.1
    page = (folder / "page" / "README.md").read_text(encoding="utf-8")
    assert f"({name}.png)" in page and f"{len(table)} of {len(table)} plays" in page and str(folder) not in page
    return table
