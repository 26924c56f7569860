"""Checkpoint: when it saves and what, what it restores, and what it says about a checkpoint that it cannot use.

That a killed run resumes bitwise is in tests/test_resume.py.
"""

import fcntl
import json
import os

import keras
import numpy as np
import pytest

from kgan.callbacks import Checkpoint, CSVLogger
from kgan.checks import InputError
from kgan.runs.checkpoints import latest, restore
from tests.callbacks import tiny
from tests.forked import python


def interrupt(*args):
    raise KeyboardInterrupt


def steps(run_dir):
    return [int(path.name[5:]) for path in sorted((run_dir / "checkpoints").iterdir())]


class TestWhen:
    def test_each_epoch_and_the_newest_are_kept(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path, keep=2)], epochs=4)
        assert steps(tmp_path) == [12, 16] and latest(tmp_path).name == "step-00000016"

    def test_every_second_epoch_and_the_end(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path, every=2)], epochs=3)
        assert steps(tmp_path) == [8, 12]

    def test_inside_an_epoch(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path, every_steps=3, keep=9)])
        assert steps(tmp_path) == [3, 4, 7, 8]

    def test_between_executions_where_the_interval_falls_into_one(self, tmp_path):
        tiny.fit(tiny.make(steps_per_execution=2), [Checkpoint(tmp_path, every_steps=1, keep=9)])
        assert steps(tmp_path) == [2, 4, 6, 8]

    def test_after_all_that_is_done_at_the_end_of_the_epoch(self, gan, tmp_path):
        """Also by callbacks that come later in the list."""
        seen = []
        late = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(latest(tmp_path)))
        tiny.fit(gan, [Checkpoint(tmp_path), late])
        assert seen == [None, tmp_path / "checkpoints" / "step-00000004"]

    def test_a_stop_in_the_middle_is_saved_as_such(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path), tiny.Before(5, lambda model: setattr(model, "stop_training", True))])
        assert steps(tmp_path) == [4, 6]
        assert (gan.progress.epoch, gan.progress.step) == (1, 2)
        restore(other := tiny.make(), latest(tmp_path))
        assert other.progress == gan.progress and set(gan.progress.totals) >= {"d_loss", "g_loss"}

    def test_only_the_chief_writes(self, gan, tmp_path, monkeypatch):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "worker", "index": 1}}))
        tiny.fit(gan, [Checkpoint(tmp_path / "run")])
        assert not (tmp_path / "run").exists()


class TestWhose:
    """A folder's newest checkpoint is what training reached, under its step."""

    def test_early_stopping_restores_the_model_and_not_the_run(self, gan, start, tmp_path):
        tiny.fit(gan, [], epochs=3)
        reached = tiny.state(gan)
        tiny.reset(gan, start)
        stop = keras.callbacks.EarlyStopping(
            "d_loss", mode="min", min_delta=10.0, patience=2, restore_best_weights=True
        )
        tiny.fit(gan, [stop, Checkpoint(tmp_path)], epochs=9)
        assert gan.step.numpy() == 4  # the best epoch's
        assert steps(tmp_path) == [4, 8, 12]
        with pytest.warns(UserWarning, match="goes on from step-00000012; the model's weights, of step 4, give way"):
            tiny.fit(gan, [Checkpoint(tmp_path)], epochs=3)
        assert tiny.same(reached, tiny.state(gan))

    def test_weights_that_are_loaded_while_training_are_a_way_back(self, gan, tmp_path):
        gan.save_weights(tmp_path / "first.weights.h5")
        back = tiny.Before(6, lambda model: model.load_weights(tmp_path / "first.weights.h5"))
        tiny.fit(gan, [Checkpoint(tmp_path / "run"), back], epochs=2)
        assert gan.step.numpy() == 2 and steps(tmp_path / "run") == [2]
        restore(other := tiny.make(), latest(tmp_path / "run"))
        assert tiny.same(tiny.state(gan), tiny.state(other))

    def test_what_a_killed_process_kept_too_much_goes(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path, keep=9)], epochs=4)
        tiny.fit(gan, [Checkpoint(tmp_path, keep=2)], epochs=4)
        assert steps(tmp_path) == [12, 16]

    def test_an_epoch_of_another_length_is_no_place_to_go_on(self, gan, tmp_path):
        stop = tiny.Before(2, lambda model: setattr(model, "stop_training", True))
        tiny.fit(gan, [Checkpoint(tmp_path), stop])
        with pytest.raises(InputError, match="steps_per_epoch: the run stopped after step 3 of an epoch, and this one"):
            gan.fit(tiny.points(), batch_size=8, steps_per_epoch=2, callbacks=[Checkpoint(tmp_path)], verbose=0)

    def test_another_process_in_the_folder(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path)], epochs=1)
        other = os.open(tmp_path / ".lock", os.O_RDWR)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a run that has ended does not hold it
        for callback in (Checkpoint(tmp_path), CSVLogger(tmp_path)):
            with pytest.raises(InputError, match=r"run_dir: process .* is training in "):
                tiny.fit(gan, [callback])
        os.close(other)
        assert gan.step.numpy() == 4
        with pytest.raises(KeyboardInterrupt):
            tiny.fit(gan, [Checkpoint(tmp_path), tiny.Before(5, interrupt)])
        tiny.fit(gan, [Checkpoint(tmp_path)])  # this process's own, which was interrupted

    def test_no_name_is_no_folder(self):
        with pytest.raises(InputError, match="run_dir: wanted a folder, got ''"):
            Checkpoint("")


class TestBrokenState:
    def test_is_not_saved_and_said_once(self, gan, tmp_path):
        with pytest.warns(UserWarning) as caught:
            tiny.fit(gan, [Checkpoint(tmp_path, every_steps=1), tiny.Before(4, tiny.poison)], epochs=3)
        said = [str(w.message) for w in caught if "checkpoint" in str(w.message)]
        assert len(said) == 1
        assert said[0].startswith("checkpoint: after step 5 ") and "is not finite; such a state is not saved" in said[0]
        assert steps(tmp_path) == [2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": 0}, "every: wanted a whole number from 1 on, got 0"),
        ({"every_steps": 0}, "every_steps: wanted a whole number from 1 on, got 0"),
        ({"keep": True}, "keep: wanted a whole number from 1 on, got True"),
        ({"every": 1.5}, "every: wanted"),
    ],
)
def test_bad_arguments(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        Checkpoint(tmp_path, **arguments)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(InputError, match="run_dir: cannot make the folder"):
        tiny.fit(tiny.make(), [Checkpoint(tmp_path / "run")])


def test_bad_data_leaves_no_folder(tmp_path):
    with pytest.raises(InputError, match="data: samples have shape"):
        tiny.make().fit(np.zeros((8, 3), "float32"), batch_size=4, callbacks=[Checkpoint(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


MIRRORED = """
import sys, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import kgan
from tests.callbacks import tiny
strategy = kgan.distribute.strategy("mirrored")
assert strategy.num_replicas_in_sync == 2
with strategy.scope():
    whole, first, second = tiny.make(), tiny.make(), tiny.make()
tiny.fit(whole, [])
tiny.fit(first, [kgan.callbacks.Checkpoint(sys.argv[1])], epochs=1)
guard = kgan.callbacks.NonFiniteGuard(sys.argv[1], "rollback", factor=1.0)
callbacks = [kgan.callbacks.Checkpoint(sys.argv[1]), guard, tiny.Before(6, tiny.poison)]
tiny.fit(second, [*callbacks, kgan.callbacks.SampleGrid(sys.argv[1])])
assert tiny.same(tiny.state(whole), tiny.state(second))
replicas = [v.value.values for v in second.state if hasattr(v.value, "values")]
assert replicas and all(tiny.same([a], [b]) for a, b in replicas)
"""


@pytest.mark.slow
def test_mirrored_variables(tmp_path):
    (tmp_path / "mirrored.py").write_text(MIRRORED)
    _, said = python(tmp_path / "mirrored.py", tmp_path)
    assert "back to step-00000004" in said
    assert steps(tmp_path) == [4, 8]
