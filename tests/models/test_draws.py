"""What layers draw (dropout, noise) is a function of the round, or of a sample's seed, and of nothing before."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import random
from kgan.game import combine


class Noise(keras.layers.Layer):
    """Adds noise also where it does not train."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator()

    def call(self, x):
        return x + keras.random.normal(tf.shape(x), seed=self.generator, dtype=x.dtype)


def build(**settings):
    keras.utils.set_random_seed(0)
    dense = lambda n, activation=None: keras.layers.Dense(n, activation)  # noqa: E731
    gan = kgan.GAN(
        keras.Sequential([keras.Input((2,)), dense(8, "tanh"), Noise(), dense(2)]),
        keras.Sequential([keras.Input((2,)), dense(8, "tanh"), keras.layers.Dropout(0.5), dense(1)]),
        latent_dim=2,
    )
    gan.compile(seed=1, **settings)
    return gan


@pytest.fixture(scope="module")
def gan():
    return build()


REALS = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


def numbers(gan):
    return [np.array(v) for v in gan.trainable_variables]


def scramble(gan):
    """As if something else had drawn from the layers: a picture, a measurement, another run."""
    for network in (gan.generator, gan.discriminator, gan.average.network):
        random.reseed([network], tf.constant([5, 9]))


def test_the_jacobian_is_that_of_the_field_dropout_and_noise_included(gan):
    """Against central differences, in float32."""
    game, round = gan.game, gan.round(REALS, lazy=False)
    rng = np.random.default_rng(1)
    direction = combine(lambda w: tf.constant(rng.normal(size=w.shape), "float32"), game.point())
    near, here = game.linearize(round), game.point()
    found = near.jvp(direction)
    scramble(gan)

    def field(h):
        with game.at(combine(lambda w, u: w + h * u, here, direction)):
            return game.vector_field(round)[0]

    expected = combine(lambda a, b: (a - b) / 2e-2, field(1e-2), field(-1e-2))
    flat = lambda point: np.concatenate([np.ravel(x) for part in point.values() for x in part])  # noqa: E731
    np.testing.assert_allclose(flat(found), flat(expected), atol=0.01 * np.abs(flat(expected)).max())
    np.testing.assert_array_equal(flat(game.vector_field(round)[0]), flat(near.field))


def test_a_round_does_not_depend_on_what_was_drawn_before():
    ends = []
    for disturb in (False, True):
        gan = build()
        for _ in range(2):
            if disturb:
                scramble(gan)
            gan.train_on_batch(REALS)
        ends.append(numbers(gan))
    for a, b in zip(*ends, strict=True):
        np.testing.assert_array_equal(a, b)


def test_draws_differ_between_rounds_and_within_one(gan):
    seen = []
    for step in range(2):
        gan.step.assign(step)
        round = gan.round(REALS).drawn(0)
        seen += [gan.generate(tf.ones((8, 2)), round).numpy(), gan.generate(tf.ones((8, 2)), round).numpy()]
    assert len({x.tobytes() for x in seen}) == 4


def test_a_sample_is_a_function_of_its_seed(gan):
    first = gan.sample(4, seed=3)
    scramble(gan)
    np.testing.assert_array_equal(gan.sample(4, seed=3), first)
    assert not np.array_equal(gan.sample(4, seed=4), first)
    two = gan.sample(4, seed=3, batch_size=2)  # batches draw apart
    np.testing.assert_array_equal(two[:2], gan.sample(2, seed=3))


def test_evaluation_is_repeatable(gan):
    data = tf.data.Dataset.from_tensor_slices(REALS).batch(4)
    first = gan.evaluate(data)
    scramble(gan)
    assert gan.evaluate(data) == first


def test_keras_tells_a_layers_generators_apart_by_their_names():
    """If Keras renames them, `random.reseed` has to look for another name."""
    names = [v.name for v in keras.Sequential([keras.Input((2,)), Noise(), keras.layers.Dropout(0.5)]).variables]
    assert names == ["seed_generator_state"] * 2


def test_networks_that_draw_nothing_take_no_seed():
    """No operation is added to the round for layers that have no use for it."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with tf.Graph().as_default() as graph:
        random.reseed([network], tf.constant([1, 2]), 3)
    assert [operation.type for operation in graph.get_operations()] == ["Const"]
