"""`kgan study`: the command line; `tests/studies/page.py` goes on to the page."""

import os
import subprocess
import sys

import pytest

from kgan.commands import main
from kgan.studies import RUNS, STUDIES

KNOWN = "alternation, augmentation, bilinear, capacity, dirac, discriminators, ensembles, rates, stabilisation"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["dirak"], "kgan study: study: unknown name 'dirak'; did you mean 'dirac'? known: " + KNOWN + "\n"),
        ([], "kgan study: wanted one study of " + KNOWN + ", or a file\n"),
        (["dirac", "bilinear"], "kgan study: wanted one study of " + KNOWN + ", or a file, got dirac bilinear\n"),
        (["dirac", "--out=file"], "kgan study: out: cannot make the folder 'file': File exists\n"),
        (
            ["dirac", "--quick"],
            "kgan study: quick: wanted it with a grid of runs (" + ", ".join(RUNS) + "), got the study 'dirac'\n",
        ),
        (["none.py"], "kgan study: study: there is no file none.py\n"),
        (["rates", "--jobs=0"], "kgan study: flag --jobs=0: 0 is not an integer in the range [1, 1000]\n"),
        (["dirac", "--nonsense=x"], "kgan study: Unknown command line flag 'nonsense'\n"),
    ],
)
def test_what_the_user_has_to_mend(argv, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["study", *argv]) == 2
    out, err = capsys.readouterr()
    assert not out and err == message
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_help_names_every_study(capsys):
    assert main(["study", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in STUDIES)


def test_what_is_wrong_is_one_line_of_a_process_of_its_own(tmp_path):
    """TensorFlow's words while it is loaded, which is when the file is looked for, are not let out with it."""
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-m", "kgan", "study", "none.py"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "kgan study: study: there is no file none.py\n")
    assert not list(tmp_path.iterdir())
