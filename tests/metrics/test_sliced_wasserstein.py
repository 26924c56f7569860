import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import uniform_filter1d

from kgan.checks import InputError
from kgan.metrics import sliced_wasserstein, sliced_wasserstein_pyramid

random = np.random.default_rng(0)
IMAGES = random.uniform(-1, 1, (64, 32, 32, 1)).astype("float32")


def test_shift_and_scale():
    x = random.normal(size=(20_000, 5))
    shift = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    seen = sliced_wasserstein(x, x + shift, projections=4000)
    assert seen == pytest.approx(np.linalg.norm(shift) / np.sqrt(5), abs=4 * seen.error)
    assert sliced_wasserstein(x, 3.0 * x) == pytest.approx(2.0, rel=0.02)


def test_axioms():
    x, y = random.normal(size=(300, 4)), random.normal(size=(200, 4)) + 1.0
    assert sliced_wasserstein(x, x) == 0 and sliced_wasserstein(x, random.permutation(x)) < 1e-9
    assert sliced_wasserstein(x, y) == pytest.approx(sliced_wasserstein(y, x), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 70), (60, 20)])
def test_one_dimension(n, m):
    """By repeating the samples up to equal numbers, where the optimal plan pairs them in order; W_1 by SciPy."""
    from kgan.metrics.sliced_wasserstein import _transport

    x, y = np.sort(random.normal(size=n)), np.sort(random.normal(size=m) + 0.5)
    assert _transport(x, y, 1) == pytest.approx(stats.wasserstein_distance(x, y), rel=1e-10)
    repeated = np.mean((np.repeat(x, m) - np.repeat(y, n)) ** 2)
    assert sliced_wasserstein(x[:, None], y[:, None]) == pytest.approx(np.sqrt(repeated), rel=1e-10)


def test_pyramid():
    same = sliced_wasserstein_pyramid(IMAGES, IMAGES, projections=32)
    assert set(same) == {"32", "16", "mean"}
    blurred = uniform_filter1d(IMAGES, 4, axis=1)
    other = sliced_wasserstein_pyramid(IMAGES, blurred, projections=32)
    assert other["mean"] > 3 * same["mean"]
    assert other["mean"] == pytest.approx((other["32"] + other["16"]) / 2)
    assert set(sliced_wasserstein_pyramid(IMAGES[:, :28, :28], IMAGES[:, :28, :28], 2, 2)) == {"28", "14", "mean"}
    large = np.zeros((2, 256, 256, 1), "float32")
    assert list(sliced_wasserstein_pyramid(large, large, 2, 2)) == ["256", "128", "64", "32", "16", "mean"]


def test_the_pyramid_tells_the_scale():
    """A shade across the whole image is on the coarse level only."""
    shade = random.normal(size=(64, 1, 1, 1)) * np.linspace(-1, 1, 32)[:, None]
    same = sliced_wasserstein_pyramid(0.1 * IMAGES, 0.1 * IMAGES, projections=32)
    shaded = sliced_wasserstein_pyramid(0.1 * IMAGES, 0.1 * IMAGES + shade, projections=32)
    assert shaded["16"] > 5 * same["16"] and shaded["32"] < 0.5 * shaded["16"]


def test_bad_input():
    with pytest.raises(InputError, match="images: wanted two sets"):
        sliced_wasserstein_pyramid(IMAGES, IMAGES[:, :16])
    with pytest.raises(InputError, match="projections"):
        sliced_wasserstein(random.normal(size=(3, 2)), random.normal(size=(3, 2)), projections=0)
