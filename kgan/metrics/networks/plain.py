"""Networks that nobody has to train: the samples themselves, and a fixed projection of them."""

import hashlib

import numpy as np

from kgan.checks import whole
from kgan.metrics.networks.base import Network


class Raw(Network):
    """The samples themselves, flattened: for points, and for tests."""

    name, hash, costly = "raw", hashlib.sha256(b"raw").hexdigest()[:8], False

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        return np.reshape(samples, (len(samples), -1)).astype("float64"), None


class RandomProjection(Network):
    """Flattened samples times a fixed matrix of normal numbers over the root of the dimension.

    Args:
        dimension: of the features.
        seed: of the matrix, which is a function of it and of the samples' size.
    """

    name, costly = "random", False

    def __init__(self, dimension: int = 64, seed: int = 0) -> None:
        self.dimension, self.seed = whole("dimension", dimension), whole("seed", seed, least=0)
        self.hash = hashlib.sha256(f"random {dimension} {seed}".encode()).hexdigest()[:8]

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        flat = np.reshape(samples, (len(samples), -1))
        matrix = np.random.default_rng(self.seed).normal(size=(flat.shape[1], self.dimension))
        return flat @ (matrix / np.sqrt(self.dimension)).astype(flat.dtype), None
