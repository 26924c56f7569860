import numpy as np
import pytest

import kgan
from kgan.checks import InputError


def everything(name, seed=0):
    return next(iter(kgan.data.load(name, batch_size=100_000, labels=True, shuffle=False, seed=seed)))


@pytest.mark.parametrize(("name", "count", "sigma"), [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_samples_have_the_moments_of_their_modes(name, count, sigma):
    centres, declared = kgan.data.modes(name)
    assert centres.shape == (count, 2) and centres.dtype == np.float32 and declared == sigma
    points, labels = (t.numpy() for t in everything(name))
    assert points.shape == (100_000, 2) and points.dtype == np.float32
    residual = points - centres[labels]
    assert abs(residual.std() - sigma) < 0.02 * sigma
    assert np.abs(residual.mean(axis=0)).max() < 0.05 * sigma
    share = np.bincount(labels, minlength=count) / 100_000
    assert np.abs(share * count - 1).max() < 0.1  # 100,000 draws: a standard deviation of at most 1.6 %


def test_places_of_the_modes():
    ring, _ = kgan.data.modes("ring")
    np.testing.assert_allclose(np.linalg.norm(ring, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(ring[2], [0.0, 1.0], atol=1e-6)
    grid, _ = kgan.data.modes("grid")
    assert {tuple(c) for c in grid.tolist()} == {(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)}


def test_points_are_a_function_of_the_seed():
    np.testing.assert_array_equal(everything("ring")[0], everything("ring")[0])
    assert not np.array_equal(everything("ring")[0], everything("ring", seed=1)[0])


def test_refusals():
    with pytest.raises(InputError, match="mixture: unknown name 'rings'; did you mean 'ring'"):
        kgan.data.modes("rings")
    with pytest.raises(InputError, match="resolution: got 32x32, but 'ring' holds points, not images; wanted None"):
        kgan.data.load("ring", resolution=32)
    with pytest.raises(InputError, match="split: unknown name 'test'"):
        kgan.data.load("grid", "test")
