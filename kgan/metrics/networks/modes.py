"""Points whose modes are known, as a network with a class a mode."""

import hashlib

import numpy as np

from kgan.checks import InputError, number
from kgan.metrics.networks.base import Network


class Modes(Network):
    """Points in the plane, whose classes are the nearest of known modes.

    Args:
        centres: (K, d).
        sigma: the standard deviation of a mode.
    """

    name, costly = "modes", False

    def __init__(self, centres: np.ndarray, sigma: float) -> None:
        self.centres, self.sigma = np.asarray(centres, "float64"), float(number("sigma", sigma, above=0))
        if self.centres.ndim != 2:
            raise InputError(f"centres: wanted shape (K, d), got {self.centres.shape}")
        self.hash = hashlib.sha256(self.centres.tobytes() + str(self.sigma).encode()).hexdigest()[:8]
        self.class_names = [f"mode {i}" for i in range(len(self.centres))]

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        samples = np.asarray(samples, "float64")
        nearest = ((samples[:, None] - self.centres) ** 2).sum(-1).argmin(1)
        return samples, np.eye(len(self.centres))[nearest]
