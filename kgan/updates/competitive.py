"""Competitive gradient descent (Schäfer and Anandkumar 2019; for several players, Ma et al. 2021)."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from kgan.game import Game, Logs, Point, Round, combine, dot
from kgan.updates.base import Joint, move, norms, whole


class CompetitiveGradient(Joint):
    """All players move to the Nash equilibrium of the game's local bilinear approximation.

    With v the vector field, C the blocks of its Jacobian that join different players, and eta their learning rates,
    that equilibrium is w - eta p with (I + C eta) p = v. For two players this is Theorem 2.2 of Schäfer and
    Anandkumar, dx = -eta (I - eta^2 D_xy f D_yx g)^-1 (grad_x f - eta D_xy f grad_y g). The system is solved by
    conjugate gradients on its normal equations, because only in a zero-sum game is it symmetric after elimination.
    Each player's optimizer then takes p for its gradient: gradient descent makes exactly this step.

    Differentiating a round holds C constant, which is exact where v = 0.

    Args:
        iterations: of conjugate gradients. In a large game eta C is small, the matrix near I, and a few do; the
            number of variables always gives the exact solution. At most 1,000, since each is written into the graph.

    Raises:
        ValueError: if `iterations` is out of its range.
    """

    def __init__(self, iterations: int = 10) -> None:
        super().__init__()
        self.iterations = whole("iterations", iterations, 1, 1000)

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        rate = {player.name: player.optimizer.learning_rate for player in game.players}

        def scaled(vector: Point) -> Point:
            return {name: [tf.cast(rate[name], x.dtype) * x for x in part] for name, part in vector.items()}

        for round in rounds:
            near = game.linearize(round)
            matrix = lambda p, near=near: combine(tf.add, p, _between(near.jvp, scaled(p)))  # noqa: E731
            transpose = lambda p, near=near: combine(tf.add, p, scaled(_between(near.vjp, p)))  # noqa: E731
            move(game, _solve(matrix, transpose, near.field, self.iterations))
        return near.logs | norms(near.field)

    def cost(self, game: Game) -> float:
        players = len(game.players)
        return game.players[0].steps * players * (1.0 + 2.0 * players * (2 * self.iterations + 2))


def _between(product: Callable[[Point], Point], vector: Point) -> Point:
    """C vector (or C' vector), from products with J (or J'): what each player feels of the others' parts."""
    felt = {}
    for name in vector:
        others = {n: [x if n != name else tf.zeros_like(x) for x in part] for n, part in vector.items()}
        felt[name] = product(others)[name]
    return felt


def _solve(matrix: Callable, transpose: Callable, right: Point, iterations: int) -> Point:
    """p with matrix p = right; linear in `right`, and differentiated as such."""

    @tf.custom_gradient
    def solve(*flat):
        solution = _conjugate_gradients(matrix, transpose, tf.nest.pack_sequence_as(right, flat), iterations)

        def gradient(*upstream: tf.Tensor, variables: Sequence = ()) -> Any:
            upstream = tf.nest.pack_sequence_as(right, upstream)
            products = tf.nest.flatten(_conjugate_gradients(transpose, matrix, upstream, iterations))
            return (products, [None] * len(variables)) if variables else products

        return tf.nest.flatten(solution), gradient

    return tf.nest.pack_sequence_as(right, solve(*tf.nest.flatten(right)))


def _conjugate_gradients(matrix: Callable, transpose: Callable, right: Point, iterations: int) -> Point:
    """CGNR (Saad 2003, Algorithm 8.4), from p = right."""
    p = right
    residual = combine(tf.subtract, right, matrix(p))
    z = direction = transpose(residual)
    square = dot(z, z)
    for _ in range(iterations):
        image = matrix(direction)
        length = tf.math.divide_no_nan(square, dot(image, image))
        p = combine(lambda a, d, t=length: a + tf.cast(t, a.dtype) * d, p, direction)
        residual = combine(lambda r, i, t=length: r - tf.cast(t, r.dtype) * i, residual, image)
        z = transpose(residual)
        last, square = square, dot(z, z)
        turn = tf.math.divide_no_nan(square, last)
        direction = combine(lambda a, d, t=turn: a + tf.cast(t, a.dtype) * d, z, direction)
    return p
