"""Improved precision and recall (Kynkäänniemi et al. 2019)."""

import numpy as np

from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features, squared_distances, squared_radii


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> dict[str, Estimate]:
    """Precision: the share of fakes that lie among the reals; recall: the share of reals that lie among the fakes.

    A point lies among a set if it is in the ball about some sample of it whose radius is the distance to that
    sample's k-th nearest neighbour in the set (eq. 1 there; on the sphere counts as inside). One outlier among the
    reals has a large ball, in which many fakes may lie: see `density_coverage`.

    Args:
        real: features (n, d).
        fake: features (m, d).
        k: neighbours; 3 there.

    Returns:
        "precision" and "recall", in [0, 1], each with its binomial standard error. It is that of other points among
        the same balls: of other fakes for precision, of other reals for recall. With the set that the balls are about
        drawn anew too, both vary more: recall up to some times more.

    Raises:
        InputError: for other shapes, features that are not finite, or sets of at most k samples.
    """
    real, fake = check_features(real=real, fake=fake)
    real_radii, fake_radii = squared_radii(real, k, "real"), squared_radii(fake, k, "fake")
    among_reals, among_fakes = np.zeros(len(fake), bool), np.zeros(len(real), bool)
    for rows, distances in squared_distances(fake, real):
        among_reals[rows] = (distances <= real_radii).any(1)
        among_fakes |= (distances <= fake_radii[rows, None]).any(0)
    return {"precision": proportion(among_reals), "recall": proportion(among_fakes)}


def proportion(hits: np.ndarray) -> Estimate:
    """The share of hits, with its binomial standard error: which is 0 for a share of 0 or 1, however few."""
    share = float(np.mean(hits))
    return Estimate(share, np.sqrt(share * (1.0 - share) / len(hits)))
