"""Commands in processes that are forked from one that has loaded TensorFlow."""

import concurrent.futures
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kgan import process

TRAIN = ["train", "--dataset=ring", "--width=8", "--batch_size=16", "--epochs=2", "--steps_per_epoch=4", "--bare"]
TRAIN += ["--metrics=modes", "--evaluate_every=2", "--evaluate_num=100", "--alarm=off"]


def numbers(run: Path) -> list[bytes]:
    """What a run has measured, and its last weights."""
    newest = max((run / "checkpoints").glob("step-*"))
    told = [path for path in sorted(newest.rglob("*")) if path.suffix == ".npz" or "data-0" in path.name]
    assert told, [str(path) for path in newest.rglob("*")]
    return [path.read_bytes() for path in [run / "logs.csv", *told]]


@pytest.mark.slow
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
    status, _ = process.run([*TRAIN, f"--run_dir={tmp_path / 'run'}"], said, dict(os.environ) | {"TF_CONFIG": "{"})
    assert status == 2 and "TF_CONFIG" in said.read_text().splitlines()[-1]


def test_threads_that_ask_at_once_are_each_told_of_their_own(tmp_path):
    """Two that wait for one process, as starting another does too, would take it for lost."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda i: process.run(["train", "--help"], tmp_path / f"{i}.txt"), range(40))
    assert [status for status, _ in done] == [0] * 40


def begun(run: Path, thread: threading.Thread) -> None:
    """Waits until a run has a checkpoint."""
    while not list(run.glob("checkpoints/step-*")) and thread.is_alive():
        time.sleep(0.02)


LONG = [flag for flag in TRAIN if "epochs" not in flag] + ["--epochs=1000000"]


def test_a_killed_process_is_told(tmp_path):
    """By a signal from outside, in the middle of a run that would take long."""
    run, found = tmp_path / "run", []
    play = lambda: found.append(process.run([*LONG, f"--run_dir={run}"], tmp_path / "said.txt"))  # noqa: E731
    thread = threading.Thread(target=play)
    thread.start()
    begun(run, thread)
    process.stop()
    thread.join()
    [(status, used)] = found
    assert status == -signal.SIGTERM and math.isnan(used)


def test_it_ends_with_the_process_that_began_it(tmp_path):
    """SIGKILL to the one that began it alone; the run's folder is then free for another."""
    run = tmp_path / "run"
    script = "import sys, pathlib; from kgan import process; process.run(sys.argv[2:], pathlib.Path(sys.argv[1]))"
    arguments = [str(tmp_path / "said.txt"), *LONG, f"--run_dir={run}"]
    parent = subprocess.Popen([sys.executable, "-c", script, *arguments])
    thread = threading.Thread(target=parent.wait)
    thread.start()
    begun(run, thread)
    parent.kill()
    thread.join()
    for _ in range(1000):
        status, _ = process.run([*TRAIN, f"--run_dir={run}"], tmp_path / "again.txt")
        if "is training in" not in (tmp_path / "again.txt").read_text().splitlines()[-1]:
            break
        time.sleep(0.02)
    assert status == 0
