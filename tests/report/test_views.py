"""The way between latents, and nearest neighbours, against what brute force says."""

import numpy as np
import pytest
import scipy.spatial.distance

from kgan.metrics.networks import Raw
from kgan.report import views

RANDOM = np.random.default_rng(0)


def test_a_row_leads_from_one_latent_to_another():
    matrix = RANDOM.normal(size=(5, 12))
    seen = []

    def generate(latents):
        seen.append(latents)
        return (latents @ matrix).reshape(-1, 2, 2, 3)

    samples = views.interpolation(generate, 5, rows=3, columns=7, seed=1)
    latents = seen[0].reshape(3, 7, 5)
    assert samples.shape == (3, 7, 2, 2, 3) and latents.dtype == np.float32
    start, end = np.random.default_rng(1).normal(size=(2, 3, 5))
    np.testing.assert_allclose(latents[:, 0], start, rtol=1e-6)
    np.testing.assert_allclose(latents[:, -1], end, rtol=1e-6)
    steps = [1 - scipy.spatial.distance.cosine(a, b) for a, b in zip(latents[0], latents[0][1:], strict=False)]
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)  # equal angles


def test_the_nearest_come_first():
    samples, reals = RANDOM.normal(size=(30, 4, 4, 1)), RANDOM.normal(size=(200, 4, 4, 1))
    found = views.neighbours(samples, reals, Raw(), show=6, k=3)
    distances = scipy.spatial.distance.cdist(samples.reshape(30, -1), reals.reshape(200, -1))
    np.testing.assert_array_equal(found.reals, reals[distances[:6].argsort(1)[:, :3].T])
    np.testing.assert_array_equal(found.samples, samples[:6])
    among = scipy.spatial.distance.cdist(reals.reshape(200, -1), reals.reshape(200, -1)) + np.diag(np.full(200, np.inf))
    assert found.ratio == pytest.approx(np.median(distances.min(1)) / np.median(among.min(1)))


def test_copies_are_near_and_new_samples_are_not():
    reals, new = RANDOM.normal(size=(2, 500, 3))
    ratio = lambda samples: views.neighbours(samples, reals, Raw()).ratio  # noqa: E731
    assert ratio(reals[:100] + 1e-6) < 0.01
    assert 0.8 < ratio(new) < 1.25
