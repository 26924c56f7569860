"""A run that is killed and started again ends in the same bits as one that is not; and what else decides the bits."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from kgan.callbacks import Checkpoint, CSVLogger
from tests import PATIENCE
from tests.callbacks import resume_script, tiny

SCRIPT = pathlib.Path(resume_script.__file__)


def start(run_dir, n_critic, steps_per_execution, **environment):
    command = [sys.executable, str(SCRIPT), str(run_dir), str(n_critic), str(steps_per_execution)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2]), **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(run_dir, n_critic, steps_per_execution, kill_at=0):
    process = start(run_dir, n_critic, steps_per_execution, KILL_AT_STEP=str(kill_at))
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == (-signal.SIGKILL if kill_at else 0), output[-3000:]


def names(folder):
    return sorted(path.name for path in folder.glob("*"))


def assert_as_uninterrupted(run_dir, n_critic, steps_per_execution, tmp_path):
    """Compares with a run in this process that never stops and makes no checkpoints."""
    gan = resume_script.build(n_critic, steps_per_execution)
    resume_script.fit(gan, [CSVLogger(tmp_path / "whole")])
    with np.load(run_dir / "final.npz") as final:
        assert len(final) == len(gan.state)
        for i, variable in enumerate(gan.state):
            assert np.array_equal(final[f"arr_{i}"], variable.numpy()), variable.path
    assert (run_dir / "logs.csv").read_bytes() == (tmp_path / "whole" / "logs.csv").read_bytes()


@pytest.mark.slow
def test_killed_before_the_first_checkpoint_and_in_an_epoch(tmp_path):
    """6 rounds of 3 batches an epoch, of 20 batches: the borders of the epochs are none of the data's."""
    folder = tmp_path / "run"
    run(folder, 3, 1, kill_at=2)
    assert names(folder / "checkpoints") == []
    run(folder, 3, 1, kill_at=11)
    assert names(folder / "checkpoints") == ["step-00000004", "step-00000006", "step-00000010"]
    run(folder, 3, 1)
    assert names(folder / "checkpoints") == ["step-00000012", "step-00000016", "step-00000018"]
    assert_as_uninterrupted(folder, 3, 1, tmp_path)


@pytest.mark.slow
def test_killed_from_outside_at_any_moment_and_while_saving(tmp_path):
    """20 rounds an epoch, two an execution, a checkpoint each 4."""
    folder = tmp_path / "run"
    process = start(folder, 1, 2, SLOW="1")
    assert any(line == "trains\n" for line in process.stdout)
    moment = random.Random(0).uniform(0.0, 2.0)  # what it meets is chance all the same: any moment has to do
    time.sleep(moment)
    process.kill()
    process.communicate()
    print(f"killed {moment:.3f} s after the beginning, at {names(folder / 'checkpoints')}")
    # As if it had been killed while a checkpoint was written: half of a newer one lies there, not yet renamed.
    half = folder / "checkpoints" / ".tmp-step-00000059"
    half.mkdir(parents=True, exist_ok=True)
    (half / "state.npz").write_bytes(b"PK")
    run(folder, 1, 2)
    assert names(folder / "checkpoints") == ["step-00000052", "step-00000056", "step-00000060"]
    assert_as_uninterrupted(folder, 1, 2, tmp_path)


@pytest.fixture(scope="module")
def untrained():
    gan = resume_script.build()
    return gan, tiny.state(gan)


@pytest.fixture
def gan(untrained):
    """The same compiled GAN for each test, at its beginning."""
    tiny.reset(*untrained)
    return untrained[0]


def test_the_seed_decides_the_bits(gan, untrained):
    resume_script.fit(gan, [], epochs=1)
    first = tiny.state(gan)
    tiny.reset(*untrained)
    resume_script.fit(gan, [], epochs=1)
    assert tiny.same(first, tiny.state(gan))
    other = resume_script.build(seed=1)
    tiny.reset(other, untrained[1])
    resume_script.fit(other, [], epochs=1)
    assert not tiny.same(first, tiny.state(other))


def test_two_fits_are_one(gan, untrained):
    """Without checkpoints too, the second `fit` goes on with the data where the first ended."""
    x = resume_script.images()
    gan.fit(x, batch_size=4, verbose=0)
    whole = tiny.state(gan)
    assert int(gan.step.numpy()) == 20
    tiny.reset(*untrained)
    for _ in range(2):
        gan.fit(x, batch_size=4, steps_per_epoch=10, verbose=0)
    assert tiny.same(whole, tiny.state(gan))


def test_a_run_goes_on_to_more_epochs_and_does_nothing_when_done(gan, untrained, tmp_path):
    def fit(epochs, folder):
        tiny.reset(*untrained)
        history = resume_script.fit(gan, [CSVLogger(folder), Checkpoint(folder)], epochs)
        return tiny.state(gan), history.epoch, (folder / "logs.csv").read_bytes()

    first, _, table = fit(1, tmp_path / "run")
    again, epochs, same_table = fit(1, tmp_path / "run")
    assert epochs == [] and tiny.same(first, again) and table == same_table
    more, epochs, table = fit(2, tmp_path / "run")
    whole, _, whole_table = fit(2, tmp_path / "whole")
    assert epochs == [1] and tiny.same(more, whole) and table == whole_table


@pytest.mark.parametrize("rule", ["optimistic", "lookahead(alternating, k=3)"])
def test_rules_that_remember(rule, tmp_path):
    """What an update rule keeps between rounds is part of the run."""
    gan = tiny.make(update=rule)
    assert gan.update.variables
    start = tiny.state(gan)
    tiny.fit(gan, [])
    whole = tiny.state(gan)
    tiny.reset(gan, start)
    tiny.fit(gan, [Checkpoint(tmp_path, every_steps=3)], epochs=1)
    shutil.rmtree(tmp_path / "checkpoints" / "step-00000004")
    tiny.reset(gan, [np.ones_like(value) for value in start])
    tiny.fit(gan, [Checkpoint(tmp_path)])
    assert tiny.same(whole, tiny.state(gan))
