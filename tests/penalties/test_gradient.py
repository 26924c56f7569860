"""Gradient penalties: values by formula."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import penalties
from kgan.checks import InputError

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


@pytest.mark.parametrize("name", LINEAR)
def test_a_sample_of_parts_is_one_vector(name):
    """The same numbers as one array or as two, of other ranks: one norm over both."""
    rng = np.random.default_rng(1)
    whole = tf.constant(rng.normal(size=(5, 6)))
    parts = (tf.reshape(whole[:, :4], (5, 2, 2)), {"b": whole[:, 4:]})
    w = rng.normal(size=(6, 1))

    def critic(samples):
        joined = samples if tf.is_tensor(samples) else tf.concat([tf.reshape(samples[0], (5, 4)), samples[1]["b"]], 1)
        return tf.square(joined) @ w

    def value(x):
        negative = tf.nest.map_structure(lambda part: -part, x)
        return float(penalties.get(name)(critic, x, negative, kgan.random.key(0)))

    if "dragan" not in name:  # whose noise has each part's own spread
        assert value(parts) == pytest.approx(value(whole), rel=1e-10)
    assert np.isfinite(value(parts)) and value(parts) > 0.0


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


def test_differences_have_the_bias_and_the_variance_of_the_closed_form():
    """D = a . x + x' H x / 2, at one point many times: with g = a + H x and S = (tr H)^2 + 2 |H|^2, the difference's
    square is |g|^2 + h^2 S / 4 on average, and its variance goes to 2 |g|^4 as h does to 0."""
    rng, count = np.random.default_rng(0), 200_000
    a, x, h = rng.normal(size=5), rng.normal(size=5), rng.normal(size=(5, 5))
    h = h + h.T
    g, s = a + h @ x, np.trace(h) ** 2 + 2 * np.sum(h**2)
    critic = lambda x: x @ a[:, None] + 0.5 * tf.reduce_sum(x * (x @ h), 1, keepdims=True)  # noqa: E731
    rows = tf.tile(tf.constant(x)[None], [count, 1])
    for step in (1e-4, 0.5):
        squares = penalties.squared_slopes(critic, rows, critic(rows), step, kgan.random.key(1)).numpy()
        mean, error = g @ g + step**2 * s / 4, squares.std() / count**0.5
        assert abs(squares.mean() - mean) < 4 * error < 0.02 * mean
        if step < 0.1:
            assert squares.std() == pytest.approx(2**0.5 * (g @ g), rel=0.02)
        else:
            assert step**2 * s / 4 > 20 * error  # the bias is seen


def test_r1_and_r2_by_differences_are_those_by_gradients_on_average():
    keras.config.set_floatx("float64")
    network = kgan.networks.mlp_discriminator((2,), width=8)
    for v in network.trainable_variables:
        v.assign(np.random.default_rng(0).normal(size=v.shape))
    real, fake = (tf.constant(np.random.default_rng(i).normal(size=(1, 2))) for i in (1, 2))
    many = lambda x: tf.tile(x, [50_000, 1])  # noqa: E731
    for name in ("r1", "r2", "r1_r2"):
        exact = float(penalties.get(f"{name}(gamma=2)")(network, real, fake, kgan.random.key(0)))
        cheap = penalties.get(f"{name}(gamma=2, differences=1e-5)")(network, many(real), many(fake), kgan.random.key(0))
        assert float(cheap) == pytest.approx(exact, rel=0.03)  # four standard errors


def test_differences_go_through_any_layer_in_half_precision_and_under_xla():
    keras.config.set_dtype_policy("mixed_bfloat16")
    up = keras.layers.UpSampling2D(interpolation="bilinear")
    critic = keras.Sequential([keras.Input((4, 4, 1)), up, keras.layers.Flatten(), keras.layers.Dense(1)])
    gan = kgan.GAN(kgan.networks.mlp_generator((4, 4, 1), 2, 4, 1), critic, 2)
    with pytest.raises(InputError, match="second-order"):
        gan.compile(penalties=["r1"])
    gan.compile(penalties=["r1(differences=0.1)"], jit_compile=True)
    logs = gan.train_on_batch(np.random.default_rng(0).uniform(-1, 1, (8, 4, 4, 1)).astype("float32"))
    assert 0 < logs["r1"] < np.inf
    noisy = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dropout(0.5)])
    gan = kgan.GAN(kgan.networks.mlp_generator((4, 4, 1), 2, 4, 1), keras.Sequential([noisy, keras.layers.Dense(1)]), 2)
    gan.compile(penalties=["r1"])
    with pytest.raises(InputError, match=r"Dropout.* makes others"):
        gan.compile(penalties=["r1(differences=0.1)"])
