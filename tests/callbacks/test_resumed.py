"""What callbacks keep is the same whether a run was killed or not: wherever it stood, in whatever order they stand."""

import shutil
import warnings

import keras
import pytest

from kgan.callbacks import Checkpoint, CollapseAlarm, CSVLogger, EquilibriumMonitor, NonFiniteGuard
from tests.callbacks import tiny


class Death(keras.callbacks.Callback):
    """Dies after a round, between the callbacks before and after it in the list."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step.numpy() == self.step:
            self.step = None
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_that_dies_anywhere_has_the_same_tables(gan, start, tmp_path):
    tables = ("equilibrium.csv", "collapse.csv", "logs.csv")

    def fit(folder, deaths=(), checkpoint_first=True):
        tiny.reset(gan, start)
        saves = [Checkpoint(folder, every_steps=1, keep=2)]
        watches = [
            EquilibriumMonitor(folder, tiny.points()[:8], every=3, eigen_every=2),
            CollapseAlarm(folder, tiny.points().repeat(4, 0), every=3, warmup=0, patience=2),
            CSVLogger(folder),
        ]
        for death in (*deaths, None):
            lives = [*saves, death, *watches] if checkpoint_first else [*watches, death, *saves]
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    tiny.fit(gan, [each for each in lives if each], epochs=3)
            except KeyboardInterrupt:
                tiny.reset(gan, start)  # another process begins with nothing
        return {name: (folder / name).read_text() for name in tables}

    whole = fit(tmp_path / "whole")
    assert "nan" not in whole["equilibrium.csv"].splitlines()[2]  # the second row has its eigenvalue and its angle
    # The first list dies before it has measured at round 6; the second in the middle of an angle, after an eigenvalue.
    assert fit(tmp_path / "first", [Death(6)]) == whole
    assert fit(tmp_path / "last", [Death(8)], checkpoint_first=False) == whole


def test_a_run_that_dies_after_a_rollback_goes_on_as_slowly(gan, start, tmp_path):
    rate = float(gan.d_optimizer.learning_rate.numpy())
    callbacks = [Checkpoint(tmp_path), NonFiniteGuard(tmp_path, "rollback"), tiny.Before(6, tiny.poison)]
    slow = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: interrupt_if(rates(gan) < rate))
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="back to step-00000004"):
        tiny.fit(gan, [*callbacks, slow], epochs=3)
    tiny.reset(gan, start)
    tiny.fit(gan, [Checkpoint(tmp_path)], epochs=3)
    assert rates(gan) == pytest.approx(rate / 2)


def rates(gan):
    return float(gan.d_optimizer.learning_rate.numpy())


def interrupt_if(condition):
    if condition:
        raise KeyboardInterrupt


def test_a_stop_inside_an_epoch_ends_it_and_a_run_that_goes_on_is_whole(gan, start, tmp_path):
    seen = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, logs["d_loss"])))
    tiny.fit(gan, [CSVLogger(tmp_path / "whole")], epochs=3)
    whole = tiny.state(gan)
    tiny.reset(gan, start)
    stop = tiny.Before(5, lambda model: setattr(model, "stop_training", True))
    history = tiny.fit(gan, [CSVLogger(tmp_path / "run"), Checkpoint(tmp_path / "run"), stop, look], epochs=3)
    assert [epoch for epoch, _ in seen] == [0, 1] and history.epoch == [0, 1] and gan.step.numpy() == 6
    assert seen[1][1] == gan.progress.totals["d_loss"] / 2
    assert (tmp_path / "run" / "logs.csv").read_text().splitlines()[2].startswith("2,6,")
    tiny.reset(gan, start)
    tiny.fit(gan, [CSVLogger(tmp_path / "run"), Checkpoint(tmp_path / "run")], epochs=3)
    assert tiny.same(whole, tiny.state(gan))
    assert (tmp_path / "run" / "logs.csv").read_bytes() == (tmp_path / "whole" / "logs.csv").read_bytes()


def test_two_executions_of_two_rounds_make_an_angle(tmp_path):
    gan = tiny.make(steps_per_execution=2)
    monitor = lambda folder: EquilibriumMonitor(folder, tiny.points()[:8], every=6, eigen_every=0)  # noqa: E731
    start = tiny.state(gan)
    tiny.fit(gan, [monitor(tmp_path / "whole"), Checkpoint(tmp_path / "whole", every_steps=1, keep=9)], epochs=3)
    for step in (2, 4):
        folder = tmp_path / str(step)
        name = f"checkpoints/step-{step:08d}"
        shutil.copytree(tmp_path / "whole" / name, folder / name)
        tiny.reset(gan, start)
        tiny.fit(gan, [monitor(folder), Checkpoint(folder)], epochs=3)
        assert (folder / "equilibrium.csv").read_text() == (tmp_path / "whole" / "equilibrium.csv").read_text()
    assert "nan,nan,nan" not in (tmp_path / "whole" / "equilibrium.csv").read_text()
