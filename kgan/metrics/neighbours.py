"""Nearest neighbours among features, block by block: n samples never make an n x n matrix."""

from collections.abc import Iterator

import numpy as np

from kgan.checks import InputError, whole

BLOCK = 1024  # rows of distances at a time


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


def squared_distances(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """|a_i - b_j|^2, `BLOCK` rows i at a time: the rows, and float64 (rows, len(b)).

    By |a|^2 + |b|^2 - 2 a.b about the mean of b; what is below this sum's rounding error is 0.
    """
    centre = b.mean(0)
    b = b - centre
    squares = np.einsum("ij,ij->i", b, b)
    for start in range(0, len(a), BLOCK):
        rows = slice(start, min(start + BLOCK, len(a)))
        block = a[rows] - centre
        sums = np.einsum("ij,ij->i", block, block)[:, None] + squares
        distances = sums - 2.0 * (block @ b.T)
        sums *= 1e-13
        distances[distances < sums] = 0.0
        yield rows, distances


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
