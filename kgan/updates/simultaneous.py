"""Simultaneous gradient descent: every player moves from the same point."""

from collections.abc import Sequence

from kgan.game import Game, Logs, Round, joined
from kgan.updates.base import Joint, move, norms


class Simultaneous(Joint):
    """All players step along the vector field at the current point, from one shared forward pass.

    w_p <- optimizer_p(w_p, grad_p L_p(w)) for all p at once; as many times as the players have `steps`.
    """

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            field, logs = game.vector_field(round)
            move(game, field)
        return joined(logs, norms(field))

    def cost(self, game: Game) -> float:
        return sum(player.steps for player in game.players)
