"""Several machines that train together: one that dies takes the others with it, and the group goes on to the bit."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from kgan.runs.checkpoints import latest
from tests.forked import Program
from tests.test_distribute import ROOT, tf_configs

FLAGS = ["--resolution=8", "--width=4", "--latent_dim=3", "--batch_size=16", "--epochs=3", "--steps_per_epoch=6"]
FLAGS += ["--checkpoint_steps=2", "--alarm=off", "--strategy=multi_worker"]


def group(folder, *more, killed=None, at=0):
    """Two workers that run the same command; of one that kills itself, the seconds in which the other ends.

    Returns:
        Those seconds, and of each worker its exit status, its stdout and its stderr without what TensorFlow logs.
    """
    command = ["tests.commands.dying_script", f"--run_dir={folder}", *FLAGS, *more]
    workers = [
        Program(*command, TF_CONFIG=config, KILL_AT_STEP=str(at if killed == index else 0))
        for index, config in enumerate(tf_configs(2))
    ]
    seconds = 0.0
    if killed is not None:
        workers[killed].wait()
        begun = time.monotonic()
        workers[1 - killed].wait()
        seconds = time.monotonic() - begun
    told = [worker.finish() for worker in workers]
    return seconds, [
        (status, out, [line for line in err.splitlines() if line.startswith("kgan")]) for status, out, err in told
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of the run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("group") / "whole"
    finish(folder)
    return folder


def finish(folder, *more):
    """Both workers to the end; returns what the chief prints."""
    _, workers = group(folder, *more)
    assert [status for status, _, _ in workers] == [0, 0], workers
    for index, (_, out, _) in enumerate(workers):
        assert f"; this is worker {index}" in out.splitlines()[0]
    return workers[0][1]


def assert_same(ours, theirs):
    """The same state to the bit, at the end of all epochs, and the same logs."""
    assert latest(ours).name == latest(theirs).name == "step-00000018"
    states = [np.load(latest(run) / "state.npz") for run in (ours, theirs)]
    assert states[0].files == states[1].files
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0].files)
    assert (ours / "logs.csv").read_bytes() == (theirs / "logs.csv").read_bytes()


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_others_and_the_group_goes_on_to_the_same_bits(whole, tmp_path):
    for killed, at in ((1, 7), (0, 13)):
        seconds, workers = group(tmp_path, "--bare", killed=killed, at=at)
        status, _, lines = workers[1 - killed]
        print(f"worker {killed} was killed; worker {1 - killed} ended {seconds:.1f} s later: {lines}")
        assert workers[killed][0] == -signal.SIGKILL and status == 75 and seconds < 30
        assert len(lines) == 1
        assert lines[0].startswith(f"kgan train: worker {killed} at 127.0.0.1:"), lines
        assert lines[0].endswith("start all of them again, and they go on from the newest checkpoint")
    assert "resuming at epoch 3, step" in finish(tmp_path, "--bare")
    assert_same(tmp_path, whole)


@pytest.mark.slow
def test_only_the_chief_writes(whole):
    """TensorBoard's files, which Keras writes wherever it is, bear the number of the process."""
    writers = {path.name.split(".")[-3] for path in (whole / "logs").rglob("events.*")}
    assert len(writers) == 1


@pytest.mark.slow
def test_ray_train_starts_the_group_again_by_itself(whole, tmp_path):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    command = [sys.executable, "-m", "tests.ray_script", f"--run_dir={tmp_path}", *FLAGS, "--bare"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "died").exists() and "resuming at epoch 2, step" in done.stdout + done.stderr
    assert_same(tmp_path, whole)
