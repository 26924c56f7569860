"""Commands in processes that are forked from one that has loaded TensorFlow."""

import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from kgan.studies import process

TRAIN = ["train", "--dataset=ring", "--width=8", "--batch_size=16", "--epochs=2", "--steps_per_epoch=4", "--bare"]
TRAIN += ["--metrics=modes", "--evaluate_every=2", "--evaluate_num=100", "--alarm=off"]


def numbers(run: Path) -> list[bytes]:
    """What a run has measured, and its last weights."""
    newest = max((run / "checkpoints").glob("step-*"))
    told = [path for path in sorted(newest.rglob("*")) if path.suffix == ".npz" or "data-0" in path.name]
    assert told, [str(path) for path in newest.rglob("*")]
    return [path.read_bytes() for path in [run / "logs.csv", *told]]


def test_the_bits_are_those_of_the_command(tmp_path):
    said = tmp_path / "said.txt"
    status, used = process.run([*TRAIN, f"--run_dir={tmp_path / 'forked'}"], said)
    assert status == 0 and used > 0.1, said.read_text()
    again, _ = process.run([*TRAIN, f"--run_dir={tmp_path / 'again'}"], said)
    assert again == 0 and said.read_text().count("Epoch 2/2") == 2, "the one after the other, in one file"
    command = [sys.executable, "-m", "kgan", *TRAIN, f"--run_dir={tmp_path / 'begun'}"]
    subprocess.run(command, check=True, capture_output=True)
    assert numbers(tmp_path / "forked") == numbers(tmp_path / "again") == numbers(tmp_path / "begun")


def test_what_goes_wrong_is_in_the_file(tmp_path):
    said = tmp_path / "said.txt"
    status, _ = process.run([*TRAIN, "--preset=ggan", f"--run_dir={tmp_path / 'run'}"], said)
    assert status == 2 and said.read_text().count("\n") == 1 and "preset" in said.read_text()
    assert not (tmp_path / "run").exists()


def test_the_environment_is_the_one_that_is_given(tmp_path):
    said = tmp_path / "said.txt"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COLUMNS")}
    assert process.run(["train", "--help"], said, kept | {"TF_CONFIG": "{"})[0] == 0
    status, _ = process.run([*TRAIN, f"--run_dir={tmp_path / 'run'}"], said, kept | {"TF_CONFIG": "{"})
    assert status == 2 and "TF_CONFIG" in said.read_text().splitlines()[-1]


def test_a_killed_process_is_told(tmp_path):
    """SIGKILL from outside, in the middle of a run that would take long."""
    run, found = tmp_path / "run", []

    def play() -> None:
        long = [flag for flag in TRAIN if "epochs" not in flag] + ["--epochs=1000000"]
        found.append(process.run([*long, f"--run_dir={run}"], tmp_path / "said.txt"))

    thread = threading.Thread(target=play)
    thread.start()
    while not list(run.glob("checkpoints/step-*")) and thread.is_alive():
        time.sleep(0.02)
    for child in process.multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)
    thread.join()
    [(status, used)] = found
    assert status == -signal.SIGKILL and math.isnan(used)
