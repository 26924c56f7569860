"""The support of a generator by the birthday paradox (Arora, Risteski and Zhang 2018)."""

import numpy as np

from kgan.checks import InputError, number, whole
from kgan.metrics.estimate import Estimate
from kgan.metrics.neighbours import check_features, squared_distances, squared_radii


def birthday_paradox(
    features: np.ndarray,
    real: np.ndarray | None = None,
    threshold: float | None = None,
    trials: int = 1000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """How many different samples a generator has, from how few draws already hold a duplicate.

    Among s draws from N equally likely ones there is a duplicate with probability 1 - prod_{i<s} (1 - i/N), one half
    at s near sqrt(2 N log 2). So if half of all batches of s samples hold one, the support is about s^2 / (2 log 2)
    (theorem 1 there: at most). The authors look at the closest pairs themselves; here two samples are duplicates if
    their features are at most `threshold` apart.

    Args:
        features: of the generator's samples, (n, d), in random order.
        real: features of reals, (m, d), which set the threshold: the hundredth part of them that is closest to
            another real is at most this far from it.
        threshold: the distance itself. Without either it is 0: exact duplicates.
        trials: random batches (subsets of the n) for each size that is tried.
        seed: of the batches.

    Returns:
        "batch_size": the smallest size at which half of the batches hold a duplicate; "support": its square over
        2 log 2. Both are infinite if n samples are too few to find it.

    Raises:
        InputError: for other shapes, features that are not finite, or arguments out of their range.
    """
    features = check_features(features=features)[0]
    if real is not None and threshold is not None:
        raise InputError("threshold: wanted either real or threshold, got both")
    if real is not None:
        threshold = np.sqrt(np.quantile(squared_radii(check_features(real=real)[0], 1, "real"), 0.01))
    limit = number("threshold", 0.0 if threshold is None else threshold, least=0.0) ** 2
    whole("trials", trials)
    first = _first_duplicates(_duplicates(features, limit), trials, np.random.default_rng(seed))
    size = float(np.sort(first)[(trials - 1) // 2])
    return {"batch_size": Estimate(size), "support": Estimate(size**2 / (2 * np.log(2)))}


def _duplicates(features: np.ndarray, limit: float) -> list[int]:
    """For each sample the set of its duplicates, as the bits of a whole number: of a collapsed generator all pairs are
    duplicates, too many to list."""
    found = []
    for rows, distances in squared_distances(features, features):
        near = distances <= limit
        near[np.arange(len(near)), np.arange(rows.start, rows.stop)] = False  # each is near itself
        found += [int.from_bytes(bits.tobytes(), "little") for bits in np.packbits(near, axis=1, bitorder="little")]
    return found


def _first_duplicates(duplicates: list[int], trials: int, random: np.random.Generator) -> np.ndarray:
    """In random orders of the samples, how many until the first duplicate; a batch's size is a prefix's length."""
    first = np.full(trials, np.inf)
    if any(duplicates):
        for trial in range(trials):
            seen = 0
            for place, sample in enumerate(random.permutation(len(duplicates)).tolist()):
                if duplicates[sample] & seen:
                    first[trial] = place + 1
                    break
                if duplicates[sample]:
                    seen |= 1 << sample
    return first
