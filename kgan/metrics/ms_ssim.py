"""Multi-scale structural similarity as a measure of diversity (Odena, Olah and Shlens 2017, section 4.2)."""

import math

import numpy as np
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.metrics.estimate import Estimate

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, fine to coarse: Wang et al. (2003)
FILTER = 11
BATCH = 128


def ms_ssim(images: np.ndarray, pairs: int = 1000, seed: int = 0) -> Estimate:
    """The mean similarity of random pairs: 1 if all are the same, lower the more diverse; compare it with the reals'.

    A set of diverse noise has a low score too: it says nothing of quality. Images below 176 pixels have fewer than
    the five scales, with the first of the weights, divided by their sum; below 11 pixels the filter, too, is smaller.
    Odena et al. take pairs of one class; without labels pairs are of all samples.

    Args:
        images: float (n, height, width, channels) in [-1, 1], which is black to white; what is outside is clipped.
        pairs: how many pairs of two different images.
        seed: of the pairs.

    Returns:
        The mean with its standard error over the pairs.

    Raises:
        InputError: for other shapes, fewer than two images, images below 2 pixels, or that are not finite.
    """
    images = np.asarray(images, "float32")
    if images.ndim != 4 or len(images) < 2 or min(images.shape[1:3]) < 2:
        raise InputError(
            f"images: wanted (n, height, width, channels), n >= 2, of 2 pixels or more, got {images.shape}"
        )
    if not np.isfinite(images).all():
        raise InputError("images: wanted finite numbers, got NaN or infinity")
    # The formula compares luminances: these are ratios, of which black is 0.
    images = np.clip(images, -1.0, 1.0) + 1.0
    side = min(images.shape[1:3])
    size = min(FILTER, side)
    scales = min(len(WEIGHTS), 1 + int(math.log2(side / size)))
    weights = [w / sum(WEIGHTS[:scales]) for w in WEIGHTS[:scales]]
    random = np.random.default_rng(seed)
    first = random.integers(len(images), size=whole("pairs", pairs))
    second = (first + random.integers(1, len(images), size=pairs)) % len(images)
    values = np.concatenate(
        [
            tf.image.ssim_multiscale(
                images[first[i : i + BATCH]], images[second[i : i + BATCH]], 2.0, weights, filter_size=size
            ).numpy()
            for i in range(0, pairs, BATCH)
        ]
    )
    return Estimate(values.mean(), values.std(ddof=1) / np.sqrt(pairs) if pairs > 1 else None)
