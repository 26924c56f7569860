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


def two_places(p, q, n):
    """Which of n * n pairs of a real and a fake are at place a, not b: shares p and q, independently; (n * n, 1)."""
    return (pairs.reshape(-1, 1) for pairs in np.meshgrid(np.arange(n) < p * n, np.arange(n) < q * n))


@pytest.mark.parametrize(
    ("name", "best", "shares"),
    [
        ("relativistic", lambda p, q: np.log(p * (1 - q) / ((1 - p) * q)), (0.7, 0.2, 10)),
        ("relativistic(hinge)", lambda p, q: np.sign(p - q), (0.7, 0.2, 10)),
        (
            "relativistic_average(least_squares(a=-1, b=1))",
            lambda p, q: 2 * (p - q) / (p + q + p * p + q * q - 4 * p * q),
            (0.7, 0.2, 10),
        ),
        # u = exp(d / 3) solves u^3 - 3 u = 4.
        (
            "relativistic_average",
            lambda p, q: 3 * np.log(np.cbrt(2 + np.sqrt(3)) + np.cbrt(2 - np.sqrt(3))),
            (2 / 3, 1 / 3, 3),
        ),
    ],
)
def test_the_best_relativistic_discriminator_of_two_places(name, best, shares):
    """Places a and b, of which reals take a with probability p and fakes with q: all that counts is D(a) - D(b)."""
    p, q, _ = shares
    loss = losses.get(name)
    real_at_a, fake_at_a = two_places(*shares)

    def asked(d):
        return float(loss.discriminator(tf.constant(d * real_at_a), tf.constant(d * fake_at_a)))

    found = optimize.minimize_scalar(asked, bounds=(-9, 9), method="bounded", options={"xatol": 1e-9})
    assert found.x == pytest.approx(best(p, q), abs=1e-4)


def test_top_k_leaves_the_discriminator_its_best():
    p, q = 0.7, 0.2
    loss = losses.get("top_k(share=0.1)")
    real_at_a, fake_at_a = two_places(p, q, 10)

    def asked(d):
        return float(loss.discriminator(*(tf.constant(np.where(at_a, *d)) for at_a in (real_at_a, fake_at_a))))

    best = [np.log(p / q), np.log((1 - p) / (1 - q))]
    np.testing.assert_allclose(optimize.minimize(asked, [0.0, 0.0], tol=1e-9).x, best, atol=1e-4)


def test_flipped_labels_draw_the_best_discriminator_to_the_mixtures():
    """As if a share of the reals were fakes, and of the fakes reals: log(((1 - s) p + s q) / (s p + (1 - s) q))."""
    p, q, s, many = 0.8, 0.3, 0.1, (100_000, 1)
    loss = losses.get(f"flipped_labels(share={s})")

    def asked(v):
        logits = tf.fill(many, tf.constant(v, "float64"))
        return float(tf.reduce_mean(p * loss.real_term(logits) + q * loss.fake_term(logits)))

    found = optimize.minimize_scalar(asked, bounds=(-9, 9), method="bounded", options={"xatol": 1e-9})
    assert found.x == pytest.approx(np.log(((1 - s) * p + s * q) / (s * p + (1 - s) * q)), abs=0.02)
