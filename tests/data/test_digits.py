import numpy as np
import pytest
from sklearn.datasets import load_digits

import kgan
from kgan.checks import InputError


def test_digits_are_scikit_learns():
    images, labels = next(iter(kgan.data.load("digits", batch_size=1797, resolution=8, labels=True, shuffle=False)))
    expected, classes = load_digits(return_X_y=True)
    np.testing.assert_allclose(images.numpy().reshape(1797, 64), expected / 8 - 1, atol=1.01 / 255)  # rounded to bytes
    np.testing.assert_array_equal(labels, classes)


@pytest.mark.parametrize(("resolution", "side"), [(None, 28), (32, 32), (4, 4)])
def test_size_and_range(resolution, side):
    images = next(iter(kgan.data.load("digits", batch_size=1797, resolution=resolution)))
    assert images.shape == (1797, side, side, 1)
    assert images.numpy().min() == -1.0
    assert 0.5 < images.numpy().max() <= 1.0


def test_resized_digits_keep_their_shape():
    small = next(iter(kgan.data.load("digits", batch_size=100, resolution=8, shuffle=False))).numpy()
    large = next(iter(kgan.data.load("digits", batch_size=100, resolution=32, shuffle=False))).numpy()
    averaged = large.reshape(100, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.corrcoef(averaged.ravel(), small.ravel())[0, 1] > 0.98


def test_unknown_split():
    with pytest.raises(InputError, match="split: unknown name 'test'; known: train"):
        kgan.data.load("digits", "test")
