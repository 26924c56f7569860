"""Every epoch and every seed has an order of its own, from the first to the last bit, and each order is as likely."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kgan import order

EPOCHS, SIZE, SEEDS = 1500, 16, (0, 256, 2**30)


@pytest.fixture(scope="module")
def epochs():
    """The permutations of 1,500 epochs for each of the seeds: (3, epochs, size)."""
    shuffled = tf.function(
        lambda seed: tf.map_fn(
            lambda e: order.permutation(SIZE, seed, e), tf.range(EPOCHS), fn_output_signature="int64"
        ),
        autograph=False,
    )
    return np.stack([shuffled(seed).numpy() for seed in SEEDS])


def chi_square(table):
    """p of a table of counts that should all be equal in each row and in each column."""
    return stats.chisquare(table, ddof=2 * len(table) - 2, axis=None).pvalue


def test_every_place_holds_every_example_equally_often(epochs):
    for seed in epochs:
        counts = np.zeros((SIZE, SIZE), int)
        np.add.at(counts, (np.arange(SIZE)[None, :].repeat(EPOCHS, 0), seed), 1)
        assert chi_square(counts) > 1e-3


@pytest.mark.parametrize("what", ["next epoch", "256 epochs later", "256 seeds later", "seed of another high bit"])
def test_orders_are_independent(epochs, what):
    """Where an example of one order stands in the other: equally often anywhere."""
    one, other = {
        "next epoch": (epochs[0, :-1], epochs[0, 1:]),
        "256 epochs later": (epochs[0, :-256], epochs[0, 256:]),
        "256 seeds later": (epochs[0], epochs[1]),
        "seed of another high bit": (epochs[0], epochs[2]),
    }[what]
    assert not np.any(np.all(one == other, axis=1))
    counts = np.zeros((SIZE, SIZE), int)
    np.add.at(counts, (one, other), 1)
    assert chi_square(counts) > 1e-3


def test_begins_anywhere_at_once_in_a_million():
    """Beginning in the midst of a late epoch serves what lies there, in order, from one permutation."""
    size, batch = 1_000_000, 64
    per_epoch = size // batch
    start = 700 * per_epoch + 9000
    rows = list(order.batches(size, batch, 3, start, start + 3).as_numpy_iterator())
    np.testing.assert_array_equal(
        rows, order.permutation(size, 3, 700)[9000 * batch : 9003 * batch].numpy().reshape(3, batch)
    )
    across = list(order.batches(size, batch, 3, start, 701 * per_epoch + 1).skip(per_epoch - 9000).as_numpy_iterator())
    np.testing.assert_array_equal(across, [order.permutation(size, 3, 701)[:batch]])


@pytest.mark.parametrize("seed", [0, -5, 2**31 - 1, 2**40 + 7])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_tensorflows_own_permutation(seed, size):
    """That of its function, to the bit."""
    for epoch in (0, 1, 700, 2**33):
        key, places = tf.constant([seed, epoch], "int64"), tf.range(size, dtype="int64")
        theirs = tf.random.experimental.stateless_shuffle(places, key, alg="philox")
        np.testing.assert_array_equal(order.permutation(size, seed, tf.constant(epoch, "int64")), theirs)
