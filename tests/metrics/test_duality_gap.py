"""The duality gap on a game whose equilibrium is known: a Gaussian's mean under a quadratic critic."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.models.objectives import Encounter
from tests.models.games import GAMES, dataset, made


def shift_gan(offset):
    """Reals N(0, 1), fakes N(offset, 1), D linear in x: at offset 0 and D = 0 nobody can gain."""
    generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    discriminator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    generator.layers[0].bias.assign([offset])
    gan = kgan.GAN(generator, discriminator, 1)
    gan.compile("minimax")
    return gan


def reals(count=8):
    x = np.random.default_rng(0).normal(size=(count * 256, 1)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(x).batch(256)


def test_zero_at_the_equilibrium_and_growing_with_the_distance():
    gaps = [kgan.metrics.duality_gap(shift_gan(offset), reals(), steps=40, learning_rate=0.02) for offset in (0, 1, 3)]
    assert abs(gaps[0]["duality_gap"]) < 0.05
    assert gaps[0]["worst_case"] == pytest.approx(-2 * np.log(2), abs=0.05)
    assert gaps[0]["duality_gap"] + 0.1 < gaps[1]["duality_gap"] < gaps[2]["duality_gap"] - 0.1


def test_leaves_the_model_as_it_was():
    gan = shift_gan(1.0)
    before = [np.array(v) for v in gan.state]
    kgan.metrics.duality_gap(gan, reals(2), steps=3)
    for v, old in zip(gan.state, before, strict=True):
        np.testing.assert_array_equal(np.array(v), old)


def test_a_second_measurement_is_the_same_and_traces_nothing():
    gan, traces = shift_gan(1.0), []
    d, g = gan.game.players
    counted = lambda round: traces.append(1) or d.objective(round)  # noqa: E731
    gan.game.players = (dataclasses.replace(d, objective=counted), g)
    first = kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.02)
    assert traces
    traces.clear()
    assert kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.02) == first and not traces
    assert kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.05) != first


class TwoJudges(kgan.GAN):
    """A `GAN` before a second judge, which starts as the first."""

    def __init__(self, generator, discriminator, second):
        self.second = second
        super().__init__(generator, discriminator, 1)

    def networks(self):
        return {**super().networks(), "d2": ("d", self.second)}

    def encounters(self):
        return {"d": Encounter("d", self.meet), "d2": Encounter("d2", lambda round: self.meet_second(round))}

    def meet_second(self, round):
        score = lambda samples, given: self.network("d2", samples, round)  # noqa: E731
        generate = lambda latents: self.generate(latents, round)  # noqa: E731
        return self.meeting(round, "g", "d2", generate, score, self.latents(round), round.real)


def test_of_several_discriminators_it_is_the_sum():
    one = shift_gan(1.0)
    judges = [keras.models.clone_model(one.discriminator) for _ in range(2)]
    for judge in judges:
        judge.set_weights(one.discriminator.get_weights())
    two = TwoJudges(one.generator, *judges)
    two.compile("minimax")
    seen, twice = (kgan.metrics.duality_gap(gan, reals(2), steps=5, learning_rate=0.02) for gan in (one, two))
    assert twice == pytest.approx({name: 2 * value for name, value in seen.items()}, rel=1e-3)


def test_of_a_game_that_translates_it_leaves_the_model_as_it_was():
    case = GAMES["cyclegan"]
    model = made(case)
    before = [np.array(v) for v in model.state]
    seen = kgan.metrics.duality_gap(model, dataset(case).take(2), steps=2)
    assert np.isfinite(list(seen.values())).all() and seen["duality_gap"] > 0
    for v, old in zip(model.state, before, strict=True):
        np.testing.assert_array_equal(np.array(v), old)


def test_bad_input():
    with pytest.raises(InputError, match=r"data: wanted two batches or more, .* got 1"):
        kgan.metrics.duality_gap(shift_gan(0.0), reals(1))
    with pytest.raises(InputError, match="steps: wanted a whole number from 1 on, got 0"):
        kgan.metrics.duality_gap(shift_gan(0.0), reals(), steps=0)
