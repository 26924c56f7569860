"""The vector field of a game of any size: products with its Jacobian, leading eigenvalues, angles along a path.

The field is -v, the direction in which simultaneous gradient descent moves (v: the gradients): an eigenvalue with
negative real part attracts, an imaginary part rotates. Everything is measured on one `Round`, with fixed draws, and
changes nothing: within `Game.at`, moving statistics are not assigned.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.sparse import linalg

from kgan.checks import InputError
from kgan.game import Game, Point, Round


def flatten(point: Point) -> np.ndarray:
    """A point as one vector, players in playing order: float64 (n,)."""
    return np.concatenate([np.ravel(x).astype("float64") for part in point.values() for x in part])


def unflatten(vector: np.ndarray, game: Game) -> Point:
    """The inverse of `flatten`, with the shapes and dtypes of the game's variables."""
    point, at = {}, 0
    for player in game.players:
        point[player.name] = []
        for v in player.variables:
            size = int(np.prod(v.shape))
            point[player.name].append(tf.constant(vector[at : at + size].reshape(v.shape), v.dtype))
            at += size
    return point


def jacobian_operator(game: Game, round: Round | Callable[[], Round]) -> linalg.LinearOperator:
    """The Jacobian of the field at the current point as a SciPy operator: real (n, n), `matvec` and `rmatvec`.

    A `round` that is a function is called in the graph: what it reads, the step that keys its draws, say, is read anew
    for each product.
    """

    def product(transposed: bool) -> Callable[[np.ndarray], np.ndarray]:
        @tf.function(autograph=False)
        def apply(vector: Point) -> Point:
            with game.at({}):
                near = game.linearize(round() if callable(round) else round)
                return near.vjp(vector) if transposed else near.jvp(vector)

        return lambda vector: -flatten(apply(unflatten(np.ravel(vector), game)))

    size = sum(int(np.prod(v.shape)) for player in game.players for v in player.variables)
    return linalg.LinearOperator((size, size), matvec=product(False), rmatvec=product(True), dtype="float64")


def leading_eigenvalues(
    operator: linalg.LinearOperator, k: int = 4, which: str = "LM", tolerance: float = 1e-6
) -> np.ndarray:
    """The k leading eigenvalues by Arnoldi's method (SciPy, ARPACK): complex, at least k, largest first.

    Args:
        operator: from `jacobian_operator`.
        k: how many; at most n - 2.
        which: "LM" largest modulus, "LR" largest real part (least attracting), "LI" largest imaginary part.
        tolerance: relative; what has not converged within ARPACK's usual number of iterations is left out.

    Returns:
        None of them where a product is not finite (float16 that overflows, say); zeros where all products are 0.

    Raises:
        InputError: if k is out of its range.
    """
    if not 1 <= k <= operator.shape[0] - 2:
        raise InputError(f"k: wanted from 1 to {operator.shape[0] - 2}, two less than the variables, got {k!r}")
    start = np.cos(np.arange(operator.shape[0]) * 1.7) + 0.1  # fixed, so that the answer is
    if not np.any(operator.matvec(start)):  # ARPACK refuses such a matrix
        return np.zeros(k, complex)
    try:
        values = linalg.eigs(operator, k, which=which, v0=start, tol=tolerance, return_eigenvectors=False)
    except linalg.ArpackNoConvergence as error:
        values = error.eigenvalues
    except linalg.ArpackError:  # all that is left: a product that is not finite
        values = np.empty(0, complex)
    return values[np.argsort(-np.abs(values), kind="stable")]


def largest_stable_step(eigenvalues: np.ndarray) -> float:
    """The largest learning rate at which simultaneous descent contracts along each eigenvalue.

    |1 + h l| < 1 iff h < 2 |Re l| / |l|^2 (Mescheder et al. 2017); the least over the eigenvalues with negative real
    part. 0 if one of them has a real part of 0 or more: there no step converges.
    """
    values = np.asarray(eigenvalues)
    if np.any(values.real >= 0):
        return 0.0
    return float(np.min(-2 * values.real / np.abs(values) ** 2))


def path_angle(game: Game, round: Round, start: Point, end: Point, positions: Any) -> dict[str, np.ndarray]:
    """The field along the straight line from `start` to `end` (Berard et al. 2020, section 4).

    Args:
        game, round: the game and what its objectives see.
        start: a point early in training (or `game.point()` before it).
        end: one late in training.
        positions: where to look: 0 is `start`, 1 is `end`; beyond 1 past it.

    Returns:
        By name, an array as long as `positions`: "position"; "cosine", of the angle between the line's direction
        and the field: it jumps from +1 to -1 at an attractor, and has a bump at `end` where the game rotates; "norm",
        the field's length.
    """
    line = flatten(end) - flatten(start)

    @tf.function(autograph=False)
    def field(point: Point) -> Point:
        with game.at(point):
            return game.vector_field(round)[0]

    cosines, lengths = [], []
    for position in positions:
        here = -flatten(field(unflatten(flatten(start) + position * line, game)))
        lengths.append(np.linalg.norm(here))
        cosines.append(here @ line / max(lengths[-1] * np.linalg.norm(line), 1e-300))
    return {"position": np.asarray(positions, "float64"), "cosine": np.array(cosines), "norm": np.array(lengths)}
