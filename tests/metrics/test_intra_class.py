"""The Fréchet distance within classes, against SciPy's matrix square root."""

import numpy as np
import pytest
import scipy.linalg

from kgan.checks import InputError
from kgan.metrics import frechet_distance, intra_class_distance


def features(n, seed, shift=0.0):
    """Three classes at their places, each with a spread of its own; `shift` moves the last."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    x = random.normal(size=(n, 4)) * (1.0 + labels[:, None]) + 5.0 * labels[:, None]
    return x + shift * (labels == 2)[:, None], labels


def textbook(a, b):
    """|m - m'|^2 + Tr(C + C' - 2 (C C')^(1/2))."""
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c + d - 2.0 * scipy.linalg.sqrtm(c @ d).real)


def test_it_is_the_mean_of_the_distances_of_each_class():
    (real, real_labels), (fake, fake_labels) = features(300, 0), features(240, 1, shift=2.0)
    seen = intra_class_distance(real, real_labels, fake, fake_labels)
    expected = [textbook(real[real_labels == k], fake[fake_labels == k]) for k in range(3)]
    assert seen["intra_fid"] == pytest.approx(np.mean(expected), rel=1e-6)
    assert seen["intra_fid_worst"] == pytest.approx(max(expected), rel=1e-6) and max(expected) == expected[2]


def test_it_sees_a_generator_that_does_not_what_it_is_asked():
    real, labels = features(300, 0)
    fake, asked = features(300, 1)
    swapped = (asked + 1) % 3
    good, bad = (intra_class_distance(real, labels, fake, told)["intra_fid"] for told in (asked, swapped))
    assert bad > 20 * good and frechet_distance(real, fake) < good  # which looks at all classes together


def test_bad_input():
    (real, labels), (fake, asked) = features(30, 0), features(30, 1)
    with pytest.raises(InputError, match="two of each class or more, got 10 reals and 0 samples of class 2"):
        intra_class_distance(real, labels, fake[asked < 2], asked[asked < 2])
    with pytest.raises(InputError, match="real_labels: wanted 30 whole numbers, got float64"):
        intra_class_distance(real, labels.astype(float), fake, asked)
