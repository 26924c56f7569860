"""Labels beside features."""

import numpy as np

from kgan.checks import InputError


def check_labels(name: str, labels: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Labels as whole numbers (n,), one a sample.

    Raises:
        InputError: for another shape or dtype.
    """
    labels = np.asarray(labels)
    if labels.shape != samples.shape[:1] or labels.dtype.kind not in "iu":
        raise InputError(f"{name}: wanted {len(samples)} whole numbers, got {labels.dtype} {labels.shape}")
    return labels
