"""What every update rule is."""

import numbers
from collections.abc import Sequence

import keras
import tensorflow as tf

from kgan.game import Game, Logs, Point, Round, joined, norm
from kgan.parts import Part

LARGEST = 3e38  # about float32's largest number


class Update(Part, keras.layers.Layer):
    """One round of play: `update.build(game)` once, then `update(game, rounds) -> logs`.

    `rounds` holds as many `Round`s as `rounds_needed` says, each with a fresh real batch. A rule is a Keras layer
    for one reason: the variables it keeps (`add_weight`) are then tracked by the model, saved with it and mirrored
    on replicas. It runs under `tf.function`, where a loop over players or steps is a Python loop.

    A rule defines `play` and `cost`. It moves a player by `player.move(direction)`, which hands the direction to
    the player's own Keras optimizer: a rule chooses where to look and along what, the optimizer how far to go.

    Under loss scaling (float16) an optimizer skips a direction that is not finite, and lowers its scale. A rule then
    leaves that player where it stands and remembers nothing of the overflow: see `unless_skipped`.
    """

    def build(self, game: Game) -> None:
        """Creates the rule's own variables; once, before the first round."""

    def __call__(self, game: Game, rounds: Sequence[Round]) -> Logs:
        """Plays one round: moves every player.

        Returns:
            Scalars by name: what the objectives log; `NAME_grad_norm`, the Euclidean norm of each player's gradient
            where its move ended up being decided; `gradient_evaluations`, the round's `cost`. A player of several
            moves logs their means.
        """
        logs = self.play(game, rounds)
        return joined(logs, {"gradient_evaluations": tf.constant(float(self.cost(game)))})

    def play(self, game: Game, rounds: Sequence[Round]) -> Logs:
        """The rule itself: moves every player and returns the logs."""
        raise NotImplementedError

    def cost(self, game: Game) -> float:
        """Gradient evaluations in one round: 1 for one player's gradient, 2 for a product with its Jacobian."""
        raise NotImplementedError

    def remember(self, game: Game, name: str) -> dict:
        """A variable of the rule's own for each variable of each player, zero at first; see `read` and `write`."""
        return {
            player.name: [
                self.add_weight(
                    shape=v.shape, dtype=v.dtype, initializer="zeros", trainable=False, autocast=False, name=name
                )
                for v in player.variables
            ]
            for player in game.players
        }

    def rounds_needed(self, game: Game) -> int:
        """How many `Round`s (fresh real batches) one call takes: the moves of the busiest player."""
        return max(player.steps for player in game.players)


class Joint(Update):
    """A rule whose players all move at once, so that none can have more `steps` than another.

    Raises:
        ValueError: (at build) if the players' numbers of steps differ.
    """

    def build(self, game: Game) -> None:
        steps = {player.name: player.steps for player in game.players}
        if len(set(steps.values())) > 1:
            name = type(self).__name__
            raise ValueError(
                f"n_critic: {name} moves all players at once and wants equal numbers of steps, got {steps}"
            )


# As in kgan.checks, of which the rules know nothing.


def number(name: str, value: float) -> float:
    """`value` as a float, if it is a number from 0 on that float32 holds."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 <= value <= LARGEST:
        raise ValueError(f"{name}: wanted a number from 0 on, got {value!r}")
    return float(value)


def whole(name: str, value: int, least: int, most: int) -> int:
    """`value`, if it is a whole number from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or not least <= value <= most:
        raise ValueError(f"{name}: wanted a whole number from {least} to {most}, got {value!r}")
    return int(value)


def boolean(name: str, value: bool) -> bool:
    """`value`, if it is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name}: wanted True or False, got {value!r}")
    return value


def norms(field: Point) -> Logs:
    """`NAME_grad_norm` for each player of a vector field."""
    return {f"{name}_grad_norm": norm(gradients) for name, gradients in field.items()}


def move(game: Game, field: Point) -> None:
    """Every player moves along its part of `field`."""
    for player in game.players:
        player.move(field[player.name])


def unless_skipped(game: Game, field: Point, new: Point, old: Point) -> Point:
    """`new`; but `old` for each player whose optimizer skips `field` (see `Player.moves`)."""
    chosen = {}
    for player in game.players:
        moves = player.moves(field[player.name])
        pairs = zip(new[player.name], old[player.name], strict=True)
        chosen[player.name] = [n if moves is True else tf.where(moves, n, o) for n, o in pairs]
    return chosen


def every_step(game: Game, rule: Update) -> None:
    """For a rule that takes each optimizer step for a move.

    Raises:
        ValueError: if an optimizer has `gradient_accumulation_steps`: most of its steps then move nothing.
    """
    for player in game.players:
        if getattr(player.bare_optimizer, "gradient_accumulation_steps", None):
            raise ValueError(
                f"update: {type(rule).__name__} looks at each optimizer step of {player.name!r}, which accumulates "
                "gradients over several; use another rule, or no gradient_accumulation_steps"
            )


def read(memory: dict) -> Point:
    """What `Update.remember` holds."""
    return {name: [tf.identity(v.value) for v in variables] for name, variables in memory.items()}


def write(memory: dict, point: Point) -> None:
    """Puts `point` into what `Update.remember` made."""
    for name, variables in memory.items():
        for variable, value in zip(variables, point[name], strict=True):
            variable.assign(value)
