"""The kernel distance between two sets of features (Bińkowski et al. 2018)."""

import numpy as np

from kgan.checks import InputError, whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import BLOCK, check_features


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> Estimate:
    """The squared maximum mean discrepancy with k(x, y) = (x.y / d + 1)^3, without bias: with Inception features, KID.

        MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y),    x != x', y != y'

    as the mean over random subsets drawn without replacement (eq. 4 there). It has expectation 0 for equal laws, so
    that about half of the values are then negative; they are not clipped.

    Args:
        real: features (n, d).
        fake: features (m, d).
        subsets: how many; the field's 100.
        subset_size: samples of each set in a subset; the field's 1000, or the smaller set where it has fewer.
        seed: of the subsets.

    Returns:
        The mean, with its standard error over the subsets. They are taken from the same samples, so the error is that
        of the choice of subsets and not all of the sampling error. One subset, or one that is the whole of both sets
        (then only one is computed), has none.

    Raises:
        InputError: for other shapes, features that are not finite, fewer than two samples, or numbers below 1 (2).
    """
    real, fake = check_features(real=real, fake=fake)
    whole("subsets", subsets), whole("subset_size", subset_size, least=2)
    size = min(subset_size, len(real), len(fake))
    if size < 2:
        raise InputError(f"features: wanted two samples or more of each, got {len(real)} and {len(fake)}")
    if size == len(real) == len(fake):
        return Estimate(_mmd(real, fake))
    random = np.random.default_rng(seed)
    draw = lambda x: x[random.choice(len(x), size, replace=False)]  # noqa: E731
    values = np.array([_mmd(draw(real), draw(fake)) for _ in range(subsets)])
    return Estimate(values.mean(), values.std(ddof=1) / np.sqrt(subsets) if subsets > 1 else None)


def _mmd(x: np.ndarray, y: np.ndarray) -> float:
    n, m = len(x), len(y)
    within_x, within_y = (_all_pairs(z, z) - _kernel(np.einsum("ij,ij->i", z, z) / z.shape[1]).sum() for z in (x, y))
    return within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2.0 * _all_pairs(x, y) / (n * m)


def _all_pairs(x: np.ndarray, y: np.ndarray) -> float:
    return sum(_kernel(x[i : i + BLOCK] @ y.T / x.shape[1]).sum() for i in range(0, len(x), BLOCK))


def _kernel(products: np.ndarray) -> np.ndarray:
    return (products + 1.0) ** 3
