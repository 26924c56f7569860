"""The perceptual path length of a generator (Karras, Laine and Aila 2019, section 4.1)."""

from collections.abc import Callable

import numpy as np

from kgan.checks import InputError, number, whole
from kgan.metrics.estimate import Estimate


def perceptual_path_length(
    generate: Callable[[np.ndarray], np.ndarray],
    network: Callable[[np.ndarray], tuple],
    latent_dim: int,
    num: int = 1000,
    epsilon: float = 1e-3,
    trim: float = 0.01,
    seed: int = 0,
    batch_size: int = 250,
) -> Estimate:
    """How fast the features move along the arc between two latents: E |f(t + epsilon) - f(t)|^2 / epsilon^2 (eq. 2).

    The arc is the spherical interpolation of normal latents, t uniform in [0, 1]. Their distance is LPIPS in VGG
    features, epsilon 1e-4; ours is the squared Euclidean one in any network's, so values compare only with the same
    network. epsilon is larger so that float32 does not drown the difference; a network that rounds images to a file's
    256 levels, which would, is asked without (`Network.unrounded`).

    Args:
        generate: latents, float64 (n, latent_dim), to samples.
        network: samples to a pair, features (n, d) and whatever; its method `unrounded` instead, where it has one.
        latent_dim: the dimension of the latents.
        num: how many places.
        epsilon: the step along the arc, as a part of it.
        trim: the share of the smallest, and of the largest, that is left out, in [0, 0.5); 0.01 in their code.
        seed: of latents and places.
        batch_size: places at a time.

    Raises:
        InputError: for an argument out of its range.
    """
    whole("latent_dim", latent_dim), whole("num", num), whole("batch_size", batch_size)
    number("epsilon", epsilon, above=0.0)
    if number("trim", trim, least=0.0) >= 0.5:
        raise InputError(f"trim: wanted a number in [0, 0.5), got {trim!r}")
    random = np.random.default_rng(seed)
    start, end = random.normal(size=(2, num, latent_dim))
    place = random.uniform(size=(num, 1))
    latents = slerp(start, end, place), slerp(start, end, place + epsilon)
    look = getattr(network, "unrounded", network)
    lengths = []
    for i in range(0, num, batch_size):
        ours, theirs = (np.asarray(look(generate(z[i : i + batch_size]))[0], "float64") for z in latents)
        lengths.append(((theirs - ours) ** 2).sum(1) / epsilon**2)
    lengths = np.concatenate(lengths)
    low, high = np.quantile(lengths, [trim, 1.0 - trim])
    kept = lengths[(lengths >= low) & (lengths <= high)]
    return Estimate(kept.mean(), kept.std(ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else None)


def slerp(start: np.ndarray, end: np.ndarray, place: np.ndarray | float) -> np.ndarray:
    """Along the great arc between two latents, and linearly in length: `start` at place 0, `end` at place 1.

    Args:
        start, end: (n, d).
        place: (n, 1) or a number.
    """
    lengths = [np.linalg.norm(z, axis=-1, keepdims=True) for z in (start, end)]
    a, b = start / lengths[0], end / lengths[1]
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True), -1.0, 1.0))
    near = np.sin(angle) < 1e-6  # of parallel latents, where the arc is no arc
    safe = np.where(near, 1.0, angle)
    weights = [np.where(near, p, np.sin(p * safe) / np.sin(safe)) for p in (1.0 - place, np.asarray(place))]
    return (weights[0] * a + weights[1] * b) * ((1.0 - place) * lengths[0] + place * lengths[1])
