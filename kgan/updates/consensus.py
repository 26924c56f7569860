"""Consensus optimisation (Mescheder et al. 2017, Algorithm 1)."""

from collections.abc import Sequence

from kgan.game import Game, Logs, Round, combine, dot, joined
from kgan.updates.base import Joint, move, norms, number


class Consensus(Joint):
    """Every player also descends on L(w) = |v(w)|^2 / 2, the squared gradients of *all* players.

    w <- optimizer(w, v(w) + weight * J(w)' v(w)), J the Jacobian of the vector field v: both players at once.

    Args:
        weight: the weight of L; 10 in the authors' experiments.

    Raises:
        ValueError: if `weight` is no number from 0 on.
    """

    def __init__(self, weight: float = 10.0) -> None:
        super().__init__()
        self.weight = number("weight", weight)

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            near = game.linearize(round)
            towards = near.vjp(near.field)
            move(game, combine(lambda v, c: v + self.weight * c, near.field, towards))
        consensus = 0.5 * dot(near.field, near.field)
        return joined(near.logs, norms(near.field), {"consensus": consensus})

    def cost(self, game: Game) -> float:
        return 3.0 * sum(player.steps for player in game.players)
