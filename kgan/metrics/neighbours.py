"""Nearest neighbours among features, block by block: n samples never make an n x n matrix."""

from collections.abc import Iterator

import numpy as np

from kgan.checks import InputError, whole

BLOCK = 512  # rows of distances at a time
CLOSE = 1e-6  # of |a|^2 + |b|^2: below, rounding costs the difference of the sums more than nine digits


def check_features(**sets: np.ndarray) -> list[np.ndarray]:
    """The sets of features as float64 (n, d).

    Raises:
        InputError: for another shape, differing dimensions, or numbers that are not finite.
    """
    checked = []
    for name, features in sets.items():
        features = np.asarray(features, "float64")
        if features.ndim != 2 or len(features) == 0:
            raise InputError(f"{name}: wanted features of shape (n, d), got {features.shape}")
        if checked and features.shape[1] != checked[0].shape[1]:
            raise InputError(f"{name}: wanted features of dimension {checked[0].shape[1]}, got {features.shape[1]}")
        if not np.isfinite(features).all():
            raise InputError(f"{name}: wanted finite features, got NaN or infinity")
        checked.append(features)
    return checked


def squared_distances(
    a: np.ndarray, b: np.ndarray, centre: np.ndarray | None = None
) -> Iterator[tuple[slice, np.ndarray]]:
    """|a_i - b_j|^2, `BLOCK` rows i at a time: the rows, and float64 (rows, len(b)).

    By |a|^2 + |b|^2 - 2 a.b about a centre, the mean of b unless it is given. Pairs so close that this would drown
    in rounding are computed again from their differences: equal samples are at distance 0 exactly.
    """
    centre = b.mean(0) if centre is None else centre
    shifted = b - centre
    squares = np.einsum("ij,ij->i", shifted, shifted)
    for start in range(0, len(a), BLOCK):
        rows = slice(start, min(start + BLOCK, len(a)))
        block = a[rows] - centre
        sums = np.einsum("ij,ij->i", block, block)[:, None] + squares
        distances = block @ shifted.T
        distances *= -2.0
        distances += sums
        sums *= CLOSE
        _refine(distances, distances < sums, a[rows], b)
        yield rows, distances


def _refine(distances: np.ndarray, close: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Computes the `close` pairs again, in place: a few one by one, clusters of them about a sample of their own."""
    if np.count_nonzero(close) <= 4 * len(a):
        pairs = np.nonzero(close)
        parts = 1 + len(pairs[0]) * a.shape[1] // 2**20  # features may have hundreds of thousands of dimensions
        for i, j in zip(*(np.array_split(side, parts) for side in pairs), strict=True):
            distances[i, j] = ((a[i] - b[j]) ** 2).sum(1)
        return
    for row in range(len(a)):
        columns = np.flatnonzero(close[row])
        if len(columns):
            # All pairs of these are close or nearly so. The first column is exact now, and their extent about it is a
            # hundredth of what it was, so that this ends.
            rows = np.flatnonzero(close[:, columns[0]])
            cluster = np.ix_(rows, columns)
            ((_, distances[cluster]),) = squared_distances(a[rows], b[columns], b[columns[0]])
            close[cluster] = False


def squared_radii(x: np.ndarray, k: int, name: str = "features") -> np.ndarray:
    """The squared distance of each sample to its k-th nearest other one: float64 (n,).

    Raises:
        InputError: for k below 1, or n of at most k, naming the set `name`.
    """
    whole("k", k)
    if len(x) <= k:
        raise InputError(f"{name}: wanted more than k={k} samples, got {len(x)}")
    radii = np.empty(len(x))
    for rows, distances in squared_distances(x, x):
        radii[rows] = np.partition(distances, k, axis=1)[:, k]  # place 0 is the sample itself
    return radii
