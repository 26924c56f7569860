"""What the next member of an ensemble should be trained on, from what those before it make badly."""

import numpy as np

from kgan.checks import InputError, number


def adagan_weights(ratios: np.ndarray, beta: float) -> np.ndarray:
    """How much each sample of the data counts for AdaGAN's next generator (Tolstikhin et al. 2017, theorem 1).

        w_i = (1 / (n beta)) (lambda - (1 - beta) r_i)_+,  with lambda such that they add up to 1:

    the law Q for which (1 - beta) P_model + beta Q is as near as can be to the data, in every f-divergence.

    Args:
        ratios: r_i = p_model(x_i) / p_data(x_i), from 0 on, (n,): (1 - D) / D of a classifier D, the probability that
            x_i is real.
        beta: the share that the next generator will have of the mixture, in (0, 1].

    Returns:
        float64 (n,), from 0 on, which add up to 1.

    Raises:
        InputError: for other shapes, or ratios below 0 or not finite.
    """
    ratios = np.asarray(ratios, "float64")
    if ratios.ndim != 1 or not ratios.size or not np.isfinite(ratios).all() or ratios.min() < 0:
        raise InputError(f"ratios: wanted finite numbers from 0 on, (n,), got {ratios.dtype} {ratios.shape}")
    number("beta", beta, above=0.0)
    if beta > 1.0:
        raise InputError(f"beta: wanted a number in (0, 1], got {beta!r}")
    size = len(ratios)
    ordered = np.sort(ratios) * (1.0 - beta)
    counts = np.arange(1, size + 1)
    levels = (beta * size + np.cumsum(ordered)) / counts  # lambda, if the k smallest ratios have weight
    k = int(np.argmax(np.append(levels[:-1] <= ordered[1:], True)))  # the first that leaves the next one none
    return np.maximum(levels[k] - (1.0 - beta) * ratios, 0.0) / (size * beta)


def systematic(weights: np.ndarray, seed: int) -> np.ndarray:
    """As many rows as there are weights, each in proportion to its weight, up to one: int64 (n,), ascending.

    Systematic resampling: one draw for all, a function of `seed`.
    """
    weights = np.asarray(weights, "float64")
    size = len(weights)
    start = np.random.default_rng(np.random.SeedSequence(seed)).uniform()
    ends = np.cumsum(weights) / weights.sum()
    rows = np.searchsorted(ends, (start + np.arange(size)) / size, side="right")
    return np.minimum(rows, np.flatnonzero(weights)[-1]).astype("int64")


def highest(scores: np.ndarray, rows: np.ndarray, share: float) -> np.ndarray:
    """Of some rows, the `share` with the highest scores, at least one: int64, ascending.

    A cascade's gate (Wang, Zhang and van de Weijer 2016): data that a discriminator takes for real most
    surely are those that its generator makes badly.
    """
    keep = max(1, round(share * len(rows)))
    return np.sort(rows[np.argsort(-scores[rows], kind="stable")[:keep]]).astype("int64")
