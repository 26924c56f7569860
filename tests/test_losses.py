"""The contract of losses, and each loss against its formula."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import losses
from kgan.checks import InputError
from tests import numeric

# (name, D's loss and G's loss where D is 0 everywhere, or where the paper's optimal D is)
AT_EQUILIBRIUM = {
    "minimax": (0.0, 2 * np.log(2), -np.log(2)),
    "non_saturating": (0.0, 2 * np.log(2), np.log(2)),
    "hinge": (0.0, 2.0, 0.0),
    "least_squares": (0.5, 0.25, 0.125),
    "least_squares(a=-1, b=1, c=0)": (0.0, 1.0, 0.0),
    "wasserstein": (0.0, 0.0, 0.0),
}

log_sigmoid = lambda t: -np.logaddexp(0.0, -t)  # noqa: E731
# The papers' formulas in NumPy.
FORMULAS = {
    "minimax": (
        lambda r, f: -log_sigmoid(r).mean() - log_sigmoid(-f).mean(),
        lambda r, f: log_sigmoid(-f).mean(),
    ),
    "non_saturating": (
        lambda r, f: -log_sigmoid(r).mean() - log_sigmoid(-f).mean(),
        lambda r, f: -log_sigmoid(f).mean(),
    ),
    "hinge": (
        lambda r, f: np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean(),
        lambda r, f: -f.mean(),
    ),
    "least_squares": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda r, f: ((f - 1) ** 2).mean() / 2,
    ),
    "least_squares(a=-1, b=1, c=0)": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + ((f + 1) ** 2).mean() / 2,
        lambda r, f: (f**2).mean() / 2,
    ),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
}


def test_every_loss_is_listed_here():
    assert {name.split("(")[0] for name in AT_EQUILIBRIUM} == set(losses.LOSSES)
    assert AT_EQUILIBRIUM.keys() == FORMULAS.keys()


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("shape", [(6, 1), (3, 4, 4, 1)])  # one logit a sample, or patches
def test_values_and_gradients_are_the_formulas(name, shape):
    loss = losses.get(name)
    rng = np.random.default_rng(0)
    real, fake = 3 * rng.normal(size=(2, *shape))
    for method, formula in zip((loss.discriminator, loss.generator), FORMULAS[name], strict=True):
        with tf.GradientTape() as tape:
            r, f = tf.constant(real), tf.constant(fake)
            tape.watch([r, f])
            value = method(r, f)
        assert value.shape == ()
        assert float(value) == pytest.approx(formula(real, fake), rel=1e-12)
        by_real, by_fake = tape.gradient(value, [r, f], unconnected_gradients="zero")
        np.testing.assert_allclose(by_real, numeric.gradient(lambda x, f=formula: f(x, fake), real), atol=1e-8)
        np.testing.assert_allclose(by_fake, numeric.gradient(lambda x, f=formula: f(real, x), fake), atol=1e-8)


@pytest.mark.parametrize("name", AT_EQUILIBRIUM)
def test_value_at_equilibrium(name):
    logit, d_value, g_value = AT_EQUILIBRIUM[name]
    logits = tf.fill((4, 1), tf.constant(logit, "float64"))
    assert float(losses.get(name).discriminator(logits, logits)) == pytest.approx(d_value, abs=1e-12)
    assert float(losses.get(name).generator(logits, logits)) == pytest.approx(g_value, abs=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
def test_finite_at_extreme_logits(name):
    extreme = tf.constant([[1e4], [-1e4]])
    loss = losses.get(name)
    assert np.isfinite(loss.discriminator(extreme, -extreme)) and np.isfinite(loss.generator(extreme, -extreme))


@pytest.mark.parametrize("name", FORMULAS)
def test_the_discriminator_wants_reals_up_and_fakes_down_and_the_generator_fakes_up(name):
    loss, eps = losses.get(name), 1e-3
    logit = tf.constant([[AT_EQUILIBRIUM[name][0]]], "float64")
    at = loss.discriminator(logit, logit)
    assert loss.discriminator(logit + eps, logit) < at and loss.discriminator(logit, logit - eps) < at
    if name != "least_squares(a=-1, b=1, c=0)":  # whose generator is content at 0
        assert loss.generator(logit, logit + eps) < loss.generator(logit, logit)


def test_bad_input():
    with pytest.raises(InputError, match="loss: unknown name 'hing'; did you mean 'hinge'"):
        losses.get("hing")
    with pytest.raises(InputError, match=r"loss: 'hinge\(x=1\)': .*takes no arguments"):
        losses.get("hinge(x=1)")
    with pytest.raises(InputError, match="wanted a name or an object with discriminator, generator"):
        losses.get(lambda r, f: 0)
    with pytest.raises(InputError, match="cannot read 'hinge\\('"):
        losses.get("hinge(")
