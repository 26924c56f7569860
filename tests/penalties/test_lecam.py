"""LeCam: its anchors, round by round, against NumPy."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from kgan import penalties


def play(step, training=True):
    real, fake = np.random.default_rng(step).normal([2.0, -1.0], 1.0, (5, 2)).T.astype("float32")
    logits = tf.constant(real[:, None]), tf.constant(fake[:, None])
    # A judge to whom samples are logits.
    return penalties.Play(None, None, tf.identity, None, None, *logits, step=step, training=training)


@pytest.mark.parametrize("graph", [False, True])
def test_anchors_follow_and_the_term_begins_at_start(graph):
    penalty = penalties.LeCam(weight=0.5, decay=0.9, start=3)

    def term(step, real, fake):
        return penalty.discriminator_term(dataclasses.replace(play(0), step=step, real=real, fake=fake))

    term = tf.function(term, autograph=False) if graph else term
    anchors = np.zeros(2)
    for step in range(8):
        logits = play(step).real_logits, play(step).fake_logits
        means, decay = np.array([np.mean(x) for x in logits]), 0.9 if step > 3 else 0.0
        anchors = decay * anchors + (1 - decay) * means
        expected = 0.5 * (np.mean((logits[0] - anchors[1]) ** 2) + np.mean((logits[1] - anchors[0]) ** 2))
        value = float(term(tf.constant(step, "int64"), *logits))
        assert value == pytest.approx(expected if step >= 3 else 0.0, rel=1e-5)
        np.testing.assert_allclose([v.numpy() for v in penalty.variables], anchors, rtol=1e-5)


def test_only_training_moves_the_anchors_and_they_are_constant_in_the_gradient():
    penalty = penalties.LeCam(start=0)
    penalty.discriminator_term(play(0))
    before = [v.numpy() for v in penalty.variables]
    penalty.discriminator_term(play(1, training=False))
    assert [v.numpy() for v in penalty.variables] == before
    shown = play(2)
    with tf.GradientTape() as tape:
        tape.watch([shown.real, shown.fake])
        value = penalty.discriminator_term(shown)
    gradient = tape.gradient(value, shown.real)
    expected = 0.3 * 2 * (shown.real_logits - penalty.fake_anchor.value) / 5
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)
    assert [v.trainable for v in penalty.variables] == [False, False]
