"""Gradient penalties: values by formula."""

import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import penalties

# |grad| = 5 everywhere: (3, -4)' x
LINEAR = {
    "gradient_penalty": 10 * (5 - 1) ** 2,
    "gradient_penalty(one_sided=True, target=0.5)": 10 * (5 - 0.5) ** 2,
    "gradient_penalty(weight=2, target=7)": 2 * (5 - 7) ** 2,
    "lipschitz": 10 * (5 - 1) ** 2,
    "dragan": 10 * (5 - 1) ** 2,
    "dragan(target=6)": 10 * (5 - 6) ** 2,
    "r1(gamma=2.0)": 2.0 / 2 * 25,
    "r2": 10.0 / 2 * 25,
    "r1_r2": 10.0 / 2 * (25 + 25),
}


@pytest.mark.parametrize("name", LINEAR)
def test_value_on_a_linear_critic_is_the_closed_form(name):
    w = np.array([[3.0], [-4.0]])
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 2)))
    value = penalties.get(name)(lambda s: s @ w, x, -x, kgan.random.key(0))
    assert float(value) == pytest.approx(LINEAR[name], rel=1e-10)


def test_norm_and_interpolation_are_per_sample():
    """Each sample's gradient has another norm: 1, 2, 3. A norm over the batch, or one alpha for all, is off."""
    penalty = penalties.GradientPenalty(weight=1.0)
    real = tf.constant([[1.0], [2.0], [3.0]], "float64")
    value = penalty(lambda x: x * x / 2, real, real, kgan.random.key(0))
    assert float(value) == pytest.approx(((1 - 1) ** 2 + (2 - 1) ** 2 + (3 - 1) ** 2) / 3, rel=1e-9)
    zeros, ones = tf.zeros((64, 3, 3, 1)), tf.ones((64, 3, 3, 1))
    seen = []
    penalty(lambda x: seen.append(x) or x, zeros, ones, kgan.random.key(0))
    between = seen[0].numpy().reshape(64, 9)
    assert np.ptp(between, axis=1).max() == 0.0  # one alpha for all the pixels of a sample
    assert len(np.unique(between[:, 0])) == 64 and between.min() >= 0 and between.max() <= 1
    assert 0.4 < between[:, 0].mean() < 0.6


@pytest.mark.parametrize("penalty", [penalties.GradientPenalty(one_sided=True), penalties.LipschitzPenalty()])
def test_one_sided_leaves_small_gradients_alone(penalty):
    x = tf.ones((2, 3))
    assert float(penalty(lambda s: 0.1 * s, x, x, kgan.random.key(0))) == 0.0


def test_r1_r2_looks_at_reals_and_at_fakes():
    """D = x^2 / 2: the gradient's norm is |x|."""
    real, fake = tf.constant([[1.0], [3.0]]), tf.constant([[2.0], [4.0]])
    value = penalties.R1R2(gamma=1.0)(lambda x: x * x / 2, real, fake, kgan.random.key(0))
    assert float(value) == pytest.approx(0.5 * (1 + 9) / 2 + 0.5 * (4 + 16) / 2)


@pytest.mark.parametrize("shape", [(2,), (6, 5, 3)])
def test_dragan_looks_around_the_reals_in_the_scale_of_the_data(shape):
    real = tf.constant(np.random.default_rng(0).normal(3.0, 2.0, (500, *shape)))
    seen = []
    penalties.Dragan(noise=0.25)(lambda x: seen.append(x) or x, real, real * 0, kgan.random.key(0))
    noise, std = (seen[0] - real).numpy(), real.numpy().std()  # uniform in +- std / 4, anew for each pixel
    assert np.abs(noise).max() == pytest.approx(0.25 * std, rel=1e-2) and np.abs(noise).max() <= 0.25 * std
    assert noise.std() == pytest.approx(0.25 * std / 3**0.5, rel=0.05)
    assert abs(noise.mean()) < 0.03 * std and len(np.unique(noise)) == noise.size
