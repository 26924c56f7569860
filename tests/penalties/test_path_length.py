"""Path length: on a linear generator, whose Jacobian is known; and its average, round by round."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import penalties
from kgan.checks import InputError

SEED = kgan.random.key(2)
A = np.random.default_rng(0).normal(size=(3, 4 * 6 * 2)).astype("float32")


def play(step=0, training=True, shape=(4, 6, 2), scale=1.0):
    def generate(z):
        return tf.reshape(scale * z @ A, (-1, *shape))

    return penalties.Play(
        None, None, None, generate, tf.ones((5, 3)), None, None, step=step, seed=SEED, training=training
    )


def lengths(shape=(4, 6, 2), pixels=24):
    """||A y||: of every second of the five latents."""
    y = kgan.random.normal((3, *shape), SEED).numpy().reshape(3, -1)
    return np.linalg.norm(A @ y.T / np.sqrt(pixels), axis=0)


@pytest.mark.parametrize(("shape", "pixels"), [((4, 6, 2), 24), ((48,), 1)])
def test_value_on_a_linear_generator(shape, pixels):
    penalty = penalties.PathLength(weight=3.0, decay=0.5)
    expected = lengths(shape, pixels)
    value = float(penalty.generator_term(play(shape=shape)))
    mean = 0.5 * expected.mean()  # from 0, half of the way
    assert float(penalty.mean) == pytest.approx(mean, rel=1e-5)
    assert value == pytest.approx(4 * 3.0 * np.mean((expected - mean) ** 2), rel=1e-5)


def test_the_average_is_constant_in_the_gradient():
    penalty, scale, each = penalties.PathLength(weight=3.0, decay=0.5), tf.constant(1.0), lengths()
    with tf.GradientTape() as tape:
        tape.watch(scale)
        value = penalty.generator_term(play(scale=scale))
    expected = 4 * 3.0 * np.mean(2 * (each - 0.5 * each.mean()) * each)
    assert float(tape.gradient(value, scale)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("graph", [False, True])
def test_rounds_between_cost_nothing_and_move_nothing(graph):
    penalty = penalties.PathLength(interval=3, decay=0.25)
    asked = []

    def term(step):
        shown = play(step)

        def counted(z):
            tf.py_function(lambda: asked.append(1), [], [])
            return shown.generate(z)

        return penalty.generator_term(dataclasses.replace(shown, generate=counted))

    term = tf.function(term, autograph=False) if graph else term
    mean = 0.0
    for step in range(7):
        value = float(term(tf.constant(step, "int64")))
        if step % 3 == 0:
            mean += 0.25 * (lengths().mean() - mean)
        assert float(penalty.mean) == pytest.approx(mean, rel=1e-5)
        assert (value > 0.0) == (step % 3 == 0)
    assert len(asked) == 3


def test_a_round_that_is_not_lazy_takes_the_term_once():
    penalty = penalties.PathLength()
    lazy = float(penalty.generator_term(play(step=4, training=False)))
    now = penalty.generator_term(dataclasses.replace(play(step=5, training=False), lazy=False))
    assert float(now) == pytest.approx(lazy / 4, rel=1e-5)


def test_only_training_moves_the_average():
    penalty = penalties.PathLength()
    value = float(penalty.generator_term(play(training=False)))
    assert float(penalty.mean) == 0.0 and value == pytest.approx(4 * 2.0 * np.mean(lengths() ** 2), rel=1e-5)
    assert not penalty.mean.trainable


def test_zero_where_every_path_is_as_long_as_the_average():
    """A rotation of the latents: ||J'y|| = ||y||, which the average is told here."""
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2)))[0].astype("float32")
    shown = penalties.Play(
        None, None, None, lambda z: z @ rotation, tf.ones((2, 2)), None, None, seed=SEED, training=False
    )
    penalty = penalties.PathLength()
    penalty.mean.assign(np.linalg.norm(kgan.random.normal((1, 2), SEED)))
    assert float(penalty.generator_term(shown)) == pytest.approx(0.0, abs=1e-10)


def test_of_a_prior_of_parts_it_is_that_of_all_of_them_together():
    whole, split = play(), lambda z: {"code": z[:, :1], "latents": z[:, 1:]}
    joined = lambda parts: tf.concat([parts["code"], parts["latents"]], 1)  # noqa: E731
    generate = lambda parts: whole.generate(joined(parts))  # noqa: E731
    parts = dataclasses.replace(whole, latents=split(whole.latents), generate=generate)
    values = [float(penalties.PathLength().generator_term(one)) for one in (whole, parts)]
    assert values[1] == pytest.approx(values[0], rel=1e-6)
    with pytest.raises(InputError, match="'path_length' is about latents, and this generator is fed none"):
        penalties.PathLength().generator_term(dataclasses.replace(whole, latents={}))


def test_with_conditions_it_looks_at_the_whole_batch():
    """A generator with labels makes as many samples as there are labels."""
    whole, labels = play(), tf.range(5)
    seen = []

    def generate(z):
        seen.append(z.shape[0])
        return whole.generate(z) * tf.cast(labels, "float32")[:, None, None, None]

    value = penalties.PathLength().generator_term(dataclasses.replace(whole, given=labels, generate=generate))
    assert set(seen) == {5} and np.isfinite(float(value))
