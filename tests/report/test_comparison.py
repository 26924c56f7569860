"""Runs side by side: what differs, what stands beside what, and what cannot be compared."""

import re
import shutil

import pytest

from kgan.checks import InputError
from kgan.commands import main
from kgan.report import comparison
from kgan.runs import Run


@pytest.fixture(scope="module")
def runs(run, tmp_path_factory):
    """Two folders: that of all tests, and one that was trained half as long with other flags."""
    folder = tmp_path_factory.mktemp("compared")
    for name, epochs, flags in (
        ("first", 6, ["--n_critic=1", "--seed=0"]),
        ("second", 3, ["--n_critic=5", "--seed=0"]),
    ):
        shutil.copytree(run, folder / name)
        (folder / name / "flags.txt").write_text("\n".join([*flags, f"--run_dir={folder / name}"]) + "\n")
        lines = (folder / name / "logs.csv").read_text().splitlines()
        (folder / name / "logs.csv").write_text("\n".join(lines[: epochs + 1]) + "\n")
    return [folder / "first", folder / "second"]


def test_settings_that_differ():
    flags = {"a": {"seed": "0", "run_dir": "a", "loss": "hinge"}, "b": {"seed": "1", "run_dir": "b"}}
    assert comparison.differing(flags) == {"loss": ["hinge", "–"], "seed": ["0", "1"]}


def test_names_tell_runs_apart(runs, tmp_path):
    for path in ("x/run", "y/run"):
        (tmp_path / path).mkdir(parents=True)
    assert list(comparison.named([tmp_path / "x/run", tmp_path / "y/run"])) == ["x", "y"]
    assert list(comparison.named(runs)) == ["first", "second"]
    with pytest.raises(InputError, match="first is there twice"):
        comparison.named([runs[0], runs[0]])
    with pytest.raises(InputError, match="wanted 2 to 8 runs, got 1"):
        comparison.named(runs[:1])


def test_samples_are_of_equal_rounds(runs):
    rows = comparison.frames({"first": Run(runs[0]), "second": Run(runs[1])})
    assert [row["rounds"] for row in rows] == [10, 20, 30], "as far as the shorter one goes"
    assert all(cell["rounds"] == row["rounds"] and cell["source"] for row in rows for cell in row["cells"])


def test_figures_stand_by_their_protocol(runs):
    fid, classes = sorted(
        comparison.figures({"a": Run(runs[0]), "b": Run(runs[1])}), key=lambda row: -len(row["metric"])
    )[::-1]
    assert fid["metric"] == "fid" and [cell["result"].value for cell in fid["cells"]] == [15.0, 15.0]
    assert classes["better"] == "higher" and not any(cell["best"] for cell in fid["cells"]), "of equals none is best"


def test_the_page(runs, tmp_path, capsys):
    out = tmp_path / "both.html"
    assert main(["compare", *map(str, runs), f"--out={out}"]) == 0
    assert capsys.readouterr().out == f"look at: {out}\n"
    page = out.read_text()
    assert "n_critic" in page and "<td>seed" not in page and "classifier-3f2a" in page
    assert page.count('class="pixels frame"') == 2 and 'alt="d_loss of each run"' in page
    assert "second:</strong> 1 alarm, the" in page
    assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page), "it needs nothing else"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "kgan compare: run_dir: wanted 2 to 8 runs, got 0\n"),
        (["none", "nothing"], "kgan compare: run_dir: there is no folder none\n"),
        (["a", "b", "--out=page.txt"], "kgan compare: out: wanted a file NAME.html, got 'page.txt'\n"),
    ],
)
def test_what_the_user_has_to_mend(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *arguments]) == 2
    assert capsys.readouterr().err == message and not list(tmp_path.iterdir())
