"""AdaGAN's weights against what they are to minimise, by an optimiser; resampling; a cascade's gate."""

import numpy as np
import pytest
from scipy import optimize

from kgan.checks import InputError
from kgan.reweighting import adagan_weights, highest, systematic

RATIOS = np.random.default_rng(0).gamma(0.7, size=9)


@pytest.mark.parametrize("beta", [0.1, 0.25, 0.5, 1.0])
def test_adagan_weights_bring_the_mixture_as_near_as_can_be(beta):
    """Over 9 points with p_data = 1/9: the Q of the simplex that minimises the reverse KL and JS divergences."""
    weights = adagan_weights(RATIOS, beta)
    assert weights.sum() == pytest.approx(1.0) and weights.min() >= 0

    def divergences(q):
        p, mixed = 1 / 9, (1 - beta) * RATIOS / 9 + beta * q
        mean = (p + mixed) / 2
        return np.array([(p * np.log(p / mixed)).sum(), (p * np.log(p / mean) + mixed * np.log(mixed / mean)).sum()])

    for which in range(2):
        best = optimize.minimize(
            lambda q, which=which: divergences(np.maximum(q, 1e-12))[which],
            np.full(9, 1 / 9),
            bounds=[(0, 1)] * 9,
            constraints={"type": "eq", "fun": lambda q: q.sum() - 1},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        np.testing.assert_allclose(weights, best.x, atol=2e-3)
        assert divergences(weights)[which] <= best.fun + 1e-7


def test_adagan_weights_at_the_ends():
    np.testing.assert_allclose(adagan_weights(RATIOS, 1.0), 1 / 9)  # the first generator: the data themselves
    np.testing.assert_allclose(adagan_weights(np.array([0.0, 5.0, 5.0, 0.0]), 0.5), [0.5, 0, 0, 0.5])
    for bad in ([], [-1.0], [np.inf], [[1.0]]):
        with pytest.raises(InputError, match="ratios: wanted finite numbers from 0 on"):
            adagan_weights(np.array(bad), 0.5)
    with pytest.raises(InputError, match="beta: wanted a number"):
        adagan_weights(RATIOS, 1.5)


def test_systematic_resampling_is_in_proportion_up_to_one():
    weights = np.append(RATIOS, [0.0, 0.0])
    for seed in range(5):
        rows = systematic(weights, seed)
        counts = np.bincount(rows, minlength=11)
        assert len(rows) == 11 and (counts[-2:] == 0).all()
        assert (np.abs(counts - 11 * weights / weights.sum()) < 1).all()
    assert any(not np.array_equal(systematic(weights, 0), systematic(weights, seed)) for seed in range(1, 5))
    np.testing.assert_array_equal(systematic(np.ones(6), 3), np.arange(6))


def test_a_cascade_hands_the_highest_scores_on():
    scores = np.array([0.1, 5.0, 3.0, -1.0, 4.0])
    np.testing.assert_array_equal(highest(scores, np.array([0, 2, 3, 4]), 0.5), [2, 4])
    np.testing.assert_array_equal(highest(scores, np.array([0, 3]), 0.01), [0])
