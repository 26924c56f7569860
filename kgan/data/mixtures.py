"""Mixtures of Gaussians in the plane, where a lost mode can be counted.

The parameters and the number of samples are those of PacGAN (Lin et al., NeurIPS 2018).
"""

import numpy as np

from kgan.checks import lookup
from kgan.data.arrays import Arrays

SAMPLES = 100_000
_ANGLES = 2 * np.pi * np.arange(8) / 8
_AXIS = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
_MIXTURES = {
    "ring": (np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1), 0.01),
    "grid": (np.stack(np.meshgrid(_AXIS, _AXIS, indexing="ij"), axis=-1).reshape(-1, 2), 0.05),
}


def modes(name: str) -> tuple[np.ndarray, float]:
    """The centres (float32 of shape (K, 2)) and the standard deviation of a mixture with equal weights.

    "ring": 8 modes on the circle of radius 1, sigma 0.01. "grid": 25 modes at {-4, -2, 0, 2, 4}^2, sigma 0.05.

    Raises:
      InputError: an unknown name.
    """
    centres, sigma = lookup("mixture", name, _MIXTURES)
    return centres.astype(np.float32), sigma


def mixture(name: str, seed: int) -> Arrays:
    """100,000 points, float32 of shape (100000, 2), a function of `seed`; the label is the mode's index."""
    centres, sigma = modes(name)
    random = np.random.default_rng(np.random.SeedSequence(seed))
    labels = random.integers(len(centres), size=SAMPLES)
    points = centres[labels] + sigma * random.standard_normal((SAMPLES, 2))
    return Arrays(points.astype(np.float32), labels)
