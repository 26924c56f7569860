"""Extragradient (Korpelevich 1976) and extrapolation from the past, as in Gidel et al. 2019."""

from collections.abc import Sequence

from kgan.game import Game, Logs, Round, joined
from kgan.updates.base import Joint, boolean, every_step, move, norms, read, unless_skipped, write


class Extragradient(Joint):
    """Look one step ahead, then step from where you stood with the gradient found there.

    With F the vector field (Gidel et al. 2019, Algorithms 2 and 3):
        w~ = optimizer(w, F(w)),    w <- optimizer(w, F(w~)).
    Both half-steps run through the player's optimizer and share its moments, with t counting half-steps: with Adam
    this is ExtraAdam (Algorithm 4). Each half-step takes a fresh real batch.

    Args:
        past: extrapolate with the gradient of the last round's second half instead of a new one (eq. 12 there):
            half the cost.
    """

    def __init__(self, past: bool = False) -> None:
        super().__init__()
        self.past = boolean("past", past)

    def build(self, game: Game) -> None:
        super().build(game)
        every_step(game, self)
        if self.past:
            self.last = self.remember(game, "last_gradient")

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        rounds = iter(rounds)
        for round in rounds:
            start = game.point()
            move(game, read(self.last) if self.past else game.vector_field(round)[0])
            field, logs = game.vector_field(round if self.past else next(rounds))
            game.go(start)
            move(game, field)
            if self.past:
                write(self.last, unless_skipped(game, field, field, read(self.last)))
        return joined(logs, norms(field))

    def rounds_needed(self, game: Game) -> int:
        return super().rounds_needed(game) * (1 if self.past else 2)

    def cost(self, game: Game) -> float:
        return sum(player.steps for player in game.players) * (1 if self.past else 2)
