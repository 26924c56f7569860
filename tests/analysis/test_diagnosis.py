"""The diagnosis on games whose answer is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.analysis import BilinearGame, DiracGAN, QuadraticGame
from kgan.analysis.diagnosis import diagnose, measure
from kgan.game import Round
from kgan.updates import Alternating, Consensus, Extragradient, Simultaneous


def history(game, rule, rounds=60, every=6):
    measurements = []
    rule.build(game)
    for i in range(rounds):
        if i % every == 0:
            measurements.append({name: float(value) for name, value in measure(game, Round()).items()})
        rule(game, [Round()] * rule.rounds_needed(game))
    return measurements


KNOWN = {
    "bilinear, alternating: orbits": (lambda: BilinearGame(1.0, 0.2).set(1, 1), Alternating, "rotating"),
    "bilinear, simultaneous: spirals out": (lambda: BilinearGame(1.0, 0.2).set(1, 1), Simultaneous, "rotating"),
    "bilinear, extragradient": (lambda: BilinearGame(1.0, 0.5).set(1, 1), Extragradient, "converging"),
    "bilinear, consensus": (lambda: BilinearGame(1.0, 0.2).set(1, 1), lambda: Consensus(1.0), "converging"),
    "strongly convex": (lambda: QuadraticGame(1.0, 0.5, 0.1).set(1, 1), Simultaneous, "converging"),
    "Dirac, alternating": (lambda: DiracGAN(learning_rate=0.3).set(1, 0), Alternating, "rotating"),
    "Dirac, WGAN clipped": (
        lambda: DiracGAN("wasserstein", clip=1.0, learning_rate=0.1).set(0.5, 0.5),
        Alternating,
        "rotating",
    ),
    "Dirac, R1": (lambda: DiracGAN(penalties="r1(gamma=1)", learning_rate=0.3).set(1, 0), Alternating, "converging"),
    "Dirac, instance noise": (lambda: DiracGAN(noise=1.5, learning_rate=0.3).set(1, 0), Simultaneous, "converging"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_games(name):
    make, rule, expected = KNOWN[name]
    assert diagnose(history(make(), rule())) == expected


def test_measurements_of_a_bilinear_and_of_a_separable_game():
    turning = measure(BilinearGame(2.0).set(3, 4), Round())
    assert float(turning["rotation"]) == pytest.approx(1.0)
    assert float(turning["field_norm"]) == pytest.approx(2 * 5) and float(turning["x_norm"]) == pytest.approx(8)
    assert float(measure(QuadraticGame(1.0, 0.0).set(3, 4), Round())["rotation"]) == pytest.approx(0.0)
    # J = [[1, a], [-a, 1]]: A v and S v are as a to 1, whatever v.
    assert float(measure(QuadraticGame(1.0, 2.0).set(3, 4), Round())["rotation"]) == pytest.approx(4 / 5)


def far_apart(loss):
    """Reals at 3, fakes at -3: a discriminator that trains alone becomes sure, and a minimax generator starves."""
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    generator.layers[0].bias.assign([-3.0])
    discriminator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    gan = kgan.GAN(generator, discriminator, 1)
    gan.compile(loss, d_optimizer=keras.optimizers.Adam(0.3), g_optimizer=keras.optimizers.SGD(1e-9), ema_decay=None)
    return gan


@pytest.mark.parametrize(
    "loss, expected", [("minimax", "generator starved"), ("wasserstein", "discriminator saturated")]
)
def test_a_sure_discriminator(tmp_path, loss, expected):
    gan = far_apart(loss)
    real = np.full((64, 1), 3.0, "float32") + np.linspace(-0.1, 0.1, 64, dtype="float32")[:, None]
    monitor = kgan.callbacks.EquilibriumMonitor(tmp_path, real[:16], every=2, eigen_every=0)
    gan.fit(real, batch_size=16, epochs=30, verbose=0, callbacks=[monitor])
    assert monitor.diagnosis == expected
    assert monitor.history[-1]["d_accuracy_real"] == monitor.history[-1]["r_t"] == 1.0


def test_too_little_to_say():
    now = {"field_norm": 1.0, "rotation": 0.1, "g_norm": 1.0}
    assert diagnose([now]) == "undecided"
    assert diagnose([{**now, "d_accuracy_real": 1.0, "d_accuracy_fake": 0.6}]) == "undecided"


def test_measuring_moves_nothing_even_with_batch_normalisation():
    gan = kgan.GAN(
        kgan.networks.mlp_generator(width=4, depth=1, normalization="batch"),
        kgan.networks.mlp_discriminator(width=4, depth=1, normalization="spectral"),
        latent_dim=2,
    )
    gan.compile()
    before = [np.array(v) for v in gan.state]
    tf.function(lambda: measure(gan.game, gan.round(tf.ones((8, 2)))), autograph=False)()
    for v, old in zip(gan.state, before, strict=True):
        np.testing.assert_array_equal(np.array(v), old)
