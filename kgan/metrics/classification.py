"""The classification accuracy score (Ravuri and Vinyals 2019)."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kgan.checks import InputError
from kgan.metrics.estimate import Estimate
from kgan.metrics.labels import check_labels
from kgan.metrics.neighbours import check_features
from kgan.metrics.precision_recall import proportion


def classification_accuracy(
    fake: np.ndarray, fake_labels: np.ndarray, real: np.ndarray, real_labels: np.ndarray
) -> Estimate:
    """How well a classifier that has seen only a conditional generator's samples knows real ones.

    There a ResNet-50 is trained on images. Here it is a multinomial logistic regression (scikit-learn's, l2 with
    C = 1) on standardised features, which is deterministic; compare it with the score of reals in the fakes' place.

    Args:
        fake: features (n, d) of samples, of the classes that the generator was asked for.
        fake_labels: those, whole numbers (n,).
        real: features (m, d) of reals that no part of the evaluation was trained on.
        real_labels: theirs, (m,).

    Returns:
        The share of reals that it knows, in [0, 1], with its binomial standard error over the reals, the classifier
        held fixed (0 for a share of 0 or 1).

    Raises:
        InputError: for other shapes, features that are not finite, or fakes of one class only.
    """
    fake, real = check_features(fake=fake, real=real)
    fake_labels = check_labels("fake_labels", fake_labels, fake)
    real_labels = check_labels("real_labels", real_labels, real)
    if len(np.unique(fake_labels)) < 2:
        raise InputError("fake_labels: wanted two classes or more, got one")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(fake, fake_labels)
    return proportion(model.predict(real) == real_labels)
