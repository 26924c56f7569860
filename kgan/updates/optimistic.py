"""Optimistic gradient descent: OGDA / OMD and Optimistic Adam (Daskalakis et al. 2018)."""

from collections.abc import Sequence

from kgan.game import Game, Logs, Round, combine, joined
from kgan.updates.base import Joint, every_step, norms, read, unless_skipped, write


class Optimistic(Joint):
    """Go twice as far as the optimizer would, and take back its last step.

    With d_t the optimizer's step at w_t along F(w_t): w_{t+1} = w_t + 2 d_t - d_{t-1}, d_{-1} = 0. With plain
    gradient descent this is OGDA, w_{t+1} = w_t - 2 lr F(w_t) + lr F(w_{t-1}) (Daskalakis et al. 2018, eq. 6); with
    Adam, Optimistic Adam (Algorithm 1 there).
    """

    def build(self, game: Game) -> None:
        super().build(game)
        every_step(game, self)
        self.last = self.remember(game, "last_step")

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        for round in rounds:
            start, last = game.point(), read(self.last)
            field, logs = game.vector_field(round)
            for player in game.players:
                player.step(field[player.name])
            step = combine(lambda w, s: w - s, game.point(), start)
            far = combine(lambda w, d, e: w + 2.0 * d - e, start, step, last)
            game.go(unless_skipped(game, field, far, start))
            write(self.last, unless_skipped(game, field, step, last))
            for player in game.players:
                if player.settle is not None:
                    player.settle()
        return joined(logs, norms(field))

    def cost(self, game: Game) -> float:
        return sum(player.steps for player in game.players)
