"""What a generator shows when it is asked: the way between latents, and the reals nearest to its samples."""

import dataclasses
from collections.abc import Callable

import numpy as np

from kgan.metrics.neighbours import check_features, squared_distances, squared_radii
from kgan.metrics.path_length import slerp


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """Samples and the reals nearest to them.

    Attributes:
        samples: (n, ...).
        reals: (k, n, ...); first the nearest ones.
        ratio: the median distance of a sample to its nearest real, over that of a real to its nearest other one.
            Near 1, or above: samples are no copies. Near 0: the generator has learned the reals by heart.
    """

    samples: np.ndarray
    reals: np.ndarray
    ratio: float


def interpolation(
    of_latents: Callable[[np.ndarray], np.ndarray], latent_dim: int, rows: int = 8, columns: int = 8, seed: int = 0
) -> np.ndarray:
    """Samples on the great arcs between pairs of latents: (rows, columns, ...), the pair's at the ends of a row."""
    start, end = np.random.default_rng(seed).normal(size=(2, rows, latent_dim))
    latents = np.stack([slerp(start, end, place) for place in np.linspace(0.0, 1.0, columns)], 1)
    samples = of_latents(latents.reshape(rows * columns, latent_dim).astype("float32"))
    return samples.reshape(rows, columns, *samples.shape[1:])


def neighbours(
    samples: np.ndarray, reals: np.ndarray, network: Callable[[np.ndarray], tuple], show: int = 10, k: int = 3
) -> Neighbours:
    """The k reals nearest to each of the first `show` samples, by Euclidean distance of features.

    Args:
        samples: (n, ...).
        reals: (m, ...), m above k.
        network: samples to a pair, features (n, d) and whatever.
        show: for how many samples.
        k: how many reals each.
    """
    fake, real = check_features(samples=network(samples)[0], reals=network(reals)[0])
    order = np.concatenate([d.argpartition(k - 1, axis=1)[:, :k] for _, d in squared_distances(fake[:show], real)])
    exact = ((fake[:show, None] - real[order]) ** 2).sum(-1)
    order = np.take_along_axis(order, exact.argsort(1), 1)
    ours = np.median(np.sqrt(np.concatenate([d.min(1) for _, d in squared_distances(fake, real)])))
    theirs = np.median(np.sqrt(squared_radii(real, 1, "reals")))
    return Neighbours(samples[:show], reals[order.T], float(ours / theirs) if theirs else float("nan"))
