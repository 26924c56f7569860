"""The Fréchet distance within classes, of conditional generators (Miyato and Koyama 2018, "intra FID")."""

import numpy as np

from kgan.checks import InputError
from kgan.metrics.frechet import frechet_distance
from kgan.metrics.labels import check_labels
from kgan.metrics.neighbours import check_features


def intra_class_distance(
    real: np.ndarray, real_labels: np.ndarray, fake: np.ndarray, fake_labels: np.ndarray
) -> dict[str, float]:
    """The Fréchet distance of each class's samples to the reals of that class: with Inception features, the intra FID.

    It sees what the FID of all samples together does not: a generator that does not do what it is asked, or makes one
    sample a class. The bias of the FID, in 1/n, is that of n samples a class: compare only numbers of equal n.

    Args:
        real: features (n, d).
        real_labels: their classes, whole numbers (n,).
        fake: features (m, d) of samples.
        fake_labels: the classes that the generator was asked for, (m,).

    Returns:
        "intra_fid", the mean over the reals' classes, as in the paper; "intra_fid_worst", the largest.

    Raises:
        InputError: for other shapes, features that are not finite, or a class of the reals of which there are fewer
            than two reals or two samples.
    """
    real, fake = check_features(real=real, fake=fake)
    real_labels = check_labels("real_labels", real_labels, real)
    fake_labels = check_labels("fake_labels", fake_labels, fake)
    distances = []
    for label in np.unique(real_labels):
        ours, theirs = fake[fake_labels == label], real[real_labels == label]
        if min(len(ours), len(theirs)) < 2:
            counts = f"{len(theirs)} reals and {len(ours)} samples"
            raise InputError(f"fake_labels: wanted two of each class or more, got {counts} of class {label}")
        distances.append(frechet_distance(theirs, ours))
    return {"intra_fid": float(np.mean(distances)), "intra_fid_worst": float(np.max(distances))}
