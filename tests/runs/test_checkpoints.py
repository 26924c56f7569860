"""A checkpoint on disk: that everything comes back, and what is said of one that cannot be used.

When checkpoints are made is in tests/callbacks/test_checkpoint.py.
"""

import json
import pathlib
import warnings

import keras
import numpy as np
import pytest

from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from kgan.fit import Progress
from kgan.runs.checkpoints import describe, latest, restore, save, tidy
from tests.callbacks import tiny


def interrupt(*args):
    raise KeyboardInterrupt


def steps(run_dir):
    return [int(path.name[5:]) for path in sorted((run_dir / "checkpoints").iterdir())]


class TestBrokenState:
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
        np.testing.assert_array_equal(network(latents), gan.average.network(latents))
        assert np.abs(gan.average.network(latents) - gan.generator(latents)).max() > 0

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
        assert sorted(p.name for p in path.iterdir()) == ["progress.json", "samplers.json", "state.npz"]

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
        monkeypatch.setattr("kgan.runs.checkpoints._save_samplers", interrupt)
        with pytest.raises(KeyboardInterrupt):
            save(gan, tmp_path)
        assert latest(tmp_path) == first
        monkeypatch.undo()
        save(gan, tmp_path)
        assert steps(tmp_path) == [0, 1]

    def test_one_whose_place_was_being_taken_comes_back(self, gan, tmp_path, monkeypatch):
        path = save(gan, tmp_path)
        rename = pathlib.Path.rename
        with monkeypatch.context() as patch:  # killed between the two names
            patch.setattr("pathlib.Path.rename", lambda self, to: interrupt() if to == path else rename(self, to))
            with pytest.raises(KeyboardInterrupt):
                save(gan, tmp_path)
        assert latest(tmp_path) is None
        tidy(tmp_path)
        assert latest(tmp_path) == path
        restore(gan, path)
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    def test_a_full_disk_gets_its_room_back(self, gan, tmp_path, monkeypatch):
        monkeypatch.setattr("numpy.savez", lambda *args, **kwargs: (_ for _ in ()).throw(OSError(28, "No space")))
        with pytest.raises(OSError, match="No space"):
            save(gan, tmp_path)
        assert list((tmp_path / "checkpoints").iterdir()) == []

    def test_what_callbacks_remember(self, gan, tmp_path):
        gan.memory = {"a/1": np.arange(3.0), "b": np.float32([[0.1]])}
        path = save(gan, tmp_path)
        gan.memory = {}
        restore(gan, path)
        assert gan.memory.keys() == {"a/1", "b"} and gan.memory["b"].dtype == "float32"
        np.testing.assert_array_equal(gan.memory["a/1"], np.arange(3.0))

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

    @pytest.mark.parametrize("content", ["", "{", "{}", "[]", "\xff", "[" * 9999])
    def test_progress_is_no_progress(self, gan, path, content):
        (path / "progress.json").write_text(content, encoding="latin-1")
        self.fails(gan, path, "cannot be read")
        with pytest.raises(InputError, match="cannot be read"):
            describe(path)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("epoch", -1),
            ("epoch", "one"),
            ("epoch", None),
            ("step", 0.5),
            ("totals", [1.0]),
            ("totals", {"d_loss": "much"}),
            ("weights", "mean"),
            ("signature", {"optimizers": {}, "variables": [["a"]]}),
            ("signature", {"optimizers": {}, "variables": []}),
        ],
    )
    def test_progress_with_senseless_values(self, gan, path, name, value):
        progress = json.loads((path / "progress.json").read_text())
        (path / "progress.json").write_text(json.dumps(progress | {name: value}))
        self.fails(gan, path)

    def test_a_state_of_other_shapes_than_it_says(self, gan, path):
        with np.load(path / "state.npz") as file:
            values = dict(file)
        values["arr_3"] = np.zeros((7, 7), "float32")
        np.savez(path / "state.npz", **values)
        self.fails(gan, path, "cannot be read", "float32 (7, 7), progress.json says")

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
