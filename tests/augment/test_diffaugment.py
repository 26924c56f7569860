"""DiffAugment: its moments, and its results by NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kgan import random
from kgan.augment import DiffAugment

N = 4000


def many(policy, image):
    return DiffAugment(policy)(tf.repeat(tf.constant(image)[None], N, 0), random.key(5)).numpy()


def is_uniform(numbers, low, high):
    assert stats.kstest((numbers - low) / (high - low), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("channels", [1, 3])
def test_color(channels):
    """Saturation and contrast keep the image's mean; saturation keeps each pixel's."""
    x = np.random.default_rng(0).uniform(-1, 1, (4, 4, channels))
    seen = many("color", x)
    brightness = seen.mean((1, 2, 3)) - x.mean()
    is_uniform(brightness, -0.5, 0.5)
    luma, seen_luma = x.mean(-1), seen.mean(-1)
    contrast = (seen_luma[:, 1, 2] - seen_luma.mean((1, 2))) / (luma[1, 2] - luma.mean())
    is_uniform(contrast, 0.5, 1.5)
    if channels == 1:
        saturation = np.ones(N)
    else:
        saturation = (seen[:, 0, 0, 0] - seen_luma[:, 0, 0]) / (x[0, 0, 0] - luma[0, 0]) / contrast
        is_uniform(saturation, 0.0, 2.0)
    b, s, c = (v[:, None, None, None] for v in (brightness, saturation, contrast))
    expected = (x - luma[..., None]) * s + luma[..., None] + b
    mean = expected.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(seen, (expected - mean) * c + mean, atol=1e-6)
    assert (
        np.abs(np.corrcoef([brightness, contrast] + [saturation] * (channels > 1)) - np.eye(2 + (channels > 1))).max()
        < 0.06
    )


@pytest.mark.parametrize("shape", [(8, 12), (28, 28)])
def test_translation_is_uniform_over_whole_pixels_with_zeros(shape):
    x = np.random.default_rng(0).uniform(0.1, 1, (*shape, 2))
    seen = many("translation", x)
    my, mx = (int(size / 8 + 0.5) for size in shape)  # 1 and 2; 4 and 4
    around = np.pad(x, [(my, my), (mx, mx), (0, 0)])
    counts = []
    for dy in range(2 * my + 1):
        for dx in range(2 * mx + 1):
            moved = around[dy : dy + shape[0], dx : dx + shape[1]]
            counts.append((seen == moved).all((1, 2, 3)).sum())
    assert sum(counts) == N
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(8, 12), (7, 10)])
def test_cutout_erases_half_of_each_side_and_less_at_the_borders(shape):
    erased = (many("cutout", np.ones((*shape, 1))) == 0)[..., 0]
    sides = erased.any(2), erased.any(1)
    np.testing.assert_array_equal(erased, sides[0][:, :, None] & sides[1][:, None])
    for found, size in zip(sides, shape, strict=True):
        length = int(size / 2 + 0.5)
        places = size + 1 - length % 2
        windows = [[first <= i < first + length for i in range(size)] for first in np.arange(places) - length // 2]
        np.testing.assert_allclose(found.mean(0), np.mean(windows, 0), atol=0.04)
        assert found.sum(1).max() == length


def test_policies_act_in_their_order_with_the_same_numbers():
    x, seed = tf.random.stateless_uniform((8, 8, 8, 3), (0, 1), -1, 1), random.key(1)
    for policy in ("color,translation,cutout", "cutout,color"):
        in_turn = x
        for name in policy.split(","):
            in_turn = DiffAugment(name)(in_turn, seed)
        np.testing.assert_array_equal(DiffAugment(policy)(x, seed), in_turn)
