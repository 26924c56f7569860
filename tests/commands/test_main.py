"""The dispatcher: help, messages and exit statuses."""

import subprocess
import sys
import warnings

import pytest

from kgan.checks import InputError
from kgan.commands import COMMANDS, export, main
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


KNOWN = "known: data, evaluate, export, report, sample, study, train"


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
