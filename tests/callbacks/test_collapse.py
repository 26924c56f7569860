import json
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.callbacks import Checkpoint, CollapseAlarm, NonFiniteGuard
from kgan.callbacks.collapse import _wrong
from kgan.checks import InputError
from kgan.metrics import Modes
from kgan.runs.alarms import FILE as ALARMS
from kgan.runs.checkpoints import latest
from kgan.runs.collapse import FILE as FIGURES
from kgan.runs.collapse import read
from tests.callbacks import tiny

random = np.random.default_rng(0)
CENTRES = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0], [0.0, -2.0]])
REALS = (np.repeat(CENTRES, 50, 0) + 0.3 * random.normal(size=(200, 2))).astype("float32")
MODES = Modes(CENTRES, 0.3)
OFTEN = {"every": 1, "warmup": 0, "patience": 2}


class Fakes(keras.callbacks.Callback):
    """In place of the generator's samples: those of `script`, by round; then good ones."""

    def __init__(self, script):
        super().__init__()
        self.script = script

    def set_model(self, model):
        super().set_model(model)
        model.sample = lambda num, seed=0, average=True: self.script.get(seed, REALS)[:num]

    def on_train_end(self, logs=None):
        del self.model.__dict__["sample"]


def alarms(folder):
    path = folder / ALARMS
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def run(gan, folder, script, *before, epochs=3, **settings):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tiny.fit(gan, [*before, Fakes(script), CollapseAlarm(folder, REALS, MODES, **OFTEN | settings)], epochs)
    return [str(w.message) for w in caught if "collapse" in str(w.message)]


ONE_MODE = np.repeat(REALS[:50], 4, 0)


def test_a_collapse_is_told_once_with_what_is_seen_and_what_to_try(gan, tmp_path):
    told = run(gan, tmp_path, {k: ONE_MODE for k in (4, 5, 6, 7)})
    (row,) = alarms(tmp_path)
    assert len(told) == 1 and row["step"] == 5 and row["action"] == "Training goes on"
    assert any("25% of the reals' classes" in seen for seen in row["seen"]) and "r1(gamma=1)" in row["try"]
    assert all(part in told[0] for part in [*row["seen"], row["try"]])
    history = read(tmp_path)
    assert [h["step"] for h in history] == list(range(1, 13))
    assert [h["wrong"] for h in history] == [0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0]
    assert history[0]["classes"] == 1.0 and history[0]["diversity_pixels"] == pytest.approx(1.0)
    assert 0.0 <= history[0]["separation"] <= 1.0


def test_what_does_not_last_is_no_alarm_and_a_second_collapse_is_another(gan, start, tmp_path):
    assert run(gan, tmp_path / "a", {k: ONE_MODE for k in (2, 4, 6)}) == []
    tiny.reset(gan, start)
    assert len(run(gan, tmp_path / "b", {k: ONE_MODE for k in (2, 3, 6, 7, 8)})) == 2


def test_warmup(gan, tmp_path):
    assert run(gan, tmp_path, {k: ONE_MODE for k in range(1, 6)}, warmup=6) == []


def test_warning_leaves_training_as_it_is(gan, start, tmp_path):
    settings = {"every": 2, "warmup": 0, "patience": 1}
    tiny.fit(gan, [], epochs=2)
    expected = tiny.state(gan)
    tiny.reset(gan, start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tiny.fit(gan, [CollapseAlarm(tmp_path, REALS, MODES, **settings)], epochs=2)
    assert alarms(tmp_path)  # this generator has hardly begun
    assert tiny.same(expected, tiny.state(gan))


def test_stop(gan, tmp_path):
    run(gan, tmp_path, {k: ONE_MODE for k in (5, 6)}, policy="stop")
    assert gan.step.numpy() == 6 and alarms(tmp_path)[0]["action"] == "Training stops"


def test_rollback_goes_to_the_last_checkpoint_at_which_all_was_well(gan, tmp_path):
    script = {k: ONE_MODE for k in (6, 7, 8, 9)}

    class Cure(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.d_optimizer.learning_rate.numpy() < rate:
                script.clear()  # at the lower rate it does not collapse again

    rate = float(gan.d_optimizer.learning_rate.numpy())
    told = run(gan, tmp_path, script, Checkpoint(tmp_path, every_steps=1, keep=20), Cure(), policy="rollback")
    (row,) = alarms(tmp_path)
    assert row["step"] == 7 and row["action"] == "Back to step-00000005, learning rates times 0.5" and len(told) == 1
    assert gan.step.numpy() == 12 and gan.d_optimizer.learning_rate.numpy() == pytest.approx(rate / 2)
    assert [(h["step"], h["wrong"]) for h in read(tmp_path)] == [(i, 0) for i in range(1, 13)]


def test_rollback_gives_up(gan, tmp_path):
    script = {k: ONE_MODE for k in range(6, 13)}
    run(gan, tmp_path / "a", script, Checkpoint(tmp_path / "a", every_steps=1, keep=20), policy="rollback", retries=2)
    assert [row["action"][:14] for row in alarms(tmp_path / "a")] == ["Back to step-0"] * 2 + ["Training stops"]
    assert gan.step.numpy() == 7
    run(gan, tmp_path / "b", {k: ONE_MODE for k in range(30)}, policy="rollback")
    assert alarms(tmp_path / "b")[0]["action"] == "Training stops: never was all well"


def test_rollback_needs_no_checkpoint_of_another_callback_and_leaves_none_of_the_collapse(gan, tmp_path):
    script = {k: ONE_MODE for k in range(9, 11)}
    run(gan, tmp_path, script, Checkpoint(tmp_path, keep=1), policy="rollback", retries=1)
    assert alarms(tmp_path)[0]["action"].startswith("Back to step-00000008,")
    assert [path.name for path in (tmp_path / "good" / "checkpoints").iterdir()] == ["step-00000008"]
    assert latest(tmp_path) == tmp_path / "checkpoints" / "step-00000010"  # of the second time, which ended there


def test_a_run_that_is_killed_after_a_rollback_goes_on_from_there_and_as_slowly(gan, start, tmp_path):
    script = {k: ONE_MODE for k in range(8, 10)}
    rate = float(gan.d_optimizer.learning_rate.numpy())

    class Killed(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if self.model.d_optimizer.learning_rate.numpy() < rate:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(gan, tmp_path, script, Checkpoint(tmp_path, keep=1), Killed(), policy="rollback")
    tiny.reset(gan, start)
    run(gan, tmp_path, {}, Checkpoint(tmp_path, keep=1), policy="rollback")
    assert [h["step"] for h in read(tmp_path)] == list(range(1, 13))
    assert gan.d_optimizer.learning_rate.numpy() == pytest.approx(rate / 2)
    assert [row["step"] for row in alarms(tmp_path)] == [9]
    assert latest(tmp_path).name == "step-00000012"


def test_what_a_rollback_removed_is_saved_again(gan, tmp_path):
    saved = []

    class Saved(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            saved.append((int(self.model.step.numpy()), latest(tmp_path).name if latest(tmp_path) else None))

    script = {k: ONE_MODE for k in range(8, 10)}
    run(gan, tmp_path, script, Checkpoint(tmp_path, keep=1), Saved(), policy="rollback", retries=1)
    assert [name for step, name in saved if step == 8] == ["step-00000008"] * 2


def test_a_rollback_by_another_callback_is_followed(gan, tmp_path):
    guard = [Checkpoint(tmp_path), NonFiniteGuard(tmp_path, "rollback"), tiny.Before(7, tiny.poison)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tiny.fit(gan, [*guard, Fakes({}), CollapseAlarm(tmp_path, REALS, MODES, **OFTEN)], 3)
    assert [h["step"] for h in read(tmp_path)] == list(range(1, 13))


def test_what_stopped_stops_again(gan, start, tmp_path):
    script = {k: ONE_MODE for k in range(5, 13)}
    run(gan, tmp_path, script, Checkpoint(tmp_path), policy="stop")
    assert gan.step.numpy() == 6
    tiny.reset(gan, start)
    run(gan, tmp_path, script, Checkpoint(tmp_path), policy="stop")
    assert gan.step.numpy() == 7 and [row["step"] for row in alarms(tmp_path)] == [6, 7]


def test_alarms_of_rounds_that_a_killed_run_has_lost_are_raised_again(gan, start, tmp_path):
    script = {k: ONE_MODE for k in (5, 6, 7)}
    run(gan, tmp_path / "whole", script, Checkpoint(tmp_path / "whole"))
    tiny.reset(gan, start)
    run(gan, tmp_path / "cut", script, Checkpoint(tmp_path / "cut"), epochs=1)
    tiny.reset(gan, start)
    run(gan, tmp_path / "cut", script)  # goes on to the end, but from the start and without a checkpoint of it
    for name in (ALARMS, FIGURES):
        assert (tmp_path / "cut" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_samples_that_are_not_finite_are_wrong_and_do_not_end_training(gan, tmp_path):
    told = run(gan, tmp_path, {k: np.full_like(REALS, np.nan) for k in (5, 6)})
    assert gan.step.numpy() == 12 and len(told) == 1 and "samples hold NaN" in told[0]
    assert "coverage" not in alarms(tmp_path)[0]["figures"] and [h["wrong"] for h in read(tmp_path)][4:7] == [
        1,
        2,
        0,
    ]


@pytest.mark.parametrize(
    ("name", "content"), [(FIGURES, "a,b\n1,2\n"), (FIGURES, "step\n1\n"), (ALARMS, "no json\n"), (ALARMS, "[]\n")]
)
def test_a_file_of_another_kind_is_named_before_training(gan, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        run(gan, tmp_path, {})
    assert gan.step.numpy() == 0


def test_samples_are_of_the_generator_that_trains(gan, tmp_path):
    asked = []

    class Asked(Fakes):
        def set_model(self, model):
            super().set_model(model)
            model.sample = lambda num, seed=0, average=True: asked.append((num, average)) or REALS[:num]

    tiny.fit(gan, [Asked({}), CollapseAlarm(tmp_path, REALS, MODES, **OFTEN)], 1)
    assert set(asked) == {(200, False)}


def test_separation_is_the_share_of_pairs_in_the_right_order(gan, tmp_path):
    alarm = CollapseAlarm(tmp_path, REALS, MODES)
    alarm.set_model(gan)
    gan.judge = lambda samples, round: samples[:, :1]
    gan.generate = lambda latents, round: tf.constant(REALS[: len(latents)] - np.float32([shift, 0]))
    try:
        shift = 100.0
        assert alarm._separated() == 1.0
        shift = 0.0
        assert abs(alarm._separated() - 0.5) < 0.02
    finally:
        del gan.__dict__["judge"], gan.__dict__["generate"]


@pytest.mark.parametrize(("of_the_last", "classes"), [(11, 0.75), (13, 1.0)])  # of 50, of which a quarter is 12.5
def test_a_class_of_which_there_is_less_than_a_quarter_is_lost(of_the_last, classes, tmp_path):
    fakes = np.concatenate([REALS[:150], REALS[150 : 150 + of_the_last], REALS[: 50 - of_the_last]])
    assert CollapseAlarm(tmp_path, REALS, MODES).figures(fakes)["classes"] == classes


def test_a_run_that_goes_on_remembers(gan, start, tmp_path):
    script = {k: ONE_MODE for k in (4, 5)}
    run(gan, tmp_path, script, Checkpoint(tmp_path), epochs=1)
    tiny.reset(gan, start)
    assert len(run(gan, tmp_path, script, Checkpoint(tmp_path), epochs=2)) == 1  # the first look was before
    assert [h["wrong"] for h in read(tmp_path)] == [0, 0, 0, 1, 2, 0, 0, 0]


WELL = {"diversity_pixels": 1.0, "diversity_features": 1.0, "classes": 1.0, "coverage": 0.5, "separation": 0.9}


@pytest.mark.parametrize(
    ("figures", "kinds"),
    [
        ({}, set()),
        ({"classes": float("nan")}, set()),
        ({"diversity_pixels": 0.29}, {"diversity"}),
        ({"diversity_features": 0.29}, {"diversity"}),
        ({"classes": 0.4}, {"classes"}),
        ({"separation": 1.0}, {"separation"}),
        ({"coverage": 0.19}, {"coverage"}),
        ({"diversity_features": 0.39}, {"diversity"}),  # of its best, 1
        ({"diversity_features": 0.41}, set()),
    ],
)
def test_thresholds(figures, kinds):
    assert set(_wrong(WELL | figures, [WELL])) == kinds


def test_a_past_that_was_never_good_is_no_yardstick():
    assert _wrong(WELL | {"coverage": 0.0}, [WELL | {"coverage": 0.15}]) == {}


def test_bad_input(gan, tmp_path):
    for settings, message in (
        ({"policy": "wran"}, "did you mean 'warn'"),
        ({"reals": REALS[:99]}, "reals: wanted 100"),
        ({"factor": 0.0}, "factor: wanted"),
        ({"reals": np.ones((100, 2))}, "samples that differ"),
        ({"reals": np.full((100, 2), np.nan)}, "wanted finite"),
        ({"patience": 0}, "patience: wanted"),
    ):
        with pytest.raises(InputError, match=message):
            CollapseAlarm(tmp_path, **{"reals": REALS} | settings)
    with pytest.raises(InputError):
        tiny.fit(gan, [CollapseAlarm(tmp_path, np.zeros((100, 3)))])
