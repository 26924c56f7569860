"""What metrics look through: functions from samples to features, each with a hash that names it in every number."""

import hashlib
from typing import Any

import numpy as np

from kgan.checks import InputError, number, whole
from kgan.metrics.applications import Application
from kgan.metrics.classifier import train_classifier
from kgan.metrics.inception import Inception
from kgan.metrics.network import Network
from kgan.spec import resolve


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


def network(value: Any, images: np.ndarray | None = None, labels: np.ndarray | None = None) -> Any:
    """The feature network that a string names, or `value` itself if it can be called.

    Args:
        value: "raw", "random_projection(dimension=64)", "classifier", "inception", "inception(path='...')",
            "application('mobilenet_v2')", or an object with `name`, `hash`, `label`, `resizer` and `__call__`.
        images, labels: what a classifier is trained on.

    Raises:
        InputError: for an unknown name, or a classifier without labels.
    """

    def classifier(**settings: Any) -> Network:
        if images is None or labels is None:
            raise InputError("features: 'classifier' is trained on images with labels, here are none; try 'inception'")
        return train_classifier(images, labels, **settings)

    known = {
        "raw": Raw,
        "random_projection": RandomProjection,
        "classifier": classifier,
        "inception": Inception,
        "application": Application,
    }
    return resolve("features", value, known)
