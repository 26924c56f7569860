"""EquilibriumMonitor: what it writes, that it changes nothing, that a run that goes on keeps its table."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.analysis import jacobian_operator
from kgan.callbacks import CSVLogger, EquilibriumMonitor
from kgan.checks import InputError


def small():
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(kgan.networks.mlp_generator(width=8), kgan.networks.mlp_discriminator(width=8), 2)
    gan.compile()
    return gan


DATA = kgan.data.load("ring", batch_size=32)
HELD_OUT = next(iter(kgan.data.load("ring", batch_size=64, seed=9)))


def fit(gan, folder, epochs, **settings):
    callbacks = [EquilibriumMonitor(folder, HELD_OUT, **settings), CSVLogger(folder)]
    history = gan.fit(DATA, epochs=epochs, steps_per_epoch=8, verbose=0, callbacks=callbacks)
    return history.history, callbacks[0]


def rows(folder):
    with (folder / "equilibrium.csv").open() as file:
        return list(csv.DictReader(file))


def test_writes_a_row_each_few_rounds_and_the_newest_to_the_logs(tmp_path, capsys):
    gan = small()
    history, monitor = fit(gan, tmp_path, 3, every=5, eigen_every=2)
    table = rows(tmp_path)
    assert [int(row["step"]) for row in table] == [5, 10, 15, 20]
    assert [row["eigenvalue_real"] == "nan" for row in table] == [True, False, True, False]
    assert all(-1 <= float(row["update_cosine"]) <= 1 and 0 <= float(row["rotation"]) <= 1 for row in table)
    assert {"rotation", "r_t", "lipschitz", "d_accuracy_real"} <= set(history)
    assert history["rotation"][-1] == monitor.history[-1]["rotation"]
    assert "rotation" in (tmp_path / "logs.csv").read_text().splitlines()[0]
    assert list((tmp_path / "logs").glob("events*"))
    assert monitor.diagnosis in capsys.readouterr().out


def test_the_numbers_are_those_of_the_model(tmp_path):
    gan = small()
    _, monitor = fit(gan, tmp_path, 1, every=8, eigen_every=1)
    row, round = monitor.history[-1], gan.round(HELD_OUT)
    field, _ = gan.game.vector_field(round)
    assert row["d_norm"] == pytest.approx(float(kgan.game.norm(field["d"])), rel=1e-4)
    real = gan.discriminator(HELD_OUT).numpy()
    assert row["d_accuracy_real"] == pytest.approx(np.mean(real > 0))
    assert row["r_t"] == pytest.approx(2 * row["d_accuracy_real"] - 1)
    operator = jacobian_operator(gan.game, round)
    dense = np.array([operator.matvec(unit) for unit in np.eye(operator.shape[0])]).T
    largest = np.abs(np.linalg.eigvals(dense)).max()
    assert np.hypot(row["eigenvalue_real"], row["eigenvalue_imag"]) == pytest.approx(largest, rel=0.05)


@pytest.mark.slow
def test_watching_does_not_change_the_run_and_a_run_that_goes_on_keeps_its_table(tmp_path):
    plain, watched, resumed = small(), small(), small()
    plain.fit(DATA, epochs=2, steps_per_epoch=8, verbose=0)
    fit(watched, tmp_path / "whole", 2, every=6, eigen_every=0)
    for a, b in zip(plain.state, watched.state, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b))
    fit(resumed, tmp_path / "parts", 1, every=6, eigen_every=0)
    monitor = EquilibriumMonitor(tmp_path / "parts", HELD_OUT, every=6, eigen_every=0)
    resumed.fit(DATA, epochs=2, initial_epoch=1, steps_per_epoch=8, verbose=0, callbacks=[monitor])
    assert rows(tmp_path / "parts") == rows(tmp_path / "whole")


def test_bad_input(tmp_path):
    with pytest.raises(InputError, match="every: wanted a whole number from 1 on, got 0"):
        EquilibriumMonitor(tmp_path, HELD_OUT, every=0)
    with pytest.raises(InputError, match=r"samples have shape \(3,\), the discriminator takes \(2,\)"):
        small().fit(DATA, steps_per_epoch=1, verbose=0, callbacks=[EquilibriumMonitor(tmp_path, np.zeros((4, 3)))])


def test_inside_a_strategys_scope_it_says_so(tmp_path):
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope(), pytest.raises(InputError, match="outside of strategy"):
        small().fit(DATA, steps_per_epoch=1, verbose=0, callbacks=[EquilibriumMonitor(tmp_path, HELD_OUT)])
