"""Unrolled GAN (Metz et al. 2017, section 2.2)."""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from kgan.distribute import virtual_step
from kgan.game import Game, Logs, Player, Round, joined, norm
from kgan.updates.alternating import turn
from kgan.updates.base import Update, boolean, every_step, number, whole


class Unrolled(Update):
    """The generator moves against what its opponents will have become K steps from now.

    The opponents' K steps are those that their own optimizers would make next, Adam's with Adam's moments, on the
    batch of the generator's own move; the generator's gradient goes through them (eq. 10):
    d/dtheta_G L_G(theta_G, theta^K(theta_G)). Plain gradient descent, or `rate`, gives
    theta^{k+1} = theta^k - rate * grad L_D(theta_G, theta^k) (eq. 7). The opponents themselves move as in alternating
    play (eq. 11).

    Args:
        k: K, the steps looked ahead; 5 in most of the paper. With 0 this is plain play; at most 100,
            since each is written into the graph.
        rate: makes the virtual steps plain gradient steps of this size; default the opponents' own optimizers.
        simultaneous: the generator's gradient is taken before the opponents have moved, as the paper writes it;
            otherwise after, as in alternating play.
        player: the name of the player that looks ahead; default each of role "g", or the last player of a game
            without roles. The others are its opponents.

    Raises:
        ValueError: if an argument is out of its range; (at build) if no player is called `player`, if it has more
            than one step a round, or if an optimizer accumulates gradients or, without `rate`, is none of Keras's own.
    """

    def __init__(
        self, k: int = 5, rate: float | None = None, simultaneous: bool = True, player: str | None = None
    ) -> None:
        super().__init__()
        self.k, self.rate = whole("k", k, 0, 100), None if rate is None else number("rate", rate)
        self.simultaneous, self.player = boolean("simultaneous", simultaneous), player

    def build(self, game: Game) -> None:
        every_step(game, self)
        names = [player.name for player in game.players]
        if self.player is not None and self.player not in names:
            raise ValueError(f"player: wanted one of {names}, got {self.player!r}")
        foreign = [one for one in self._sides(game)[1] if not hasattr(one.bare_optimizer, "update_step")]
        if foreign and self.rate is None and self.k:
            kind = type(foreign[0].bare_optimizer).__name__
            raise ValueError(
                f"update: Unrolled makes virtual steps by Keras's own optimizers, got {kind}; or by a rate"
            )
        for player in self._sides(game)[0]:
            if player.steps != 1:
                raise ValueError(
                    f"player: {player.name!r} looks ahead and moves once a round, but has {player.steps} steps"
                )

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        looking, opponents = self._sides(game)
        if self.simultaneous:
            found = [self._gradients(game, player, rounds[-1]) for player in looking]
        turns = [turn(game, [player], rounds) for player in opponents]
        if not self.simultaneous:
            found = [self._gradients(game, player, rounds[-1]) for player in looking]
        for player, (gradients, logs) in zip(looking, found, strict=True):
            player.move(gradients)
            turns.append(joined(logs, {f"{player.name}_grad_norm": norm(gradients)}))
        return joined(*turns)

    def _sides(self, game: Game) -> tuple[list[Player], list[Player]]:
        """Those who look ahead, and their opponents."""
        if self.player is not None:
            looking = [game.player(self.player)]
        else:
            looking = [player for player in game.players if player.role == "g"] or [game.players[-1]]
        return looking, [player for player in game.players if player not in looking]

    def _gradients(self, game: Game, player: Player, round: Round) -> tuple[list[tf.Tensor], Logs]:
        objective = lambda round: self._objective(game, player, round)  # noqa: E731
        return game.gradients(dataclasses.replace(player, objective=objective), round)

    def _objective(self, game: Game, player: Player, round: Round) -> tuple[tf.Tensor, Logs]:
        """L_G(theta_G, theta^K(theta_G))."""
        opponents = self._sides(game)[1]
        point = {one.name: [tf.identity(v.value) for v in one.variables] for one in opponents}
        kept = {one.name: [tf.identity(v.value) for v in one.bare_optimizer.variables] for one in opponents}
        for _ in range(self.k):
            with game.at(point):
                gradients = {one.name: game.gradients(one, round)[0] for one in opponents}
            for one in opponents:
                here, along = point[one.name], gradients[one.name]
                if self.rate is None:
                    point[one.name], kept[one.name] = virtual_step(one.bare_optimizer, along, here, kept[one.name])
                else:
                    steps = zip(here, along, strict=True)
                    point[one.name] = [theta - tf.cast(self.rate, g.dtype) * g for theta, g in steps]
        with game.at(point):
            return player.objective(round)

    def cost(self, game: Game) -> float:
        # A virtual step: the opponent's gradient, and on the way back a product with its Jacobian.
        looking, opponents = self._sides(game)
        return sum(player.steps for player in game.players) + 3.0 * self.k * len(opponents) * len(looking)
