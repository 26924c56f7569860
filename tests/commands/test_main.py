"""The dispatcher: help, messages and exit statuses."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from kgan.checks import InputError
from kgan.commands import COMMANDS, export, main, train
from kgan.models import PRESETS
from kgan.networks import NETWORKS


def run(capsys, *argv):
    """(exit status, stdout, stderr) of a command line."""
    status = main(argv)
    return status, *capsys.readouterr()


def test_help_tells_of_every_command(capsys):
    status, out, err = run(capsys, "--help")
    assert status == 0 and not err
    assert all(f"  {name} " in out for name in COMMANDS)


KNOWN = "known: compare, data, doctor, evaluate, export, gallery, report, sample, study, train"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(capsys, name):
    status, out, err = run(capsys, name, "--nonsense", "--help")
    assert status == 0 and not err
    assert out.startswith(f"kgan {name}") and max(map(len, out.splitlines())) <= 120
    assert "--verbosity" not in out and "--flagfile" in out


def test_help_shows_defaults_and_known_names(capsys):
    _, out, _ = run(capsys, "train", "-h")
    assert "--batch_size=64 " in out and "--loss " in out
    for name in (*PRESETS, *NETWORKS):
        assert name in out, name


def test_help_does_not_wait_for_tensorflow():
    code = """
import sys
from kgan.commands import COMMANDS, main
assert [main([name, "--help"]) for name in COMMANDS] == [0] * len(COMMANDS)
assert main(["train"]) == 2
assert not {"tensorflow", "keras", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "kgan: wanted a command (see kgan --help)"),
        (["trian"], f"kgan: command: unknown name 'trian'; did you mean 'train'? {KNOWN}"),
        (["--run_dir=a", "train"], f"kgan: command: unknown name '--run_dir=a'; {KNOWN}"),
        (["train"], "kgan train: flag --run_dir=None: Flag --run_dir must have a value other than None."),
        (
            ["train", "--run_dir=r", "--epoch=3"],
            "kgan train: Unknown command line flag 'epoch'. Did you mean: epochs ?",
        ),
        (["train", "--run_dir=r", "--epochs=x"], "kgan train: flag --epochs=x: invalid literal for int()"),
        (
            ["train", "--run_dir=r", "--epochs=0"],
            "kgan train: flag --epochs=0: 0 is not an integer in the range [1, 2147483647]",
        ),
        (["train", "--run_dir=r", "--policy=half"], "kgan train: flag --policy=half: value should be one of"),
        (["train", "--run_dir=r", "more"], "kgan train: wanted flags only, got 'more'"),
        (["train", "more", "--run_dir=r"], "kgan train: wanted flags only, got 'more'"),
        (["train", "--flagfile=absent"], "kgan train: ERROR:: Unable to open flagfile"),
        (["sample", "more"], "kgan sample: wanted flags only, got 'more'"),
        (["export", "--run_dir=r", "more"], "kgan export: wanted flags only, got 'more'"),
        (["report"], "kgan report: run_dir: wanted one run's folder, kgan report RUN, got 0 arguments"),
        (["report", "absent"], "kgan report: run_dir: there is no folder absent"),
        (["report", ""], "kgan report: run_dir: wanted a folder, got ''; '.' is the one that you are in"),
        (["data", "imprt"], "did you mean 'import'?"),
        (["train", "--run_dir="], "kgan train: flag --run_dir=: wanted a path, got nothing"),
        (["train", "--run_dir=r", "--seed=2147483648"], "flag --seed=2147483648: 2147483648 is not an integer in the"),
        (["train", "--run_dir=r", "--n_critic=1001"], "flag --n_critic=1001: 1001 is not an integer in the range"),
        (["train", "--run_dir=r", "--dataset=images:a\nb"], "wanted one line of text in UTF-8"),
        (["train", "--run_dir=r", "--dataset=images:\udcff"], "wanted one line of text in UTF-8"),
        (["train", "--run_dir=r", "--epochs=" + "9" * 5000], "value has 5000 digits"),
        (["sample", "--saved_model=.", "--out=/dev/null/x.png"], "out: /dev/null is no folder, wanted another place"),
        (["export", "--run_dir=~/no such run"], f"there is no folder {Path.home()}/no such run"),
    ],
)
def test_what_the_user_has_to_mend_is_told_in_one_line(capsys, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *argv)
    assert status == 2 and not out
    assert message in err and err.startswith("kgan") and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_flags_do_not_stay_from_one_call_to_the_next(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(export, "main", lambda argv: seen.append((export.FLAGS.run_dir, export.FLAGS.version)))
    assert main(["export", "--run_dir=a", "--version=3"]) == main(["export", "--run_dir=b"]) == 0
    assert seen == [("a", 3), ("b", None)]
    assert run(capsys, "export")[0] == 2


def test_what_a_refused_line_has_set_is_gone(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(export, "main", lambda argv: seen.append((export.FLAGS.run_dir, export.FLAGS.version)))
    assert run(capsys, "export", "--run_dir=a", "--version=3", "--nonsense")[0] == 2
    assert main(["export", "--run_dir=b"]) == 0 and seen == [("b", None)]


def test_paths_and_parts_are_brought_to_what_is_meant(capsys, monkeypatch):
    seen = {}
    monkeypatch.setattr(train, "main", lambda argv: seen.update(train.FLAGS.flag_values_dict()))
    flags = ["--run_dir=~/a", "--data_dir= ~ ", "--loss= hinge\n", "--penalty=r1(\ngamma=1)", "--dataset=ring "]
    assert main(["train", *flags]) == 0
    home = str(Path.home())
    assert (seen["run_dir"], seen["data_dir"], seen["dataset"]) == (f"{home}/a", home, "ring")
    assert (seen["loss"], seen["penalty"]) == ("hinge", ["r1( gamma=1)"])


def test_a_closed_pipe_and_an_early_interrupt_end_it_without_a_word():
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-m", "kgan", "train", "--help"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, env=environment)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")
    # The commands are imported, and an interrupt comes.
    code = """
import os, runpy, signal, sys
class Finder:
    def find_spec(self, name, *more):
        if name == "kgan.commands":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
runpy.run_module("kgan", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_what_went_wrong_is_the_last_line_of_a_file_that_has_all(tmp_path):
    (tmp_path / "run").write_text("in the way")
    flags = ["--dataset=ring", "--width=4", "--latent_dim=2", "--steps_per_epoch=1", f"--run_dir={tmp_path / 'run'}"]
    with open(tmp_path / "said.txt", "wb") as said:
        done = subprocess.run([sys.executable, "-m", "kgan", "train", *flags], stdout=said, stderr=subprocess.STDOUT)
    lines = (tmp_path / "said.txt").read_text().splitlines()
    assert done.returncode == 2 and len(lines) > 1 and "run_dir: cannot make the folder" in lines[-1]


def test_errors_warnings_and_interrupts(capsys, monkeypatch):
    def play(error):
        def act(argv):
            warnings.warn("look\nhere", stacklevel=2)
            raise error

        monkeypatch.setattr(export, "main", act)
        return run(capsys, "export", "--run_dir=a")

    assert play(InputError("out: two\nlines")) == (2, "", "kgan export: look here\nkgan export: out: two lines\n")
    assert play(KeyboardInterrupt()) == (130, "", "kgan export: look here\nkgan export: interrupted\n")
    with pytest.raises(ValueError, match="a bug"):  # with its traceback
        play(ValueError("a bug"))
