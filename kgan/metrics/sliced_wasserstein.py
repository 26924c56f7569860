"""The sliced Wasserstein distance: of features, and of images by the patches of their Laplacian pyramids."""

import numpy as np
import scipy.ndimage

from kgan.checks import InputError, whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features

PATCH = 7
SMALLEST = 16
AT_ONCE = 16  # directions: a product of matrices is several times as fast as one with each


def sliced_wasserstein(real: np.ndarray, fake: np.ndarray, projections: int = 512, seed: int = 0) -> Estimate:
    """The root of the mean of W_2^2 between the projections on random directions (Bonneel et al. 2015, eq. 13).

    In one dimension W_2^2 is the integral of the squared difference of the two quantile functions, computed exactly,
    for different numbers of samples too. A shift by m gives |m| / sqrt(d); isotropic laws of standard deviations s
    and t about one centre give |s - t|.

    Args:
        real: features (n, d).
        fake: features (m, d).
        projections: how many directions, uniform on the sphere.
        seed: of the directions.

    Returns:
        The distance, with its standard error over the directions.

    Raises:
        InputError: for other shapes, or features that are not finite.
    """
    real, fake = check_features(real=real, fake=fake)
    squares = np.array([_transport(x, y, 2) for x, y in _projected(real, fake, projections, seed)])
    value = np.sqrt(squares.mean())
    error = squares.std(ddof=1) / np.sqrt(projections) / (2.0 * value) if projections > 1 and value > 0 else None
    return Estimate(value, error)


def sliced_wasserstein_pyramid(
    real: np.ndarray, fake: np.ndarray, patches: int = 128, projections: int = 512, seed: int = 0
) -> dict[str, float]:
    """The sliced Wasserstein distance of Karras et al. (2018, section 5 and appendix): by scale, from fine to coarse.

    On each level of the Laplacian pyramid, 7 x 7 patches from random places, their channels normalised to mean 0 and
    standard deviation 1 over each set; the mean over directions of W_1, times 1,000, as printed there. The coarsest
    level, the low-pass one, has 16 to 31 pixels: resolutions are halved while 16 are left. Below 32 pixels, of which
    the authors' code would make one level, they are halved once all the same, so that texture and layout are apart.

    Args:
        real: float images (n, height, width, channels) in [-1, 1].
        fake: likewise, (m, ...).
        patches: from each image and level; 128 there.
        projections: directions; 512 there.
        seed: of the places and the directions.

    Returns:
        A value for each level, by its height ("28", "14"; "16" ends 256 pixels' list), and their "mean".

    Raises:
        InputError: for other shapes, images below 7 pixels, or that are not finite.
    """
    real, fake = np.asarray(real, "float32"), np.asarray(fake, "float32")
    if real.ndim != 4 or fake.shape[1:] != real.shape[1:] or min(real.shape[1:3]) < PATCH:
        raise InputError(
            f"images: wanted two sets of (n, height, width, channels) from {PATCH} pixels on, got {real.shape} and "
            f"{fake.shape}"
        )
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise InputError("images: wanted finite numbers, got NaN or infinity")
    whole("patches", patches)
    distances = {}
    for level, pair in enumerate(zip(_laplacian(real), _laplacian(fake), strict=True)):
        random = np.random.default_rng([seed, level])
        x, y = (_descriptors(images, patches, random) for images in pair)
        values = [_transport(a, b, 1) for a, b in _projected(x, y, projections, seed)]
        distances[str(pair[0].shape[1])] = 1000.0 * float(np.mean(values))
    return {**distances, "mean": float(np.mean(list(distances.values())))}


def _projected(real: np.ndarray, fake: np.ndarray, projections: int, seed: int):
    """The sorted projections of both on each of the random directions."""
    whole("projections", projections)
    directions = np.random.default_rng(seed).normal(size=(projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for some in np.array_split(directions.astype(real.dtype), -(-projections // AT_ONCE)):
        yield from zip(np.sort(some @ real.T), np.sort(some @ fake.T), strict=True)


def _transport(x: np.ndarray, y: np.ndarray, power: int) -> float:
    """The mean of |quantile difference|^power of two sorted samples."""
    n, m = len(x), len(y)
    if n == m:
        return float(np.mean(np.abs(x - y) ** power))
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)  # in units of 1 / (n m)
    widths = np.diff(ends, prepend=0)
    starts = ends - widths
    return float((np.abs(x[starts // m] - y[starts // n]) ** power * widths).sum() / (n * m))


def _laplacian(images: np.ndarray) -> list[np.ndarray]:
    levels = []
    while min(images.shape[1:3]) // 2 >= SMALLEST or (not levels and min(images.shape[1:3]) // 2 >= PATCH):
        low = _smooth(images)[:, ::2, ::2]
        spread = np.zeros_like(images)
        spread[:, ::2, ::2] = 4.0 * low
        levels.append(images - _smooth(spread))
        images = low
    return [*levels, images]


def _smooth(images: np.ndarray) -> np.ndarray:
    """Burt and Adelson's binomial filter along both axes."""
    kernel = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
    for axis in (1, 2):
        images = scipy.ndimage.convolve1d(images, kernel, axis=axis, mode="mirror")
    return images


def _descriptors(images: np.ndarray, patches: int, random: np.random.Generator) -> np.ndarray:
    """Patches from random places, normalised by channel: (n * patches, 7 * 7 * channels)."""
    n, height, width, channels = images.shape
    places = [random.integers(side - PATCH + 1, size=(n, patches)) for side in (height, width)]
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    chosen = windows[np.arange(n)[:, None], places[0], places[1]].reshape(-1, channels, PATCH * PATCH)
    centred = chosen - chosen.mean((0, 2), keepdims=True)
    spread = centred.std((0, 2), keepdims=True)
    return (centred / np.maximum(spread, 1e-8)).reshape(len(chosen), -1)
