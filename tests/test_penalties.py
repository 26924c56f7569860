"""The contract of penalties: values by formula, gradients by finite differences through the real networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import penalties
from kgan.checks import InputError
from tests import numeric

PENALTIES = ["gradient_penalty", "gradient_penalty(one_sided=True, target=0.5)", "r1(gamma=2.0)", "r2"]
CRITICS = {
    "mlp": lambda: kgan.networks.mlp_discriminator((8, 8, 1), width=8),
    "dcgan": lambda: kgan.networks.dcgan_discriminator((8, 8, 1), width=4),
    "dcgan, spectral": lambda: kgan.networks.dcgan_discriminator((8, 8, 1), width=4, normalization="spectral"),
    "sngan": lambda: kgan.networks.sngan_discriminator((8, 8, 1), width=4),
}


def test_every_penalty_is_listed_here():
    assert {name.split("(")[0] for name in PENALTIES} == set(penalties.PENALTIES)


def case(critic):
    keras.config.set_floatx("float64")
    model = CRITICS[critic]()
    rng = np.random.default_rng(0)
    for v in model.trainable_variables:
        v.assign(v.numpy() + rng.normal(size=v.shape) * 0.3)
    real, fake = (tf.constant(x) for x in rng.uniform(-1, 1, (2, 3, 8, 8, 1)))
    return model, real, fake, rng


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("critic", CRITICS)
def test_gradient_agrees_with_finite_differences_in_float64(name, critic):
    model, real, fake, rng = case(critic)
    penalty, seed = penalties.get(name), kgan.random.key(3)

    def value():
        return penalty(lambda x: model(x, training=True), real, fake, seed)

    variables = model.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch([v.value for v in variables])
        result = value()
    assert result.shape == () and float(result) > 1e-4
    gradients = tape.gradient(result, [v.value for v in variables], unconnected_gradients="zero")
    for _ in range(3):  # along random directions: every weight takes part
        directions = [rng.normal(size=v.shape) for v in variables]
        found = sum(float(tf.reduce_sum(g * d)) for g, d in zip(gradients, directions, strict=True))
        assert found == pytest.approx(numeric.directional(value, variables, directions, h=1e-7), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", PENALTIES)
def test_value_on_a_linear_critic_is_the_closed_form(name):
    w = np.array([[3.0], [-4.0]])  # |grad| = 5 everywhere
    expected = {
        PENALTIES[0]: 10 * (5 - 1) ** 2,
        PENALTIES[1]: 10 * (5 - 0.5) ** 2,
        PENALTIES[2]: 2.0 / 2 * 25,
        PENALTIES[3]: 10.0 / 2 * 25,
    }[name]
    x = tf.constant(np.random.default_rng(0).normal(size=(6, 2)))
    value = penalties.get(name)(lambda s: s @ w, x, -x, kgan.random.key(0))
    assert float(value) == pytest.approx(expected, rel=1e-10)


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


def test_one_sided_leaves_small_gradients_alone():
    penalty = penalties.GradientPenalty(one_sided=True)
    x = tf.ones((2, 3))
    assert float(penalty(lambda s: 0.1 * s, x, x, kgan.random.key(0))) == 0.0


@pytest.mark.parametrize("name", PENALTIES)
def test_a_flat_critic_gives_no_nan(name):
    w = tf.zeros((2, 1))
    x = tf.ones((3, 2))
    with tf.GradientTape() as tape:
        tape.watch(w)
        value = penalties.get(name)(lambda s: s @ w, x, x, kgan.random.key(0))
    assert np.isfinite(value) and np.isfinite(tape.gradient(value, w, unconnected_gradients="zero")).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_float32_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    model = kgan.networks.dcgan_discriminator((8, 8, 1), width=4)
    x = tf.random.stateless_uniform((2, 8, 8, 1), (0, 0))
    value = penalties.get("r1")(lambda s: tf.cast(model(s), "float32"), x, x, kgan.random.key(0))
    assert value.dtype == "float32" and np.isfinite(value)


def test_lazy_interval_weighs_as_much_and_runs_every_kth_round():
    def gan(interval):
        keras.utils.set_random_seed(0)
        model = kgan.GAN(
            kgan.networks.mlp_generator((2,), 2, width=8), kgan.networks.mlp_discriminator((2,), width=8), 2
        )
        model.compile(penalties=[f"r1(gamma=1, interval={interval})"])
        return model

    real = tf.random.stateless_normal((16, 2), (0, 0))
    every, third = gan(1), gan(3)
    values = {}
    for name, model in (("every", every), ("third", third)):
        values[name] = [
            float(model.discriminator_objective(kgan.game.Round(real, step=step))[1]["r1"]) for step in range(6)
        ]
    assert values["third"] == pytest.approx([3 * values["every"][0], 0, 0] * 2)


def test_bad_input():
    with pytest.raises(InputError, match=r"penalties: unknown name 'r3'; did you mean 'r[12]'"):
        penalties.get("r3")
    with pytest.raises(InputError, match="interval: wanted a whole number of rounds from 1 on, got 0"):
        penalties.get("r1(interval=0)")
    with pytest.raises(InputError, match="unexpected keyword argument 'gama'"):
        penalties.get("r1(gama=1)")
