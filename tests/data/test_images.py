import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kgan.checks import InputError
from kgan.data.images import as_shown, check_memory, fit, fit_all


@pytest.mark.parametrize(("height", "width", "resolution"), [(40, 40, 10), (33, 50, 12), (50, 33, 20), (9, 9, 30)])
def test_agrees_with_pillow(height, width, resolution):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    expected = np.asarray(Image.fromarray(square).resize((resolution, resolution), Image.Resampling.BILINEAR))
    ours = fit(tf.constant(image), (resolution, resolution))
    assert ours.dtype == tf.uint8
    assert np.abs(ours.numpy().astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("shape", "resolution", "box"),
    [((60, 80), (6, 12), (0, 10, 80, 50)), ((80, 60), (9, 6), (3, 0, 57, 80)), ((1, 50), (40, 8), (24, 0, 25, 1))],
)
def test_other_proportions_cut_the_largest_centre(shape, resolution, box):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    left, top, right, bottom = box
    part = Image.fromarray(image[top:bottom, left:right])
    expected = np.asarray(part.resize(resolution[::-1], Image.Resampling.BILINEAR))
    assert np.abs(fit(tf.constant(image), resolution).numpy().astype(int) - expected).max() <= 1


def test_keeps_what_fits():
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 1), dtype=np.uint8)
    np.testing.assert_array_equal(fit(tf.constant(image), (8, 8)), image[:, 2:10])


def test_float_keeps_its_range():
    images = tf.random.stateless_uniform((5, 9, 9, 3), (0, 0), -1.0, 1.0)
    fitted = fit_all(images, (4, 4), chunk=2)
    assert fitted.dtype == tf.float32 and fitted.shape == (5, 4, 4, 3)
    assert np.abs(fitted).max() <= 1.0
    np.testing.assert_array_equal(fitted[3], fit(images[3], (4, 4)))


def test_none_leaves_a_set_as_it_is():
    images = tf.zeros((2, 3, 4, 1))
    assert fit_all(images, None) is images


def test_alpha_lies_on_white_and_16_bits_are_all_kept():
    random = np.random.default_rng(0)
    image = random.integers(0, 65536, (5, 4, 4), dtype=np.uint16)
    values, alpha = image[..., :3] / 65535, image[..., 3:] / 65535
    expected = values * alpha + (1 - alpha)
    np.testing.assert_allclose(as_shown(tf.constant(image)), 2 * expected - 1, atol=1e-6)
    np.testing.assert_allclose(as_shown(tf.constant(image[..., :3])), 2 * values - 1, atol=1e-6)
    grey = random.integers(0, 256, (5, 4, 2), dtype=np.uint8)
    expected = np.round(grey[..., :1] * (grey[..., 1:] / 255) + 255 * (1 - grey[..., 1:] / 255))
    np.testing.assert_array_equal(as_shown(tf.constant(grey)), expected)
    np.testing.assert_array_equal(as_shown(tf.constant(grey[..., :1])), grey[..., :1])


def test_what_memory_does_not_hold_is_refused_before_it_is_made():
    check_memory("4 images", 4, (16384, 16384, 1), 4)  # 4 GiB
    with pytest.raises(InputError, match=r"resolution: 5 images of 16384x16384x1 take 5 GiB; wanted at most 4 GiB"):
        check_memory("5 images", 5, (16384, 16384, 1), 4)
