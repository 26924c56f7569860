"""Known modes: how many a generator has, how well it hits them, how evenly (VEEGAN, 2017; PacGAN, 2018)."""

import numpy as np
from scipy import stats

from kgan.checks import InputError, number, whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features
from kgan.metrics.precision_recall import proportion

SIGMAS = 3.0


def mode_coverage(samples: np.ndarray, centres: np.ndarray, sigma: float) -> dict[str, float]:
    """How samples fall on Gaussian modes: the figures of VEEGAN (section 4.1 there) and PacGAN (section 4.1).

    A sample is good if it lies within 3 sigma of its nearest centre; a mode is covered by one good sample.

    Args:
        samples: (n, d).
        centres: (K, d).
        sigma: the standard deviation of each mode, the same along every axis.

    Returns:
        "modes": how many of the K are covered; "high_quality": the share of good samples, with its binomial standard
        error (0 for 0 or 1); "reverse_kl": KL(generated || uniform) over the modes of the good samples, in nats,
        infinite if there are none. Their values for a perfect sampler: `mode_ceilings`.

    Raises:
        InputError: for other shapes, or a sigma that is not positive.
    """
    samples, centres = check_features(samples=samples, centres=centres)
    number("sigma", sigma, above=0.0)
    squares = np.stack([((samples - centre) ** 2).sum(1) for centre in centres], 1)
    good = squares.min(1) <= (SIGMAS * sigma) ** 2
    over_modes = mode_coverage_of_labels(squares.argmin(1)[good], len(centres))
    return {"modes": over_modes["modes"], "high_quality": proportion(good), "reverse_kl": over_modes["reverse_kl"]}


def mode_coverage_of_labels(labels: np.ndarray, num_modes: int) -> dict[str, float]:
    """How labels, a classifier's of stacked images, say, fall on modes: "modes" and "reverse_kl" as `mode_coverage`.

    Args:
        labels: whole numbers (n,) in [0, num_modes).
        num_modes: K.

    Raises:
        InputError: for labels of another shape, kind or range.
    """
    labels = np.asarray(labels)
    whole("num_modes", num_modes)
    if labels.ndim != 1 or (labels.size and labels.dtype.kind not in "iu"):
        raise InputError(f"labels: wanted whole numbers of shape (n,), got {labels.dtype} {labels.shape}")
    if labels.size and (labels.min() < 0 or labels.max() >= num_modes):
        raise InputError(f"labels: wanted numbers in [0, {num_modes}), got {labels.min()} to {labels.max()}")
    counts = np.bincount(labels.astype(int), minlength=num_modes)
    if not labels.size:
        return {"modes": Estimate(0), "reverse_kl": Estimate(np.inf)}
    shares = counts[counts > 0] / labels.size
    return {"modes": Estimate(len(shares)), "reverse_kl": Estimate((shares * np.log(shares * num_modes)).sum())}


def mode_ceilings(num_samples: int, num_modes: int, dimension: int = 2) -> dict[str, float]:
    """What the figures of `mode_coverage` are expected to be for n samples of the equal mixture itself.

    modes: K (1 - (1 - 1/K)^n). high_quality: the chi-square law's share within 3 sigma, 98.889 % in the plane.
    reverse_kl: K E[p log(pK)] with np binomial, near (K - 1) / (2 n): nothing below it is to be had. The loss of a
    hundredth of the samples, those that are not good, is left out.

    Raises:
        InputError: for numbers below 1.
    """
    whole("num_samples", num_samples), whole("num_modes", num_modes), whole("dimension", dimension)
    count = np.arange(1, num_samples + 1)
    terms = stats.binom.pmf(count, num_samples, 1 / num_modes) * count * np.log(count * num_modes / num_samples)
    return {
        "modes": float(num_modes * -np.expm1(num_samples * np.log1p(-1 / num_modes))) if num_modes > 1 else 1.0,
        "high_quality": float(stats.chi2.cdf(SIGMAS**2, dimension)),
        "reverse_kl": float(num_modes * terms.sum() / num_samples),
    }
