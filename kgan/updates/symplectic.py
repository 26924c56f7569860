"""Symplectic gradient adjustment (Balduzzi et al. 2018, Algorithm 1; Letcher et al. 2019)."""

from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Round, combine, dot, joined
from kgan.updates.base import Joint, boolean, move, norms, number


class SymplecticGradientAdjustment(Joint):
    """Turns the vector field v by the antisymmetric part of its Jacobian, A = (J - J') / 2.

    w <- optimizer(w, v + lambda A' v). With `align`, the sign of lambda is chosen so that the adjustment draws
    towards stable fixed points and away from unstable ones (section 3.5 there):
    sign(<v, J'v> <A'v, J'v> / n + 0.1), n the number of variables.

    Args:
        weight: |lambda|; 1 in the paper.
        align: choose the sign; otherwise it is +.
    """

    def __init__(self, weight: float = 1.0, align: bool = True) -> None:
        super().__init__()
        self.weight, self.align = number("weight", weight), boolean("align", align)

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            near = game.linearize(round)
            v, jt_v = near.field, near.vjp(near.field)
            adjustment = combine(lambda t, j: 0.5 * (t - j), jt_v, near.jvp(v))  # A'v
            sign = 1.0
            if self.align:
                size = sum(g.shape.num_elements() for part in v.values() for g in part)
                sign = tf.sign(dot(v, jt_v) * dot(adjustment, jt_v) / size + 0.1)
            move(game, combine(lambda g, a, s=sign: g + s * self.weight * a, v, adjustment))
        return joined(near.logs, norms(v), {"alignment": tf.cast(sign, "float32")})

    def cost(self, game: Game) -> float:
        return 5.0 * sum(player.steps for player in game.players)
