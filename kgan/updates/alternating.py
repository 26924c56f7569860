"""Alternating gradient descent (Goodfellow et al. 2014, Algorithm 1)."""

import itertools
from collections.abc import Sequence

import tensorflow as tf

from kgan.game import Game, Logs, Player, Round, joined
from kgan.updates.base import Update, boolean, norms


class Alternating(Update):
    """Players move in turn, each against what the others have just become.

    For each player p, in order, `p.steps` times: w_p <- optimizer_p(w_p, grad_p L_p(w)).
    Each move of a player takes a round of its own; a player of fewer moves takes the last ones. Players of one role and
    as many steps who stand side by side, several discriminators say, do not look at each other: they move at once, from
    one evaluation, which is the same and shares its fakes.

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
        players = [game.player(name) for name in self.order] if self.order else game.players
        logs = {}
        for team in self.teams(players):
            logs = joined(logs, turn(game, team, rounds))
            if self.fresh:
                rounds = rounds[: len(rounds) - team[0].steps]
        return logs

    def rounds_needed(self, game: Game) -> int:
        return sum(team[0].steps for team in self.teams(game.players)) if self.fresh else super().rounds_needed(game)

    @staticmethod
    def teams(players: Sequence[Player]) -> list[list[Player]]:
        """Those who move at once."""
        alike = itertools.groupby(players, key=lambda player: (player.role or player.name, player.steps))
        return [list(team) for _, team in alike]

    def cost(self, game: Game) -> float:
        return sum(player.steps for player in game.players)


def turn(game: Game, team: Sequence[Player], rounds: Sequence[Round]) -> Logs:
    """All the moves in a round of players with as many steps, who move at once; returns the means of their logs."""
    number = game.players.index(team[0])
    moves = []
    for round in rounds[len(rounds) - team[0].steps :]:
        field, logs = game.evaluate(team, round.drawn(number))
        for player in team:
            player.move(field[player.name])
        moves.append(joined(logs, norms(field)))
    return {name: tf.add_n([move[name] for move in moves]) / len(moves) for name in moves[0]}
