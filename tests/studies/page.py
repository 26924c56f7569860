"""A study that is played, as its command leaves it."""

import contextlib
import csv
import io
from pathlib import Path

import matplotlib.image

from kgan.commands import main


def rows(name: str, folder: Path) -> list[dict[str, str]]:
    """The rows of the table that `kgan study NAME` writes, when what it says and its page have been looked at."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert main(["study", name, f"--out={folder}/page"]) == 0
    assert not err.getvalue()
    lines = out.getvalue().splitlines()
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
