"""Alternating gradient descent (Goodfellow et al. 2014, Algorithm 1)."""

from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Round, norm
from kgan.updates.base import Update


class Alternating(Update):
    """Players move in turn, each against what the others have just become.

    For each player p, in playing order, `p.steps` times: w_p <- optimizer_p(w_p, grad_p L_p(w)).
    Each move takes a round of its own; a player of fewer moves takes the last ones.
    """

    def __call__(self, game: Game, rounds: Sequence[Round]) -> Logs:
        logs = {}
        for player in game.players:
            moves = []
            for round in rounds[len(rounds) - player.steps :]:
                gradients, move_logs = game.gradients(player, round)
                player.move(gradients)
                moves.append({**move_logs, f"{player.name}_grad_norm": norm(gradients)})
            logs |= {name: tf.add_n([move[name] for move in moves]) / len(moves) for name in moves[0]}
        return logs
