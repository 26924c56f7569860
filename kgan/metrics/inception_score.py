"""The inception score (Salimans et al. 2016)."""

import numpy as np

from kgan.checks import InputError, whole
from kgan.metrics.estimate import Estimate


def inception_score(probabilities: np.ndarray, splits: int = 10) -> Estimate:
    """exp E_x KL(p(y|x) || p(y)), from 1 (all samples alike, or none recognised) to K (all K classes, surely).

    It looks at the fakes alone: a generator of one perfect image per class has the best score.

    Args:
        probabilities: p(y|x) of the fakes, (n, K), in random order.
        splits: contiguous parts of the samples, p(y) being each part's own mean; the field's 10.

    Returns:
        The mean over the parts; as error their standard deviation, as papers print it, which is not the mean's.

    Raises:
        InputError: for another shape, rows that are no probabilities, or fewer samples than splits.
    """
    probabilities = np.asarray(probabilities, "float64")
    if probabilities.ndim != 2:
        raise InputError(f"probabilities: wanted shape (n, K), got {probabilities.shape}")
    # Written so that NaN fails too.
    if not ((probabilities >= 0.0).all() and (abs(probabilities.sum(1) - 1.0) < 1e-3).all()):
        raise InputError("probabilities: wanted rows of numbers from 0 on that sum to 1")
    if len(probabilities) < whole("splits", splits):
        raise InputError(f"probabilities: wanted at least splits={splits} samples, got {len(probabilities)}")
    scores = []
    for start, stop in (
        (i * len(probabilities) // splits, (i + 1) * len(probabilities) // splits) for i in range(splits)
    ):
        part = probabilities[start:stop]
        logs = np.log(np.where(part > 0.0, part, 1.0)) - np.log(np.maximum(part.mean(0), np.finfo("float64").tiny))
        scores.append(np.exp((part * logs).sum(1).mean()))
    return Estimate(np.mean(scores), np.std(scores) if splits > 1 else None)
