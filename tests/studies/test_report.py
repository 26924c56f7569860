"""What a study leaves, and how it judges a play."""

import csv

import numpy as np
import pytest
from matplotlib.figure import Figure

from kgan.checks import InputError
from kgan.studies import report
from kgan.studies.outcome import outcome, rate

ROW = {"name": "a|b", "roots": np.array([-0.25 - 0.5j, -0.25 + 0.5j]), "x": 1 / 3, "none": None, "agree": True}


def spiral(factor, rounds=300):
    """A rotation by 0.1 a round around 0, on an ellipse, with a factor a round."""
    n = np.arange(rounds + 1)
    return (factor**n)[:, None] * np.stack([np.cos(0.1 * n), 1.2 * np.sin(0.1 * n)], -1)


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(0.5, "converges"), (0.999, "converges"), (1.0, "circles"), (1.01, "goes away")],
)
def test_outcome(factor, expected):
    assert outcome(spiral(factor)) == expected
    assert rate(spiral(factor)) == pytest.approx(factor, abs=1e-3)


def test_outcome_of_slow_and_of_finished_convergence():
    n = np.arange(1, 1002)[:, None]
    assert outcome(spiral(1.0, 1000) / np.sqrt(n)) == "converges"
    assert outcome(np.where(n < 50, spiral(1.0, 1000), 1e-17)) == "converges"


def test_files(tmp_path):
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    page = report.page("toy", "Toy", {"Result": report.markdown([ROW], {"name": "the name", "roots": "roots"})})
    report.write(tmp_path, "toy", [ROW, ROW], figure, page)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "toy.csv", "toy.png"]
    with (tmp_path / "toy.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert first == second and float(first["x"]) == ROW["x"] and first["none"] == "" and first["agree"] == "yes"
    assert [complex(z) for z in first["roots"].split()] == ROW["roots"].tolist()
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "README.md").read_text()
    assert "| a\\|b | -0.25 ± 0.5i |" in text and "kgan study toy\n" in text and "tensorflow 2" in text


@pytest.mark.parametrize(
    ("value", "cell"), [(0.0, "0"), (0.123456789, "0.12346"), (3e-9, "3.0e-09"), (None, "–"), (False, "no"), ("x", "x")]
)
def test_cells(value, cell):
    assert report.markdown([{"k": value}], {"k": "K"}).splitlines()[-1] == f"| {cell} |"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="out: cannot make the folder"):
            report.make_folder(folder)
