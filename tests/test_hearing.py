"""Ways of hearing several discriminators, against NumPy and the weights that the papers' gradients have."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from kgan import hearing
from kgan.checks import InputError

LOSSES = np.array([0.7, 1.9, 0.2, 1.1], "float32")
ALL, SOME = np.array([True] * 4), np.array([True, False, True, True])


def heard(way, mask=ALL, losses=LOSSES):
    """(the value, its gradient by the losses)."""
    x = tf.constant(losses)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = hearing.get(way)(x, tf.constant(mask))
    return float(value), np.array(tape.gradient(value, x))


def softened(losses, sharpness):
    weights = special.softmax(sharpness * losses.astype("float64"))
    value = (weights * losses).sum()
    return value, weights * (1 + sharpness * (losses - value))  # through the weights too


@pytest.mark.parametrize("mask", [ALL, SOME])
def test_values_and_gradients(mask):
    some = LOSSES[mask].astype("float64")
    slack = 1.1 * some.max() + 1e-8 - some
    expected = {
        "mean": (some.mean(), np.full(len(some), 1 / len(some))),
        "max": (some.max(), (some == some.max()) * 1.0),
        "softmax(sharpness=2)": softened(some, 2.0),
        "softmax(sharpness=0)": (some.mean(), np.full(len(some), 1 / len(some))),
        "learnt_softmax": softened(some, np.log1p(np.exp(-2.0))),
        "hypervolume(slack=1.1)": (-np.log(slack).sum(), 1 / slack),
    }
    for way, (value, gradient) in expected.items():
        got, by_losses = heard(way, mask)
        np.testing.assert_allclose(got, value, rtol=1e-5, err_msg=way)
        np.testing.assert_allclose(by_losses[mask], gradient, rtol=1e-4, atol=1e-6, err_msg=way)
        assert (by_losses[~mask] == 0).all(), way


def test_a_sharp_softmax_is_the_maximum_and_the_hypervolume_stands_below_zero_too():
    assert heard("softmax(sharpness=500)")[0] == pytest.approx(LOSSES.max(), rel=1e-6)
    value, gradient = heard("hypervolume", losses=-LOSSES)
    eta = -LOSSES.max() * 0 + (-LOSSES).max() + 0.1 * abs((-LOSSES).max())
    np.testing.assert_allclose(value, -np.log(eta + LOSSES).sum(), rtol=1e-4)
    assert gradient.argmax() == LOSSES.argmin() and (gradient > 0).all()


def test_what_is_learnt_begins_where_the_paper_does_and_is_rewarded():
    way = hearing.LearntSoftmax(reward=0.5)
    with tf.GradientTape() as tape:
        term = way.term
    assert float(term) == pytest.approx(-0.5 * np.log1p(np.exp(-2.0)), rel=1e-6)
    assert float(tape.gradient(term, way.raw.value)) == pytest.approx(-0.5 * special.expit(-2.0), rel=1e-6)


def test_bad_arguments_are_told():
    for way, message in {
        "median": "hear: .*median",
        "softmax(sharpness=-1)": "sharpness: wanted a number from 0 on",
        "hypervolume(slack=1)": "slack: wanted a number above 1",
        "learnt_softmax(reward=-1)": "reward: wanted a number from 0 on",
    }.items():
        with pytest.raises(InputError, match=message):
            hearing.get(way)
