"""Draws follow their laws, and XLA draws what TensorFlow does."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kgan import philox, random

SEED = random.fold_in(random.key(3), 1, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_laws(dtype):
    normal, uniform = (
        random.normal((100_000,), SEED, dtype).numpy(),
        random.uniform((100_000,), SEED, dtype=dtype).numpy(),
    )
    assert normal.dtype == uniform.dtype == dtype
    assert stats.kstest(normal, "norm").pvalue > 1e-3
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3
    assert uniform.min() >= 0.0 and uniform.max() < 1.0
    moved = random.uniform((1000,), SEED, -3.0, 5.0, dtype).numpy()
    np.testing.assert_array_equal(moved, -3.0 + 8.0 * random.uniform((1000,), SEED, dtype=dtype).numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_under_xla(dtype):
    """Also the seeds that are folded, which are draws themselves."""

    def draws():
        seed = random.fold_in(random.key(7), 4, tf.constant(5, "int64"))
        return random.uniform((1000,), seed, dtype=dtype), random.normal((1000,), seed, dtype), seed

    here, there = draws(), tf.function(draws, jit_compile=True, autograph=False)()
    np.testing.assert_array_equal(here[0], there[0])
    np.testing.assert_allclose(here[1], there[1], rtol=2e-5, atol=1e-6)
    np.testing.assert_array_equal(here[2], there[2])


@pytest.mark.parametrize("seed", [[0, 0], [-5, 2**31 - 1], [2**31 - 1, -(2**31)]])
@pytest.mark.parametrize("xla", [False, True])
def test_tensorflows_own_numbers(seed, xla):
    """Those of its functions, to the bit."""
    seed = tf.constant(seed)

    def ours(number):
        drawn = philox.below(23, (3, number), seed, "int32"), philox.below(52, (5,), seed, "int64")
        return philox.fold_in(seed, number), *drawn

    folded, *drawn = tf.function(ours, jit_compile=xla, autograph=False)(4)
    np.testing.assert_array_equal(folded, tf.random.experimental.stateless_fold_in(seed, 4, alg="philox"))
    for numbers, bits in zip(drawn, (23, 52), strict=True):
        uniform = tf.random.stateless_uniform(numbers.shape, seed, 0, 2**bits, numbers.dtype, alg="philox")
        np.testing.assert_array_equal(numbers, uniform)


def test_normal_is_finite_at_its_ends(monkeypatch):
    """The least and the largest whole number that can be drawn."""
    for dtype, (kind, bits) in random.BITS.items():
        monkeypatch.setattr(philox, "below", lambda *_, k=kind, b=bits: tf.constant([0, 2**b - 1], k))
        low, high = random.normal((2,), SEED, dtype).numpy()
        assert np.isfinite(low) and high == -low
        assert random.uniform((2,), SEED, dtype=dtype).numpy()[1] < 1.0


def test_every_bit_of_a_seed_and_of_what_is_folded_counts():
    """As some of TensorFlow's functions of a seed read the low 8 bits of each word only."""
    seeds = [(0, 0), *((1 << bit, 0) for bit in range(31)), *((0, 1 << bit) for bit in range(31))]
    folded = [random.fold_in(tf.constant(seed), 1) for seed in seeds]
    folded += [random.fold_in(tf.constant([0, 0]), 1 << bit) for bit in range(1, 31)]
    assert len({tuple(one.numpy().tolist()) for one in folded}) == len(folded)
