"""Unrolled GAN (Metz et al. 2017, section 2.2)."""

import dataclasses
import functools
import operator
from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Round, norm
from kgan.updates.alternating import turn
from kgan.updates.base import Update, boolean, number, whole


class Unrolled(Update):
    """The last player (the generator) moves against what its opponents will have become K steps from now.

    The opponents' K steps are plain gradient steps, theta^{k+1} = theta^k - rate * grad L_D(theta_G, theta^k)
    (eq. 7), on the batch of the generator's own move, and the generator's gradient goes through them (eq. 10):
    d/dtheta_G L_G(theta_G, theta^K(theta_G)). The opponents themselves move as in alternating play (eq. 11).

    Args:
        k: K, the steps looked ahead; 5 in most of the paper. With 0 this is plain play; at most 100,
            since each is written into the graph.
        rate: the step size of the virtual steps; default each opponent's own learning rate.
        simultaneous: the generator's gradient is taken before the opponents have moved, as the paper writes it;
            otherwise after, as in alternating play.

    Raises:
        ValueError: if an argument is out of its range.
    """

    def __init__(self, k: int = 5, rate: float | None = None, simultaneous: bool = True) -> None:
        super().__init__()
        self.k, self.rate = whole("k", k, 0, 100), None if rate is None else number("rate", rate)
        self.simultaneous = boolean("simultaneous", simultaneous)

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        *opponents, last = game.players
        foresighted = dataclasses.replace(last, objective=lambda round: self._objective(game, round))
        if self.simultaneous:
            gradients, logs = game.gradients(foresighted, rounds[-1])
        turns = [turn(game, player, rounds) for player in opponents]
        if not self.simultaneous:
            gradients, logs = game.gradients(foresighted, rounds[-1])
        last.move(gradients)
        return functools.reduce(operator.or_, turns, logs) | {f"{last.name}_grad_norm": norm(gradients)}

    def _objective(self, game: Game, round: Round) -> tuple[tf.Tensor, Logs]:
        """L_G(theta_G, theta^K(theta_G))."""
        *opponents, last = game.players
        point = {player.name: [tf.identity(v.value) for v in player.variables] for player in opponents}
        for _ in range(self.k):
            with game.at(point):
                gradients = {player.name: game.gradients(player, round)[0] for player in opponents}
            for player in opponents:
                rate = player.optimizer.learning_rate if self.rate is None else self.rate
                steps = zip(point[player.name], gradients[player.name], strict=True)
                point[player.name] = [theta - tf.cast(rate, g.dtype) * g for theta, g in steps]
        with game.at(point):
            return last.objective(round)

    def cost(self, game: Game) -> float:
        # A virtual step: the opponent's gradient, and on the way back a product with its Jacobian.
        return sum(player.steps for player in game.players) + 3.0 * self.k * (len(game.players) - 1)
