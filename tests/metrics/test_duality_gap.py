"""The duality gap on a game whose equilibrium is known: a Gaussian's mean under a quadratic critic."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError


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
    objective = gan.discriminator_objective
    gan.discriminator_objective = lambda round: traces.append(1) or objective(round)
    first = kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.02)
    traces.clear()
    assert kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.02) == first and not traces
    assert kgan.metrics.duality_gap(gan, reals(2), steps=3, learning_rate=0.05) != first


def test_bad_input():
    with pytest.raises(InputError, match=r"data: wanted two batches or more, .* got 1"):
        kgan.metrics.duality_gap(shift_gan(0.0), reals(1))
    with pytest.raises(InputError, match="steps: wanted a whole number from 1 on, got 0"):
        kgan.metrics.duality_gap(shift_gan(0.0), reals(), steps=0)
