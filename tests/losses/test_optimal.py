"""The discriminator that each loss calls best, against densities p and q."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize

from kgan import losses

logit = lambda y: np.log(y) - np.log1p(-y)  # noqa: E731
# name: the best logit at a place where the densities of reals and fakes are p and q
BEST = {
    "minimax": lambda p, q: np.log(p / q),
    "non_saturating": lambda p, q: np.log(p / q),
    "hinge": lambda p, q: np.sign(p - q),
    "least_squares": lambda p, q: p / (p + q),
    "least_squares(a=-1, b=1, c=0)": lambda p, q: (p - q) / (p + q),
    "wasserstein(drift=0.1)": lambda p, q: (p - q) / (0.2 * p),
    # g_f(v) = f'(p / q)
    "fgan(divergence='kl')": lambda p, q: 1 + np.log(p / q),
    "fgan(divergence='reverse_kl')": lambda p, q: np.log(p / q),
    "fgan(divergence='pearson_chi2')": lambda p, q: 2 * (p / q - 1),
    "fgan(divergence='neyman_chi2')": lambda p, q: 2 * np.log(p / q),
    "fgan(divergence='squared_hellinger')": lambda p, q: np.log(p / q) / 2,
    "fgan(divergence='jensen_shannon')": lambda p, q: np.log(p / q),
    "fgan(divergence='gan')": lambda p, q: np.log(p / q),
    "label_smoothing(fake=0.2)": lambda p, q: logit((0.9 * p + 0.2 * q) / (p + q)),
    "noisy_labels(real=(0.9, 0.9), fake=(0.2, 0.2))": lambda p, q: logit((0.9 * p + 0.2 * q) / (p + q)),
}


def test_the_best_discriminator_is_the_formulas():
    for name, (p, q) in itertools.product(BEST, ((0.5, 0.5), (0.8, 0.3), (0.2, 0.6))):
        loss = losses.get(name)

        def asked(v, loss=loss, p=p, q=q):
            v = tf.constant([[v]], "float64")
            return float(p * loss.real_term(v)[0, 0] + q * loss.fake_term(v)[0, 0])

        best = optimize.minimize_scalar(asked, bounds=(-15, 15), method="bounded", options={"xatol": 1e-9})
        assert asked(BEST[name](p, q)) == pytest.approx(best.fun, abs=1e-7), name
        if p != q or name != "hinge":  # where every logit in [-1, 1] is best
            assert best.x == pytest.approx(BEST[name](p, q), abs=1e-4), name


@pytest.mark.parametrize(
    ("name", "best"),
    [
        ("relativistic", lambda p, q: np.log(p * (1 - q) / ((1 - p) * q))),
        ("relativistic(hinge)", lambda p, q: np.sign(p - q)),
        (
            "relativistic_average(least_squares(a=-1, b=1))",
            lambda p, q: 2 * (p - q) / (p + q + p * p + q * q - 4 * p * q),
        ),
    ],
)
def test_the_best_relativistic_discriminator_of_two_places(name, best):
    """Places a and b, of which reals take a with probability p and fakes with q: all that counts is D(a) - D(b)."""
    p, q, n = 0.7, 0.2, 10
    loss = losses.get(name)
    at_a = np.arange(n) < p * n, np.arange(n) < q * n
    real_at_a, fake_at_a = (pairs.reshape(-1, 1) for pairs in np.meshgrid(*at_a))

    def asked(d):
        return float(loss.discriminator(tf.constant(d * real_at_a), tf.constant(d * fake_at_a)))

    found = optimize.minimize_scalar(asked, bounds=(-9, 9), method="bounded", options={"xatol": 1e-9})
    assert found.x == pytest.approx(best(p, q), abs=1e-4)
