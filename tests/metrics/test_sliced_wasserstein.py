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


def test_the_error_of_a_shift():
    """(m.u)^2 over directions u has mean |m|^2 / d and variance 2 (d - 1) |m|^4 / (d^2 (d + 2)); its root's error is
    the standard error of the mean, over twice the root."""
    x, shift = random.normal(size=(20, 5)), np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    seen = sliced_wasserstein(x, x + shift, projections=20_000)
    square = shift @ shift
    expected = square / 5 * np.sqrt(2 * 4 / 7 / 20_000) / (2 * np.sqrt(square / 5))
    assert seen.error == pytest.approx(expected, rel=0.05)


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


def reflect(i, n):
    """OpenCV's BORDER_REFLECT_101: gfedcb|abcdefgh|gfedcba."""
    return -i if i < 0 else 2 * (n - 1) - i if i >= n else i


def smooth(image):
    """The 5 x 5 kernel of cv2.pyrDown, pixel by pixel."""
    line = np.array([1, 4, 6, 4, 1])
    kernel, (height, width) = np.outer(line, line) / 256, image.shape
    out = np.zeros(image.shape)
    for y, x, i, j in np.ndindex(height, width, 5, 5):
        out[y, x] += kernel[i, j] * image[reflect(y + i - 2, height), reflect(x + j - 2, width)]
    return out


def two_levels(image):
    """image - pyrUp(pyrDown(image)) and pyrDown(image), of one channel."""
    low = smooth(image)[::2, ::2]  # pyrDown: smoothed, then every other pixel
    injected = np.zeros(image.shape)
    injected[::2, ::2] = low
    return image - 4 * smooth(injected), low  # pyrUp: with zeros between, smoothed by four times the kernel


def test_pyramid_by_loops():
    """Karras et al.'s, step by step; the places and the directions are drawn as ours are."""
    real, fake = (a + random.uniform(size=(3, 18, 15, 2)) ** p for a, p in ((0.0, 1), (0.3, 3)))
    seen = sliced_wasserstein_pyramid(real, fake, patches=4, projections=6, seed=7)
    directions = np.random.default_rng(7).normal(size=(6, 7 * 7 * 2))
    expected = []
    for level in range(2):
        sets = []
        rng = np.random.default_rng([7, level])
        for images in (real, fake):
            images = np.array([[two_levels(image[..., c])[level] for c in range(2)] for image in images])
            tops, lefts = (rng.integers(side - 6, size=(3, 4)) for side in images.shape[2:])
            patches = np.array(
                [images[n, :, tops[n, p] : tops[n, p] + 7, lefts[n, p] : lefts[n, p] + 7] for n, p in np.ndindex(3, 4)]
            )
            for c in range(2):
                patches[:, c] = stats.zscore(patches[:, c], axis=None)
            sets.append(patches.reshape(12, -1))
        projected = [[patches @ (u / np.linalg.norm(u)) for patches in sets] for u in directions]
        expected.append(1000 * np.mean([stats.wasserstein_distance(*pair) for pair in projected]))
    assert list(seen) == ["18", "9", "mean"]
    assert list(seen.values()) == pytest.approx([*expected, np.mean(expected)], rel=1e-4)
    assert min(expected) > 50


def test_the_pyramid_does_not_see_brightness_and_contrast():
    """The patches are normalised over each set; on the fine levels a constant is nothing at all."""
    one = sliced_wasserstein_pyramid(IMAGES[:32], IMAGES[32:], projections=16)
    other = sliced_wasserstein_pyramid(IMAGES[:32], 0.4 * IMAGES[32:] - 0.3, projections=16)
    assert one == pytest.approx(other, rel=1e-3)


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
