"""Labels that are drawn: their laws, their keys, and the loss that they leave in expectation."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import losses, random
from kgan.losses.base import FAKE, REAL
from kgan.schedules import Linear

LOGITS = tf.zeros((20000, 1))


def test_noisy_labels_are_uniform():
    loss = losses.NoisyLabels("hinge", real=(0.7, 1.0), fake=(0.0, 0.3))
    for kind, (low, high) in {REAL: (0.7, 1.0), FAKE: (0.0, 0.3)}.items():
        labels = loss.label(kind, LOGITS).numpy()
        assert labels.min() >= low and labels.max() < high
        assert labels.mean() == pytest.approx((low + high) / 2, abs=4 * 0.3 / np.sqrt(12 * 20000))
        assert labels.std() == pytest.approx(0.3 / np.sqrt(12), rel=0.02)


def test_a_share_of_labels_is_flipped():
    loss = losses.FlippedLabels("hinge", share=0.05)
    wrong = 1 - loss.label(REAL, LOGITS).numpy(), loss.label(FAKE, LOGITS).numpy()
    for flips in wrong:
        assert set(np.unique(flips)) == {0.0, 1.0}
        assert flips.mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 20000))
    assert np.mean(wrong[0] * wrong[1]) == pytest.approx(0.05**2, abs=2e-3)  # reals and fakes independently


def test_a_flipped_sample_counts_as_one_of_the_other_kind():
    loss, logits = losses.FlippedLabels("non_saturating", share=0.5), tf.random.normal((64, 1), seed=0)
    flipped = loss.label(REAL, logits) == 0.0
    other = tf.where(flipped, losses.NonSaturating().fake_term(logits), losses.NonSaturating().real_term(logits))
    np.testing.assert_array_equal(loss.real_term(logits), other)
    every = losses.FlippedLabels("hinge", share=1.0)
    assert every.discriminator(logits, 1 + logits) == losses.Hinge().discriminator(1 + logits, logits)


@pytest.mark.parametrize("name", ["noisy_labels(real=(0.8, 1.0), fake=(0.1, 0.3))", "flipped_labels(share=0.2)"])
def test_expectation_is_smoothing_and_the_generator_sees_the_base(name):
    loss = losses.get(name)
    smooth = losses.LabelSmoothing(real=0.9, fake=0.2) if "noisy" in name else losses.LabelSmoothing(real=0.8, fake=0.2)
    real, fake = LOGITS + 1.0, LOGITS - 0.5
    assert float(loss.discriminator(real, fake)) == pytest.approx(float(smooth.discriminator(real, fake)), abs=0.02)
    assert loss.generator(real, fake) == losses.NonSaturating().generator(real, fake)


@pytest.mark.parametrize("name", ["noisy_labels", "flipped_labels(share=0.5)"])
def test_draws_are_keyed_by_the_seed_and_one_a_sample(name):
    loss = losses.get(name)
    logits = tf.zeros((8, 3, 3, 1))
    assert loss.label(REAL, logits).shape == (8, 1, 1, 1)
    draws = [loss.at(0, random.key(seed)).label(REAL, logits).numpy() for seed in (1, 2, 1)]
    assert (draws[0] == draws[2]).all() and (draws[0] != draws[1]).any()
    assert (loss.label(REAL, logits).numpy() == loss.label(REAL, logits).numpy()).all()  # without `at`: seed (0, 0)
    nested = losses.get(f"flipped_labels({name}, share=0.5)").at(0, random.key(1))
    assert (nested.seed.numpy() != nested.base.seed.numpy()).any()


def test_share_may_be_a_schedule():
    loss = losses.FlippedLabels("hinge", share=Linear(1.0, 0.0, 10))
    assert [float(loss.at(t, random.key(0)).label(FAKE, LOGITS)[0, 0]) for t in (0, 10)] == [1.0, 0.0]
