"""The number of statistically different bins (Richardson and Weiss 2018)."""

import numpy as np
from scipy import stats
from sklearn.cluster import KMeans

from kgan.checks import InputError, number, whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features, squared_distances


def statistically_different_bins(
    real: np.ndarray, fake: np.ndarray, bins: int = 100, alpha: float = 0.05, seed: int = 0
) -> dict[str, Estimate]:
    """In how many cells of the reals' k-means the shares of reals and of fakes differ significantly.

    Each sample falls into the cell of its nearest centre; two shares differ if the pooled two-proportion z-test says
    so at level alpha (section 3 there). For equal laws the number is about alpha times the bins. The centres are
    fitted to the reals, as there: with few reals a cell, other reals would differ more often than that.

    Args:
        real: features (n, d).
        fake: features (m, d).
        bins: cells; the authors' 100.
        alpha: the test's level, in (0, 1).
        seed: of k-means.

    Returns:
        "ndb": the number; "ndb_share": over `bins`; "js": the Jensen-Shannon divergence of the two histograms, in
        nats, at most log 2.

    Raises:
        InputError: for other shapes, features that are not finite, more bins than reals, or an alpha outside (0, 1).
    """
    real, fake = check_features(real=real, fake=fake)
    if len(real) < whole("bins", bins, least=2):
        raise InputError(f"bins: wanted at most as many as the {len(real)} reals, got {bins}")
    if number("alpha", alpha, above=0.0) >= 1.0:
        raise InputError(f"alpha: wanted a number in (0, 1), got {alpha!r}")
    centres = KMeans(bins, n_init=1, random_state=seed).fit(real).cluster_centers_
    p, q = (np.bincount(_nearest(x, centres), minlength=bins) / len(x) for x in (real, fake))
    pooled = (len(real) * p + len(fake) * q) / (len(real) + len(fake))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(real) + 1 / len(fake)))
    different = np.abs(p - q) > stats.norm.isf(alpha / 2) * error
    m = (p + q) / 2
    js = sum(np.sum(x[x > 0] * np.log(x[x > 0] / m[x > 0])) for x in (p, q)) / 2
    count = int(different.sum())
    return {"ndb": Estimate(count), "ndb_share": Estimate(count / bins), "js": Estimate(js)}


def _nearest(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return np.concatenate([distances.argmin(1) for _, distances in squared_distances(x, centres)])
