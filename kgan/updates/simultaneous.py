"""Simultaneous gradient descent: every player moves from the same point."""

from collections.abc import Sequence

from kgan.game import Game, Logs, Round, norm
from kgan.updates.base import Update


class Simultaneous(Update):
    """All players step along the vector field at the current point, from one shared forward pass.

    w_p <- optimizer_p(w_p, grad_p L_p(w)) for all p at once. Players must have equal `steps`; a round of several
    steps plays that many simultaneous moves.

    Raises:
        ValueError: (at build) if the players' numbers of steps differ.
    """

    def build(self, game: Game) -> None:
        steps = {player.name: player.steps for player in game.players}
        if len(set(steps.values())) > 1:
            raise ValueError(f"n_critic: simultaneous play wants equal numbers of steps, got {steps}")

    def __call__(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            field, logs = game.vector_field(round)
            for player in game.players:
                player.move(field[player.name])
        return logs | {f"{name}_grad_norm": norm(gradients) for name, gradients in field.items()}
