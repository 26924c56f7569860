import numpy as np
import pytest
from scipy import stats

from kgan.checks import InputError
from kgan.metrics import classification_accuracy


def samples(n, seed, distance=2.0):
    random = np.random.default_rng(seed)
    labels = random.integers(2, size=n)
    return random.normal(size=(n, 2)) + distance * labels[:, None] * [1.0, 0.0], labels


def test_the_score_of_the_true_law_is_that_of_bayes():
    seen = classification_accuracy(*samples(20_000, 0), *samples(20_000, 1))
    assert seen == pytest.approx(stats.norm.cdf(1.0), abs=4 * seen.error)


def test_the_scale_of_a_feature_is_nothing():
    """Unscaled, the penalty would keep the first, which alone tells the classes, out of the classifier."""
    scale = np.array([1e-6, 1.0])
    (fake, fake_labels), (real, real_labels) = samples(2000, 0), samples(2000, 1)
    seen = classification_accuracy(fake * scale, fake_labels, real * scale, real_labels)
    assert seen == pytest.approx(stats.norm.cdf(1.0), abs=4 * seen.error)


def test_labels_that_mean_nothing_and_classes_that_are_lost():
    fake, labels = samples(5000, 0)
    real = samples(5000, 1, distance=10.0)
    assert classification_accuracy(fake, np.random.default_rng(2).permutation(labels), *real) < 0.7
    with pytest.raises(InputError, match="two classes"):
        classification_accuracy(fake, np.zeros(5000, int), *real)
    with pytest.raises(InputError, match="real_labels: wanted 5000"):
        classification_accuracy(fake, labels, real[0], labels[:3])
