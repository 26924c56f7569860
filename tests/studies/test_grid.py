"""A grid of runs: what is asked of `kgan train`, what is kept, and that a study that was killed goes on."""

import csv
import importlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from kgan.checks import InputError
from kgan.runs import lock
from kgan.studies import RUNS, cell, ring, runner
from kgan.studies.grid import EPOCHS, Column, Setting, Study
from tests import PATIENCE

MINE = """
from kgan.studies import ring
from kgan.studies.grid import Setting, Study
from kgan.studies.verdict import compared

STUDY = Study(
    name="mine",
    title="Packing, small",
    question="Does packing help?",
    method="Two runs.",
    common=ring.flags(width=8),
    metrics="modes",
    settings=[Setting("GAN"), Setting("PacGAN", ["--preset=packed"])],
    columns=ring.COLUMNS,
    answer=lambda table: [compared(table, "modes", "modes", "PacGAN", "GAN")],
    budget=96,
    seeds=1,
    quick=(48, 1),
)
"""


def study(**changes) -> Study:
    settings = {"name": "toy", "title": "Toy", "question": "?", "method": "!", "common": [], "metrics": "modes"}
    settings |= {"settings": [Setting("a"), Setting("b", price=6.0)], "columns": [Column("modes", "modes")]}
    settings |= {"answer": lambda table: ["so ± 0"], "budget": 240, "seeds": 2, "quick": (48, 1)}
    return Study(**(settings | changes))


def test_equal_budgets():
    cells = study().cells(quick=False)
    assert [(setting.name, seed) for setting, seed, _ in cells] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    rounds = [setting.rounds(budget) for setting, _, budget in cells]
    assert rounds == [120, 120, 40, 40] and all(n % EPOCHS == 0 for n in rounds)
    assert Setting("c", runs=4).rounds(240) * 4 == 112, "a multiple of the epochs, near the budget"
    assert Setting("d", share=4.0).rounds(240) == 480
    one = study(pace=10.0)  # 5 seconds for each run to begin and end, 6 for members to load TensorFlow
    assert one.seconds(Setting("e"), 240) == pytest.approx(5 + 2.4)
    assert one.seconds(Setting("f", runs=4), 240) == pytest.approx(5 + 4 * (6 + 5 + 0.56))
    with pytest.raises(InputError, match="settings: wanted one or more, each with a name of its own"):
        study(settings=[Setting("a"), Setting("a")])


@pytest.mark.parametrize("name", RUNS)
def test_the_studies_are_grids_that_kgan_train_takes(name):
    from kgan.commands import train

    one = importlib.import_module(f"kgan.studies.{name}").STUDY
    assert one.name == name and one.seeds >= 3
    budget, _ = one.quick
    for setting in one.settings:
        train.FLAGS.unparse_flags()
        train.FLAGS(["train", *one.common, *setting.flags, "--run_dir=x"])  # an unknown flag or value is refused
        assert setting.rounds(one.budget) > setting.rounds(budget) >= EPOCHS
    folders = {cell.folder_of(Path(), setting, 0) for setting in one.settings}
    assert len(folders) == len(one.settings), "each has a folder of its own"


def played(monkeypatch, rows: dict[str, dict], commands: list[Sequence[str]]) -> None:
    """Stands in for the processes: notes what they are asked, and leaves what a run would have measured."""

    def command(folder, arguments, environment):
        commands.append(arguments)
        facts = rows.get(folder.name, {})
        if "fails" in facts:
            raise InputError(facts["fails"])
        return 1.0

    monkeypatch.setattr(cell, "_command", command)
    monkeypatch.setattr(cell, "facts", lambda run: {"alarms": 0.0, **rows.get(run.parent.name, {})})


def test_what_a_cell_keeps(tmp_path, monkeypatch):
    commands = []
    rows = {"a-0": {"modes": 8.0}, "a-1": {"modes": 6.0}, "b-0": {"modes": 1.0, "log.gradient_evaluations": 6.0}}
    rows["b-1"] = {"modes": 3.0, "fails": "b-1: kgan train: x: training stopped before its end, for the reason above"}
    played(monkeypatch, rows, commands)
    runner.run(study(), tmp_path)
    with (tmp_path / "toy.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["modes"] for row in table] == ["8.0", "6.0", "1.0", "nan"], "not what it had before it was no number"
    assert [row["outcome"] for row in table] == ["ended", "ended", "ended", "stopped"]
    assert [float(row["evaluations"]) for row in table] == [240.0] * 4
    assert "--steps_per_epoch=30" in commands[0] and "--seed=1" in commands[1] and "--steps_per_epoch=10" in commands[2]
    page = (tmp_path / "README.md").read_text()
    assert "So ± 0." in page and "| a | 120 | 240 | 7 ± 1 | 2 of 2 | 1 ± 0 |" in page
    assert "| 1 (in 1 of 2) | 1 of 2 | 1 (in 1 of 2) |" in page
    assert "kgan study toy\n" in page and (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")
    commands.clear()
    more = [Column("modes", "modes"), Column("twice", "twice", lambda measured: 2 * measured["modes"], shown=False)]
    runner.run(study(columns=more), tmp_path)
    assert not commands, "nothing is played twice, though another column be asked for"
    assert ",twice," in (tmp_path / "toy.csv").read_text() and "twice" not in (tmp_path / "README.md").read_text()


def test_what_is_wrong_is_told(tmp_path, monkeypatch):
    played(monkeypatch, {"b-0": {"log.gradient_evaluations": 2.0}}, [])
    with pytest.raises(InputError, match=r"price: 'b' has 2\.0 gradient evaluations a round, the study says 6.0"):
        runner.run(study(), tmp_path / "price")
    played(monkeypatch, {"a-0": {"fails": "a-0: kgan train: FATAL Flags parsing error: unknown flag"}}, [])
    with pytest.raises(InputError, match="unknown flag"):
        runner.run(study(), tmp_path / "flag")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for text, wanted in {"x = 1": "has no STUDY", "1 / 0": "ZeroDivisionError"}.items():  # in one second, of one size
        (tmp_path / "bad.py").write_text(text)
        with pytest.raises(InputError, match=wanted):
            runner.load(str(tmp_path / "bad.py"))
    with pytest.raises(InputError, match="there is no file"):
        runner.load(str(tmp_path / "none.py"))


def test_rows_and_looks_are_asked_for(tmp_path, monkeypatch):
    import numpy as np

    commands = []
    played(monkeypatch, {}, commands)
    ensemble = Setting("e", ["--ensemble=independent(members=2)"], runs=2)
    few = Setting("few", rows=(3, 10))
    runner.run(study(settings=[few, ensemble], looks=4), tmp_path)
    train, _, members, evaluate, others, _ = commands
    assert "--seed=0" in members and "--seed=2" in others, "no member is in two ensembles"
    assert "--equilibrium_every=30" in train and "--metrics=modes" in train
    rows = np.load(next(flag for flag in train if flag.startswith("--rows=")).removeprefix("--rows="))
    assert len(set(rows.tolist())) == 3 and rows.max() < 10
    assert members[0] == "train" and not any("metrics" in flag for flag in members)
    assert evaluate[0] == "evaluate" and "--metrics=modes" in evaluate


def test_processes_share_the_cores():
    cores = len(os.sched_getaffinity(0))
    assert runner.environment(1)["TF_NUM_INTRAOP_THREADS"] == str(cores)
    assert runner.environment(10 * cores)["TF_NUM_INTRAOP_THREADS"] == "1"


def test_ray_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'kgan\[ray\]'"):
        runner.run(study(), tmp_path, ray="auto")


@pytest.mark.slow
def test_a_killed_study_goes_on_to_the_same_table(tmp_path):
    """Real runs: SIGKILL to all of the group in the middle of the second, and the same command again."""
    (tmp_path / "mine.py").write_text(MINE)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = [sys.executable, "-m", "kgan", "study", str(tmp_path / "mine.py"), f"--jobs={1}"]
    subprocess.run([*command, f"--out={whole}"], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, f"--out={killed}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    second = killed / "cells" / "pacgan-0" / "run" / "checkpoints"
    while process.poll() is None and not list(second.glob("step-*")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "mine.csv").exists()
    done = subprocess.run([*command, f"--out={killed}"], check=True, capture_output=True, text=True)
    assert "2 runs, 1 of them done before" in done.stdout
    first, again = [read(folder / "mine.csv") for folder in (whole, killed)]
    assert first == again and len(first) == 2
    seconds = json.loads((killed / "cells" / "pacgan-0" / cell.ROW).read_text())["seconds"]
    assert math.isnan(float(seconds)), "of a run that was stopped, the time is not known"
    assert ring.COLUMNS[0].name in first[0]


@pytest.mark.slow
def test_an_interrupted_study_ends_its_runs(tmp_path):
    """One line, status 130, and the same command could go on at once: no run is left that holds its folder."""
    (tmp_path / "mine.py").write_text(MINE.replace("budget=96", "budget=1_000_000"))
    command = [
        sys.executable,
        "-m",
        "kgan",
        "study",
        str(tmp_path / "mine.py"),
        "--jobs=2",
        f"--out={tmp_path / 'out'}",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # though these tests run in the background
    )
    cells = tmp_path / "out" / "cells"
    while process.poll() is None and len(list(cells.glob("*/run/.lock"))) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and said.strip().splitlines()[-1] == "kgan study: interrupted"
    for folder in cells.iterdir():
        lock.take(folder / "run").close()


def read(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return [{k: v for k, v in row.items() if k not in cell.TIMES} for row in csv.DictReader(file)]
