"""ADA's image-space filtering (Karras et al. 2020, appendix B): frequency bands amplified at random.

The paper's bank: the half-band filters of the wavelet sym2, whose squared responses are low(z) =
(-1, 0, 9, 16, 9, 0, -1) / 32 and high = 1 - low, give four bands that sum to 1,
low(z) low(z^2) low(z^4), low(z) low(z^2) high(z^4), low(z) high(z^2) and high(z), each above the last an octave.
"""

import functools

import numpy as np
import tensorflow as tf

from kgan.augment.draws import Draw

BANDS = 4
POWER = np.array([10.0, 1.0, 1.0, 1.0]) / 13.0  # of each band in natural images, whose spectrum falls as 1 / f


def gains(bands: list[Draw]) -> tf.Tensor:
    """The factor of each band, float32 (batch, 4): a product of four, one for each band that is drawn.

    A band that is drawn is 2^N(0, 1) times as strong as the others, with sum_i POWER_i factor_i^2 = 1: a natural image
    keeps its power.
    """
    result = tf.ones((1, BANDS))
    for band, draw in enumerate(bands):
        factor = tf.pow(2.0, draw.choose(draw.normal[:, :1], 0.0))
        factors = tf.where(tf.range(BANDS) == band, factor, 1.0)
        power = tf.reduce_sum(tf.constant(POWER, "float32") * tf.square(factors), 1, keepdims=True)
        # 1, not 1 + 1e-7, where nothing was drawn.
        result *= tf.where(factor == 1.0, factors, factors / tf.sqrt(power))
    return result


def equalize(images: tf.Tensor, gains: tf.Tensor) -> tf.Tensor:
    """The images with their bands amplified, along each axis in turn, and continued by reflection."""
    images = _along_rows(images, gains)
    return _transposed(_along_rows(_transposed(images), gains))


def _along_rows(images: tf.Tensor, gains: tf.Tensor) -> tf.Tensor:
    height, width, channels = images.shape[1:]
    # What the gains change, so that gains of 1 change nothing at all; a small dense matrix for each sample is
    # quicker than a convolution with another kernel for each, and bounds no image's size from below.
    change = tf.tensordot(tf.cast(gains - 1.0, images.dtype), tf.constant(_bank(height), images.dtype), 1)
    changes = tf.matmul(change, tf.reshape(images, [-1, height, width * channels]))
    return images + tf.reshape(changes, [-1, height, width, channels])


def _transposed(images: tf.Tensor) -> tf.Tensor:
    return tf.transpose(images, [0, 2, 1, 3])


def filters() -> np.ndarray:
    """The taps of the four bands, float64 (4, 43), symmetric; they sum to a unit impulse."""
    low = np.array([-1, 0, 9, 16, 9, 0, -1]) / 32
    high = -low
    high[3] += 1.0
    taps, passed = [], np.ones(1)
    for octave in range(BANDS - 1):  # from the highest band down
        taps.append(np.convolve(passed, _spread(high, 2**octave)))
        passed = np.convolve(passed, _spread(low, 2**octave))
    taps.append(passed)
    return np.stack([np.pad(t, (len(passed) - len(t)) // 2) for t in reversed(taps)])


def _spread(taps: np.ndarray, by: int) -> np.ndarray:
    spread = np.zeros((len(taps) - 1) * by + 1)
    spread[::by] = taps
    return spread


@functools.lru_cache(maxsize=16)
def _bank(size: int) -> np.ndarray:
    """The four filters as matrices on `size` pixels with reflection, float64 (4, size, size)."""
    taps = filters()
    reach = taps.shape[1] // 2
    period = max(2 * (size - 1), 1)
    bank = np.zeros((BANDS, size, size))
    for row in range(size):
        place = np.arange(row - reach, row + reach + 1) % period
        for band in range(BANDS):
            np.add.at(bank[band, row], np.minimum(place, period - place) % size, taps[band])
    return bank
