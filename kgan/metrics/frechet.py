"""The Fréchet distance between two sets of features (Heusel et al. 2017)."""

import functools
from collections.abc import Sequence

import numpy as np

from kgan.checks import InputError
from kgan.metrics.estimate import Estimate


class Moments:
    """The mean and the covariance of a stream of features, in one pass: memory for d^2 numbers, however many samples.

    Batches are merged by Chan, Golub and LeVeque's formulas, in float64, so that a large mean costs no digits.

    Attributes:
        count: how many samples so far.
        mean: float64 (d,).
        scatter: the sum of (x - mean) (x - mean)^T, float64 (d, d).
    """

    def __init__(self, dimension: int) -> None:
        self.count, self.mean = 0, np.zeros(dimension)
        self.scatter = np.zeros((dimension, dimension))

    def add(self, features: np.ndarray) -> "Moments":
        """Takes in a batch (n, d); returns itself."""
        features = np.asarray(features, "float64")
        if features.ndim != 2 or features.shape[1] != len(self.mean):
            raise InputError(f"features: wanted shape (n, {len(self.mean)}), got {features.shape}")
        if not np.isfinite(features).all():
            raise InputError("features: wanted finite numbers, got NaN or infinity")
        if len(features):
            mean = features.mean(0)
            centred = features - mean
            self._merge(len(features), mean, centred.T @ centred)
        return self

    def merge(self, other: "Moments") -> "Moments":
        """The moments of both streams together, new ones."""
        both = Moments(len(self.mean))
        both.count, both.mean, both.scatter = self.count, self.mean, self.scatter.copy()
        if other.count:
            both._merge(other.count, other.mean, other.scatter)
        return both

    def without(self, part: "Moments") -> "Moments":
        """The moments of what is left when `part`, which was merged in, is taken out again: new ones."""
        rest = Moments(len(self.mean))
        rest.count = self.count - part.count
        if rest.count:
            rest.mean = (self.count * self.mean - part.count * part.mean) / rest.count
            shift = part.mean - rest.mean
            rest.scatter = self.scatter - part.scatter
            rest.scatter -= np.outer(shift, shift) * (rest.count * part.count / self.count)
        return rest

    def _merge(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        total, shift = self.count + count, mean - self.mean
        self.scatter += scatter
        self.scatter += np.outer(shift, shift) * (self.count * count / total)
        self.mean = self.mean + shift * (count / total)
        self.count = total

    @property
    def covariance(self) -> np.ndarray:
        """Float64 (d, d), with n - 1 in the denominator, as `numpy.cov` and the original FID have it."""
        if self.count < 2:
            raise InputError(f"features: wanted two samples or more, got {self.count}")
        return self.scatter / (self.count - 1)


def frechet_distance(real: "np.ndarray | Moments", fake: "np.ndarray | Moments") -> float:
    """|m_r - m_f|^2 + Tr(C_r + C_f - 2 (C_r C_f)^(1/2)): with Inception features, the FID.

    Tr (C_r C_f)^(1/2) is the sum of the singular values of C_r^(1/2) C_f^(1/2), which also holds where a covariance
    is singular (fewer samples than dimensions), and where a matrix square root of the product loses its digits.
    It is biased upwards by a term in 1/n: compare only numbers of equal n, and write n beside it.

    Args:
        real: features (n, d), or their `Moments`.
        fake: likewise; of any n.

    Returns:
        At least 0; 0 for equal moments.

    Raises:
        InputError: for fewer than two samples, or features of different dimensions.
    """
    real, fake = _moments("real", real), _moments("fake", fake)
    _check_dimensions(real, fake)
    return _distance(real, fake, _cross(_root(real.covariance), fake.covariance))


def frechet_jackknife(real: "np.ndarray | Moments", folds: Sequence[Moments]) -> Estimate:
    """The Fréchet distance of all folds together, with its standard error over the fakes.

    The error is the delete-a-fold jackknife's, ((k - 1) / k sum_i (D_i - mean D)^2)^(1/2) with D_i the distance
    without fold i (Efron and Tibshirani 1993, eq. 11.5); the reals are taken as given. It says nothing of the bias.
    In each D_i the trace is that of eigenvalues, Tr (C_r^(1/2) C_f C_r^(1/2))^(1/2): a tenth of the time, with half
    of the digits where covariances are singular, which an error does not need.

    Args:
        real: features (n, d), or their `Moments`.
        folds: the moments of the fakes, dealt at random into k folds of about the same size.

    Returns:
        The distance; its error is None with fewer than two folds, or where a fold's absence leaves under two samples.

    Raises:
        InputError: as `frechet_distance`; for no fold at all.
    """
    if not folds:
        raise InputError("folds: wanted one or more, got none")
    real, fake, count = _moments("real", real), functools.reduce(Moments.merge, folds), len(folds)
    if count < 2 or min(fake.count - fold.count for fold in folds) < 2:
        return Estimate(frechet_distance(real, fake))
    _check_dimensions(real, fake)
    root = _root(real.covariance)
    without = []
    for rest in (fake.without(fold) for fold in folds):
        values = np.linalg.eigvalsh(root @ rest.covariance @ root)
        without.append(_distance(real, rest, np.sqrt(np.maximum(values, 0.0)).sum()))
    value = _distance(real, fake, _cross(root, fake.covariance))
    return Estimate(value, np.sqrt((count - 1) * np.var(without)))


def _moments(name: str, features: "np.ndarray | Moments") -> Moments:
    if isinstance(features, Moments):
        return features
    features = np.asarray(features)
    if features.ndim != 2:
        raise InputError(f"{name}: wanted features of shape (n, d), got {features.shape}")
    return Moments(features.shape[1]).add(features)


def _check_dimensions(real: Moments, fake: Moments) -> None:
    if len(real.mean) != len(fake.mean):
        raise InputError(f"fake: wanted features of dimension {len(real.mean)}, got {len(fake.mean)}")


def _distance(real: Moments, fake: Moments, cross: float) -> float:
    """With the trace of (C_r C_f)^(1/2)."""
    shift = real.mean - fake.mean
    distance = shift @ shift + np.trace(real.covariance) + np.trace(fake.covariance) - 2.0 * cross
    return float(max(distance, 0.0))


def _cross(real_root: np.ndarray, covariance: np.ndarray) -> float:
    return np.linalg.svd(real_root @ _root(covariance), compute_uv=False).sum()


def _root(matrix: np.ndarray) -> np.ndarray:
    """The square root of a symmetric matrix without negative eigenvalues but those of rounding."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
