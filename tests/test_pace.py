"""How many rounds come at a time is a matter of the clock, and nothing that a run keeps tells it."""

import contextlib
import math
import types

import keras
import numpy as np
import pytest

import kgan
from kgan import callbacks, pace
from tests.callbacks import tiny

BATCH, EPOCH = 8, 16  # rounds in an epoch
POINTS = np.random.default_rng(0).normal(size=(BATCH * EPOCH, 2)).astype("float32")


class Looks:
    """Acts in every `every`-th round."""

    def __init__(self, every):
        self.every = every

    def adapt(self):
        pass

    def next_round(self, step):
        return (step // self.every + 1) * self.every


def test_as_many_as_last_a_tenth_of_a_second_and_twice_as_many_at_most():
    one = pace.Pace([])
    played = []
    for seconds in (9.0, 0.01, 0.01, 0.01, 0.02, 0.03, 0.09, 0.09, 0.5, 9.0):  # of the first, in which it is traced
        played.append(one.rounds(0, 1000))
        one.took(played[-1], seconds)
    assert played == [1, 1, 2, 4, 8, 16, 32, 35, 38, 7]
    assert one.rounds(0, 1000) == 1


def test_never_past_an_event_or_the_epoch():
    one = pace.Pace([Looks(10), Looks(14), types.SimpleNamespace()])
    for _ in range(9):
        one.took(one.rounds(0, 1000), 0.0)
    assert [one.rounds(step, left) for step, left in ((0, 99), (10, 99), (14, 99), (14, 2))] == [10, 4, 6, 2]
    fixed = pace.Fixed(4)
    assert [fixed.rounds(0, left) for left in (12, 11, 9, 8)] == [4, 3, 1, 4]


class Mine(callbacks.Checkpoint):
    """Says when it saves; what is added here is not known to be so seldom."""

    def on_train_batch_end(self, batch, logs=None):
        pass


class Grows(kgan.GAN):
    def adapt(self):
        super().adapt()


def networks():
    return kgan.networks.mlp_generator((2,), 2, 4, 1), kgan.networks.mlp_discriminator((2,), 4, 1), 2


def test_who_does_not_say_when_it_looks_is_asked_between_any_two_rounds(tmp_path):
    guard, alarm = callbacks.NonFiniteGuard(), callbacks.CollapseAlarm(tmp_path, np.eye(100), every=9)
    alarm._next = 9
    silent = [keras.callbacks.History(), keras.callbacks.ProgbarLogger(), callbacks.CSVLogger(tmp_path)]
    silent += [keras.callbacks.EarlyStopping(), keras.callbacks.LambdaCallback(on_epoch_end=print)]
    seldom = {guard: math.inf, callbacks.Checkpoint(tmp_path): math.inf, callbacks.ProgressLines(): math.inf, alarm: 9}
    always = [Mine(tmp_path), keras.callbacks.LambdaCallback(on_train_batch_begin=print), keras.callbacks.TensorBoard()]
    games = [(kgan.GAN, {}, math.inf), (Grows, {}, 4), (kgan.GAN, {"n_critic": kgan.schedules.AdaptiveSteps()}, 4)]
    games.append((kgan.GAN, {"balance": kgan.schedules.RateBalance()}, 4))
    for kind, settings, wanted in games:
        game = kind(*networks())
        game.compile(**settings)
        assert pace.next_round(game)(3) == wanted
    assert [pace.next_round(one) for one in silent] == [None] * len(silent)
    assert [pace.next_round(one)(3) for one in seldom] == list(seldom.values())
    assert [pace.next_round(one)(3) for one in always] == [4] * len(always)


class Killed(keras.callbacks.Callback):
    """At a round (of an epoch)."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def next_round(self, step):
        return self.at if step < self.at else math.inf

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.at:
            raise KeyboardInterrupt


def play(folder, monkeypatch, killed=None, **settings):
    """Two epochs with all that keeps files; (the game, how many rounds came at a time)."""
    monkeypatch.setattr(pace, "LENGTH", 1e9)
    keras.utils.clear_session(free_memory=False)  # for the names of variables, which checkpoints hold
    gan = tiny.make(**settings)
    watch = [
        callbacks.CSVLogger(folder),
        callbacks.Checkpoint(folder, every_steps=9, keep=99),
        callbacks.EquilibriumMonitor(folder, POINTS[:8], every=11, eigen_every=0),
        callbacks.CollapseAlarm(folder, POINTS, every=13, warmup=0, patience=2),
        callbacks.NonFiniteGuard(),
        *([Killed(killed)] if killed else []),
    ]
    times, took = [], pace.Pace.took
    monkeypatch.setattr(pace.Pace, "took", lambda self, n, seconds: (times.append(n), took(self, n, seconds))[1])
    with contextlib.suppress(KeyboardInterrupt):
        gan.fit(POINTS, batch_size=BATCH, epochs=2, callbacks=watch, verbose=0)
    monkeypatch.setattr(pace.Pace, "took", took)
    return gan, times


def kept(folder):
    """All that a run keeps, but for the time of day and what TensorBoard reads."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".npz":
            files[path.relative_to(folder)] = {name: value.tobytes() for name, value in np.load(path).items()}
        elif path.suffix in (".csv", ".json", ".jsonl"):
            files[path.relative_to(folder)] = path.read_bytes()
    return files


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:collapse")
def test_a_run_keeps_the_same_whether_its_rounds_come_singly_or_not(tmp_path, monkeypatch):
    single, _ = play(tmp_path / "single", monkeypatch, steps_per_execution=1)
    play(tmp_path / "paced", monkeypatch, killed=13)  # after the checkpoint of round 9, from which it goes on
    paced, times = play(tmp_path / "paced", monkeypatch)
    assert sum(times) == 2 * EPOCH - 9 and max(times) > 3
    assert tiny.same(tiny.state(paced), tiny.state(single))
    wanted = kept(tmp_path / "single")
    assert {"logs.csv", "equilibrium.csv", "collapse.csv", "state.npz"} <= {path.name for path in wanted}
    assert kept(tmp_path / "paced") == wanted


def test_a_round_that_is_not_finite_is_the_last_of_its_call(monkeypatch):
    monkeypatch.setattr(pace, "LENGTH", 1e9)
    points = POINTS.copy()
    points[6 * BATCH] = np.nan
    for settings in ({}, {"steps_per_execution": 4}):
        gan = tiny.make(**settings)
        guard = callbacks.NonFiniteGuard()
        with pytest.warns(UserWarning, match="after step 7"):
            gan.fit(points, batch_size=BATCH, shuffle=False, callbacks=[guard], verbose=0)
        assert int(gan.step.numpy()) == 7
