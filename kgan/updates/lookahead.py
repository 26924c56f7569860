"""Lookahead-minmax (Chavdarova et al. 2021, Algorithm 1)."""

from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Round, combine
from kgan.updates.base import Update, number, read, whole, write


class Lookahead(Update):
    """Play k rounds by another rule, then all players jump back together to alpha of the way.

    Every k rounds: slow <- slow + alpha (w - slow); w <- slow, for all players at once (a player who jumped alone
    would meet an opponent from elsewhere). The slow copy is taken where training begins. The optimizers' moments
    are left as they are. Nest it for slower copies: Lookahead(Lookahead(Alternating(), k=5), k=5000).

    Args:
        inner: the rule that plays the rounds.
        k: rounds between two jumps; 5 in the authors' experiments with Adam.
        alpha: in (0, 1]; 0.5 there.

    Raises:
        ValueError: if k or alpha is out of its range.
    """

    def __init__(self, inner: Update, k: int = 5, alpha: float = 0.5) -> None:
        super().__init__()
        if not isinstance(inner, Update):
            raise ValueError(f"inner: wanted an update rule, got {inner!r}")
        if not 0.0 < number("alpha", alpha) <= 1.0:
            raise ValueError(f"alpha: wanted a number in (0, 1], got {alpha!r}")
        self.inner, self.k, self.alpha = inner, whole("k", k, 1, 2**31 - 1), float(alpha)

    def build(self, game: Game) -> None:
        self.inner.build(game)
        self.slow = self.remember(game, "slow")
        self.played = self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="played",
        )

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        begins, jumps = self.played.value == 0, (self.played.value + 1) % self.k == 0
        slow = combine(lambda s, w: tf.where(begins, w, s), read(self.slow), game.point())
        logs = self.inner.play(game, rounds)
        fast = game.point()
        # Chosen by value, not by tf.cond: under several replicas nothing may be assigned inside a cond.
        slow = combine(lambda s, w: tf.where(jumps, s + self.alpha * (w - s), s), slow, fast)
        game.go(combine(lambda s, w: tf.where(jumps, s, w), slow, fast))
        write(self.slow, slow)
        self.played.assign_add(1)
        return logs

    def rounds_needed(self, game: Game) -> int:
        return self.inner.rounds_needed(game)

    def cost(self, game: Game) -> float:
        return self.inner.cost(game)
