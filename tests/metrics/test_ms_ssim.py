import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from kgan.checks import InputError
from kgan.metrics import ms_ssim

random = np.random.default_rng(0)


def test_one_image_again_and_again_has_similarity_one():
    for side in (8, 28, 64):
        image = random.uniform(-1, 1, (1, side, side, 1))
        assert ms_ssim(np.repeat(image, 20, 0), pairs=50) == pytest.approx(1.0, abs=1e-5)


def test_less_diverse_is_higher_and_never_pairs_an_image_with_itself():
    noise = np.stack([gaussian_filter(x, 2) for x in random.normal(size=(40, 28, 28))])[..., None]
    noise /= abs(noise).max()
    diverse, alike = ms_ssim(noise), ms_ssim(0.2 * noise + 0.8 * noise[:1])
    assert diverse < 0.3 < 0.5 < alike < 1.0 and diverse.error > 0
    assert ms_ssim(noise[:2], pairs=8) < 0.9


def test_one_scale_is_ssim_by_hand():
    """Of two constant images, where the contrast's and structure's factor is 1: the luminance's remains."""
    c1 = (0.01 * 2.0) ** 2
    images = np.stack([np.full((11, 11, 1), -0.5), np.full((11, 11, 1), -0.75)])
    expected = (2 * 0.5 * 0.25 + c1) / (0.5**2 + 0.25**2 + c1)  # above black, which is -1
    assert ms_ssim(images, pairs=3) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("side", "weight"), [(22, 0.2856 / (0.0448 + 0.2856)), (176, 0.1333)])
def test_the_last_weight_is_the_coarsest_scales(side, weight):
    """Of two constant images the luminance's factor remains, which only the coarsest scale has."""
    c1 = (0.01 * 2.0) ** 2
    images = np.ones((2, side, side, 1)) * np.array([-0.5, -0.75])[:, None, None, None]
    luminance = (2 * 0.5 * 0.25 + c1) / (0.5**2 + 0.25**2 + c1)
    assert ms_ssim(images, pairs=2) == pytest.approx(luminance**weight, rel=1e-4)


def test_it_is_that_of_the_pictures_files():
    """Of 0 to 255, as published numbers are: all pairs of one with another, by TensorFlow on integers."""
    files = np.stack([gaussian_filter(x, 2) for x in random.normal(size=(6, 22, 22))])[..., None]
    files = np.uint8(np.interp(files, (files.min(), files.max()), (0, 255)).round())
    first, second = np.triu_indices(len(files), 1)
    weights = np.array([0.0448, 0.2856]) / (0.0448 + 0.2856)
    pairs = tf.image.ssim_multiscale(files[first], files[second], 255, weights).numpy()
    images = files / np.float32(127.5) - 1.0
    seen = ms_ssim(images, pairs=1000)
    assert seen == pytest.approx(pairs.mean(), abs=5 * seen.error)
    assert ms_ssim(3.0 * images, pairs=9) == ms_ssim(np.clip(3.0 * images, -1, 1), pairs=9)


def test_bad_input():
    with pytest.raises(InputError, match="images: wanted finite"):
        ms_ssim(np.full((2, 28, 28, 1), np.nan))
    with pytest.raises(InputError, match="n >= 2"):
        ms_ssim(np.zeros((1, 28, 28, 1)))
