"""What metrics look through: functions from samples to features, each with a hash that names it in every number."""

from typing import Any

import numpy as np

from kgan.checks import InputError
from kgan.metrics.networks.applications import Application
from kgan.metrics.networks.base import Network
from kgan.metrics.networks.classifier import Classifier, train_classifier
from kgan.metrics.networks.inception import Inception
from kgan.metrics.networks.modes import Modes
from kgan.metrics.networks.plain import RandomProjection, Raw
from kgan.spec import resolve

__all__ = [
    "Application",
    "Classifier",
    "Inception",
    "Modes",
    "Network",
    "RandomProjection",
    "Raw",
    "network",
    "train_classifier",
]


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
