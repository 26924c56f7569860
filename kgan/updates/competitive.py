"""Competitive gradient descent (Schäfer and Anandkumar 2019; for several players, Ma et al. 2021), and its Adam."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan.derivatives import until_its_graph_ends
from kgan.distribute import second_moments
from kgan.game import Game, Logs, Player, Point, Round, combine, dot, joined
from kgan.updates.base import Joint, every_step, norms, whole


class CompetitiveGradient(Joint):
    """All players move to the Nash equilibrium of the game's local bilinear approximation.

    With v the vector field, C the blocks of its Jacobian that join different players, and eta their learning rates,
    that equilibrium is w - eta p with (I + C eta) p = v. For two players this is Theorem 2.2 of Schäfer and
    Anandkumar, dx = -eta (I - eta^2 D_xy f D_yx g)^-1 (grad_x f - eta D_xy f grad_y g). The system is solved as
    (I + sqrt(eta) C sqrt(eta)) q = sqrt(eta) v, p = q / sqrt(eta), by conjugate gradients on its normal equations,
    because only in a zero-sum game is it symmetric after elimination.

    A player with SGD hands it p for a gradient: without momentum that is exactly this step. For a player with Adam
    this is ACGD (Schäfer et al. 2020, "Implicit competitive regularization in GANs", Algorithm 1): each weight has a
    learning rate of its own, eta = learning_rate sqrt(1 - beta_2^t) / (sqrt(m) + epsilon), m being Adam's moving
    average of v^2. Adam keeps it, and counts the steps; its first moment, so beta_1, is not used. The authors have
    beta_2 = 0.99 and epsilon = 1e-5, which bounds eta where v vanishes; Keras's 1e-7 wants more iterations.

    Differentiating a round holds C constant, which is exact where v = 0.

    Args:
        iterations: of conjugate gradients. In a large game eta C is small, the matrix near I, and a few do; the
            number of variables always gives the exact solution. At most 1,000, since each is written into the graph.

    Raises:
        ValueError: if `iterations` is out of its range; (at build) if an optimizer is neither SGD nor Adam, if Adam
            has `amsgrad` or a weight decay, or if it accumulates gradients.
    """

    def __init__(self, iterations: int = 10) -> None:
        super().__init__()
        self.iterations = whole("iterations", iterations, 1, 1000)

    def build(self, game: Game) -> None:
        super().build(game)
        every_step(game, self)
        for player in game.players:
            optimizer = player.bare_optimizer
            plain = isinstance(optimizer, keras.optimizers.SGD) or (
                _is_adam(player) and not optimizer.amsgrad and not optimizer.weight_decay
            )
            if not plain:
                raise ValueError(
                    f"update: CompetitiveGradient wants SGD, or Adam without amsgrad and weight_decay, for player "
                    f"{player.name!r}; got {type(optimizer).__name__}"
                )

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            near = game.linearize(round)
            root = {player.name: _root_rates(player, near.field[player.name]) for player in game.players}
            matrix, transpose = _system(near.jvp, root), _system(near.vjp, root)
            q = _solve(matrix, transpose, combine(tf.multiply, root, near.field), self.iterations)
            for player in game.players:
                _move(player, near.field[player.name], q[player.name], root[player.name])
        return joined(near.logs, norms(near.field))

    def cost(self, game: Game) -> float:
        players = len(game.players)
        return game.players[0].steps * players * (1.0 + 2.0 * players * (2 * self.iterations + 2))


def _is_adam(player: Player) -> bool:
    return isinstance(player.bare_optimizer, keras.optimizers.Adam)


def _root_rates(player: Player, gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """sqrt(eta), for each variable: scalars, or with Adam a number for each weight."""
    optimizer = player.bare_optimizer
    if not _is_adam(player):
        return [tf.sqrt(tf.cast(optimizer.learning_rate, g.dtype)) for g in gradients]
    roots, beta = [], optimizer.beta_2
    for moment, g in zip(second_moments(optimizer), player.clipped(gradients), strict=True):
        rate, step = tf.cast(optimizer.learning_rate, g.dtype), tf.cast(optimizer.iterations + 1, g.dtype)
        moment = moment + (1.0 - beta) * (tf.square(g) - moment)
        roots.append(tf.sqrt(rate * tf.sqrt(1.0 - beta**step) / (tf.sqrt(moment) + optimizer.epsilon)))
    return roots


def _move(player: Player, gradients: Sequence[tf.Tensor], q: Sequence[tf.Tensor], root: Sequence[tf.Tensor]) -> None:
    """w - eta p, where sqrt(eta) p = q."""
    p = [tf.math.divide_no_nan(x, r) for x, r in zip(q, root, strict=True)]
    if not _is_adam(player):
        player.move(p)
        return
    start = [tf.identity(v.value) for v in player.variables]
    # Adam takes v, for what it keeps. An overflow in p alone is one of v, so that its loss scale falls.
    gradients = [tf.where(tf.math.is_finite(x), g, x) for g, x in zip(gradients, p, strict=True)]
    player.step(gradients)
    moves = player.moves(gradients)
    for variable, w, r, x in zip(player.variables, start, root, player.clipped(p), strict=True):
        end = w - tf.square(r) * x
        variable.assign(end if moves is True else tf.where(moves, end, w))
    if player.settle is not None:
        player.settle()


def _system(product: Callable[..., Point], root: Point) -> Callable[[Point], Point]:
    """I + sqrt(eta) C sqrt(eta) of a point, or its transpose."""
    scaled = lambda q: combine(tf.multiply, root, q)  # noqa: E731
    return lambda q: combine(tf.add, q, scaled(_between(product, scaled(q))))


def _between(product: Callable[..., Point], vector: Point) -> Point:
    """C vector (or C' vector), from products with J (or J'): what each player feels of the others' parts."""
    others = {name: {n: part for n, part in vector.items() if n != name} for name in vector}
    return {name: product(others[name], of=[name])[name] for name in vector}


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

    flat = solve(*tf.nest.flatten(right))
    until_its_graph_ends(flat[0])
    return tf.nest.pack_sequence_as(right, flat)


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
