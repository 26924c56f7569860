import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kgan.data.images import fit_all, fit_square


@pytest.mark.parametrize(("height", "width", "resolution"), [(40, 40, 10), (33, 50, 12), (50, 33, 20), (9, 9, 30)])
def test_agrees_with_pillow(height, width, resolution):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    expected = np.asarray(Image.fromarray(square).resize((resolution, resolution), Image.Resampling.BILINEAR))
    ours = fit_square(tf.constant(image), resolution)
    assert ours.dtype == tf.uint8
    assert np.abs(ours.numpy().astype(int) - expected).max() <= 1


def test_keeps_what_fits():
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 1), dtype=np.uint8)
    np.testing.assert_array_equal(fit_square(tf.constant(image), 8), image[:, 2:10])


def test_float_keeps_its_range():
    images = tf.random.stateless_uniform((5, 9, 9, 3), (0, 0), -1.0, 1.0)
    fitted = fit_all(images, 4, chunk=2)
    assert fitted.dtype == tf.float32 and fitted.shape == (5, 4, 4, 3)
    assert np.abs(fitted).max() <= 1.0
    np.testing.assert_array_equal(fitted[3], fit_square(images[3], 4))


def test_none_leaves_a_set_as_it_is():
    images = tf.zeros((2, 3, 4, 1))
    assert fit_all(images, None) is images
