"""Density and coverage (Naeem et al. 2020)."""

import numpy as np

from kgan.checks import whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features, squared_distances, squared_radii
from kgan.metrics.precision_recall import proportion


def density_coverage(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, Estimate]:
    """Density: in how many reals' balls a fake lies, over k; coverage: the share of reals with a fake in their ball.

    The ball about a real reaches to its k-th nearest real (section 3.2 there; on the sphere counts as inside, where
    the authors' code has strictly inside). Unlike recall, coverage looks at balls about reals only, which a few
    outlying fakes cannot blow up. For equal laws E density = 1, and E coverage = `coverage_ceiling`.

    Args:
        real: features (n, d).
        fake: features (m, d).
        k: neighbours; 5 there.

    Returns:
        "density", at least 0 and not bounded by 1, and "coverage", in [0, 1], each with a standard error:
        density's over the fakes, with the reals held fixed; coverage's the binomial one over the reals, with the
        fakes held fixed and the balls taken as independent, which they are not quite (0 for a coverage of 0 or 1).
        With both sets drawn anew both vary more.

    Raises:
        InputError: for other shapes, features that are not finite, or at most k reals.
    """
    real, fake = check_features(real=real, fake=fake)
    radii = squared_radii(real, k, "real")
    balls, covered = np.zeros(len(fake)), np.zeros(len(real), bool)
    for rows, distances in squared_distances(fake, real):
        inside = distances <= radii
        balls[rows] = inside.sum(1) / k
        covered |= inside.any(0)
    error = balls.std(ddof=1) / np.sqrt(len(balls)) if len(balls) > 1 else None
    return {"density": Estimate(balls.mean(), error), "coverage": proportion(covered)}


def coverage_ceiling(num_real: int, num_fake: int, k: int = 5) -> float:
    """The coverage that a perfect generator is expected to have: 1 - prod_{i=1..k} (N - i) / (M + N - i).

    Of N reals and M fakes of one law, a real is not covered if its k nearest among all others are reals. With M = N
    large this is 1 - 2^-k.

    Raises:
        InputError: unless num_real > k >= 1 and num_fake >= 1.
    """
    whole("k", k), whole("num_fake", num_fake), whole("num_real", num_real, least=k + 1)
    i = np.arange(1, k + 1)
    return float(1.0 - np.prod((num_real - i) / (num_fake + num_real - i)))
