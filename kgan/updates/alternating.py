"""Alternating gradient descent (Goodfellow et al. 2014, Algorithm 1)."""

from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Player, Round, joined, norm
from kgan.updates.base import Update, boolean


class Alternating(Update):
    """Players move in turn, each against what the others have just become.

    For each player p, in order, `p.steps` times: w_p <- optimizer_p(w_p, grad_p L_p(w)).
    Each move of a player takes a round of its own; a player of fewer moves takes the last ones.

    Args:
        order: the players' names in playing order; default the game's own.
        fresh: no two players share a round: for generators that look at reals, which their opponents have then not
            just learned from (R3GAN, Huang et al. 2024).

    Raises:
        ValueError: (at build) if `order` does not name each player once; for arguments of another kind.
    """

    def __init__(self, order: Sequence[str] | None = None, fresh: bool = False) -> None:
        super().__init__()
        if order is not None and not (isinstance(order, list | tuple) and all(isinstance(n, str) for n in order)):
            raise ValueError(f"order: wanted a list of the players' names, got {order!r}")
        self.order, self.fresh = None if order is None else tuple(order), boolean("fresh", fresh)

    def build(self, game: Game) -> None:
        names = [player.name for player in game.players]
        if self.order is not None and sorted(self.order) != sorted(names):
            raise ValueError(f"order: wanted each of {names} once, got {list(self.order)}")

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        logs = {}
        for player in [game.player(name) for name in self.order] if self.order else game.players:
            logs = joined(logs, turn(game, player, rounds))
            if self.fresh:
                rounds = rounds[: len(rounds) - player.steps]
        return logs

    def rounds_needed(self, game: Game) -> int:
        return sum(player.steps for player in game.players) if self.fresh else super().rounds_needed(game)

    def cost(self, game: Game) -> float:
        return sum(player.steps for player in game.players)


def turn(game: Game, player: Player, rounds: Sequence[Round]) -> Logs:
    """All the moves of one player in a round; returns the means of their logs."""
    moves = []
    for round in rounds[len(rounds) - player.steps :]:
        gradients, logs = game.gradients(player, round)
        player.move(gradients)
        moves.append(joined(logs, {f"{player.name}_grad_norm": norm(gradients)}))
    return {name: tf.add_n([move[name] for move in moves]) / len(moves) for name in moves[0]}
