import tracemalloc

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from kgan.checks import InputError
from kgan.metrics import birthday_paradox


@pytest.mark.parametrize(("support", "size"), [(365, 23), (1000, 38)])
def test_the_classical_birthdays(support, size):
    """As many different samples as days: half of all groups of 23 (38) share one."""
    random = np.random.default_rng(0)
    days = random.normal(size=(support, 3))[random.integers(support, size=6000)]
    seen = birthday_paradox(days)
    assert abs(seen["batch_size"] - size) <= 2
    assert seen["support"] == pytest.approx(size**2 / (2 * np.log(2)), rel=0.12)


def test_the_reals_say_how_close_a_duplicate_is():
    random = np.random.default_rng(1)
    real = random.normal(size=(2000, 8))
    copies = random.normal(size=(50, 8))[random.integers(50, size=1000)] + 1e-4 * random.normal(size=(1000, 8))
    assert birthday_paradox(copies)["support"] == np.inf  # no two are exactly the same
    assert birthday_paradox(copies, real)["support"] == pytest.approx(50, rel=0.4)
    assert birthday_paradox(real, real)["support"] > 1000
    assert birthday_paradox(copies, threshold=0.01) == birthday_paradox(copies, real)
    with pytest.raises(InputError, match="got both"):
        birthday_paradox(copies, real, threshold=0.1)
    with pytest.raises(InputError, match="threshold: wanted a number from 0 on, got 'a'"):
        birthday_paradox(copies, threshold="a")


@pytest.mark.parametrize("threshold", [0.003, 0.02, 0.2, 3.0])
def test_the_first_duplicate_by_all_pairs(threshold):
    """Near pairs of which one may have many, from few to all: in each order, the first whose pair came before it."""
    x = np.random.default_rng(2).normal(size=(200, 2))
    near = cdist(x, x) <= threshold
    random = np.random.default_rng(5)
    first = []
    for _ in range(99):
        order = random.permutation(200)
        before = np.tril(near[np.ix_(order, order)], -1).any(1)
        first.append(before.argmax() + 1 if before.any() else np.inf)
    assert birthday_paradox(x, threshold=threshold, trials=99, seed=5)["batch_size"] == np.median(first)


@pytest.mark.slow
@pytest.mark.parametrize(("collapsed", "size"), [(True, 2), (False, np.inf)])
def test_ten_thousand_samples_take_little_memory(collapsed, size):
    """Where all are the same, all of 50 million pairs are duplicates."""
    x = np.ones((10_000, 4)) if collapsed else np.random.default_rng(3).normal(size=(10_000, 4))
    tracemalloc.start()
    assert birthday_paradox(x)["batch_size"] == size
    assert tracemalloc.get_traced_memory()[1] < 500e6
    tracemalloc.stop()
