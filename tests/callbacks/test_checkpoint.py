"""Checkpoint: when it saves and what, what it restores, and what it says about a checkpoint that it cannot use.

That a killed run resumes bitwise is in tests/test_resume.py.
"""

import json
import os
import pathlib
import subprocess
import sys
import warnings

import keras
import numpy as np
import pytest

from kgan.callbacks import Checkpoint, latest, restore, save
from kgan.checks import InputError
from kgan.fit import Progress
from tests.callbacks import tiny


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


class TestBrokenState:
    def test_is_not_saved_and_said_once(self, gan, tmp_path):
        with pytest.warns(UserWarning) as caught:
            tiny.fit(gan, [Checkpoint(tmp_path, every_steps=1), tiny.Before(4, tiny.poison)], epochs=3)
        said = [str(w.message) for w in caught if "checkpoint" in str(w.message)]
        assert len(said) == 1
        assert said[0].startswith("checkpoint: after step 5 ") and "is not finite; such a state is not saved" in said[0]
        assert steps(tmp_path) == [2, 3, 4]

    def test_logs_belong_to_it(self, gan, tmp_path):
        """Or a rollback would come back with the NaN in the mean of its epoch."""
        gan.progress = Progress(0, 1, {"d_loss": float("nan")})
        with pytest.raises(InputError, match="after step 0 d_loss is not finite"):
            save(gan, tmp_path)
        assert not (tmp_path / "checkpoints").exists()

    def test_a_skipped_float16_move_does_not(self, tmp_path):
        keras.config.set_dtype_policy("mixed_float16")
        gan = tiny.make()
        gan.progress = Progress(0, 1, {"d_grad_norm": float("inf")})
        restore(gan, save(gan, tmp_path))
        assert gan.progress.totals == {"d_grad_norm": float("inf")}


class TestWhat:
    def test_everything_comes_back(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path)])
        other = tiny.make()
        restore(other, latest(tmp_path))
        assert tiny.same(tiny.state(gan), tiny.state(other))
        assert other.progress == Progress(epoch=2)

    def test_totals_read_back_exactly(self, gan, tmp_path):
        gan.progress = Progress(3, 7, {"d_loss": 0.1 + 0.2, "g_loss": 1e-300})
        path = save(gan, tmp_path)
        before = gan.progress
        gan.progress = Progress()
        restore(gan, path)
        assert gan.progress == before

    def test_the_averaged_generator_alone_samples(self, gan, tmp_path):
        tiny.fit(gan, [Checkpoint(tmp_path)])
        network = keras.saving.load_model(latest(tmp_path) / "generator.keras")
        latents = np.ones((3, 2), "float32")
        np.testing.assert_array_equal(network(latents), gan.average_generator(latents))
        assert np.abs(gan.average_generator(latents) - gan.generator(latents)).max() > 0

    def test_without_an_average_the_generator(self, tmp_path):
        gan = tiny.make(ema_decay=None)
        network = keras.saving.load_model(save(gan, tmp_path) / "generator.keras")
        latents = np.ones((3, 2), "float32")
        np.testing.assert_array_equal(network(latents), gan.generator(latents))

    def test_a_generator_that_cannot_be_serialised_is_left_out(self, tmp_path):
        class Odd(keras.layers.Layer):
            def __init__(self, number):
                super().__init__()

            def call(self, x):
                return x

            def get_config(self):
                raise NotImplementedError("no config")

        gan = tiny.make(ema_decay=None)
        inputs = keras.Input((2,))
        gan.generator = keras.Model(inputs, Odd(1)(inputs))
        with pytest.warns(
            UserWarning, match=r"without generator\.keras, the generator cannot be serialised: no config"
        ):
            path = save(gan, tmp_path)
        assert sorted(p.name for p in path.iterdir()) == ["progress.json", "state.npz"]

    def test_bfloat16_variables(self, tmp_path):
        keras.config.set_dtype_policy("bfloat16")
        gan = tiny.make()
        path = save(gan, tmp_path)
        before = tiny.state(gan)
        assert any(v.dtype == "bfloat16" for v in gan.state)
        for variable in gan.state:
            variable.assign(variable + 1)
        restore(gan, path)
        assert tiny.same(before, tiny.state(gan))

    def test_one_of_the_same_step_is_replaced(self, gan, tmp_path):
        save(gan, tmp_path)
        gan.discriminator.trainable_variables[0].assign_add(1.0 + 0 * gan.discriminator.trainable_variables[0])
        restore(other := tiny.make(), save(gan, tmp_path))
        assert tiny.same(tiny.state(gan), tiny.state(other)) and steps(tmp_path) == [0]

    def test_what_a_killed_process_left_is_no_checkpoint_and_goes(self, gan, tmp_path):
        folder = tmp_path / "checkpoints" / ".tmp-step-00000099"
        folder.mkdir(parents=True)
        (folder / "state.npz").write_bytes(b"half")
        assert latest(tmp_path) is None
        tiny.fit(gan, [Checkpoint(tmp_path)], epochs=1)
        assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000004"]

    def test_the_one_before_stays_when_saving_breaks_off(self, gan, tmp_path, monkeypatch):
        first = save(gan, tmp_path)
        gan.step.assign(1)
        monkeypatch.setattr("kgan.callbacks.snapshot._save_generator", interrupt)
        with pytest.raises(KeyboardInterrupt):
            save(gan, tmp_path)
        assert latest(tmp_path) == first
        monkeypatch.undo()
        save(gan, tmp_path)
        assert steps(tmp_path) == [0, 1]

    def test_no_run_has_no_checkpoint(self, tmp_path):
        assert latest(tmp_path / "none") is None

    def test_no_warnings(self, gan, tmp_path):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", DeprecationWarning)  # Keras's own, of NumPy
            restore(gan, save(gan, tmp_path))


class TestRefused:
    @pytest.fixture
    def path(self, gan, tmp_path):
        return save(gan, tmp_path)

    def fails(self, gan, path, *words):
        before = tiny.state(gan)
        with pytest.raises(InputError) as error:
            restore(gan, path)
        message = str(error.value)
        assert all(word in message for word in (str(path), *words)) and "\n" not in message, message
        assert tiny.same(before, tiny.state(gan))

    def test_another_width(self, path):
        wanted = "was made by another architecture: dense"
        self.fails(tiny.make(width=5), path, wanted, "/kernel has shape (2, 4), this model (2, 5)")

    def test_another_number_of_variables(self, path):
        gan = tiny.make(g_optimizer=keras.optimizers.Adam(amsgrad=True))
        self.fails(gan, path, "another architecture: it has 47 variables, this model 52")

    def test_another_optimizer(self, path):
        gan = tiny.make(g_optimizer="sgd")
        self.fails(gan, path, "another architecture: player 'g' has the optimizer Adam, in this model SGD")

    def test_another_precision(self, path):
        keras.config.set_dtype_policy("bfloat16")
        self.fails(tiny.make(), path, "has dtype float32, this model bfloat16")

    @pytest.mark.parametrize("length", [0, 100, -30])
    def test_truncated(self, gan, path, length):
        content = (path / "state.npz").read_bytes()
        (path / "state.npz").write_bytes(content[:length])
        self.fails(gan, path, "cannot be read")

    def test_a_flipped_bit(self, gan, path):
        content = bytearray((path / "state.npz").read_bytes())
        at = content.index(gan.discriminator.trainable_variables[0].numpy().tobytes())
        content[at] ^= 1
        (path / "state.npz").write_bytes(content)
        self.fails(gan, path, "cannot be read", "CRC")

    @pytest.mark.parametrize("content", ["", "{", "{}", "[]"])
    def test_progress_is_no_progress(self, gan, path, content):
        (path / "progress.json").write_text(content)
        self.fails(gan, path, "cannot be read")

    def test_a_folder_without_files(self, gan, tmp_path):
        self.fails(gan, tmp_path, "cannot be read")

    def test_in_fit_too(self, path, tmp_path):
        with pytest.raises(InputError, match="another architecture"):
            tiny.fit(tiny.make(width=5), [Checkpoint(tmp_path)])

    def test_a_model_that_is_not_compiled(self, gan, path):
        bare = type(gan)(gan.generator, gan.discriminator, 2)
        for call in (lambda: save(bare, path), lambda: restore(bare, path)):
            with pytest.raises(InputError, match=r"model: call compile\(\) before"):
                call()


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
    root = pathlib.Path(__file__).parents[2]
    command = [sys.executable, "-c", MIRRORED, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "back to step-00000004" in done.stderr
    assert steps(tmp_path) == [4, 8]
