"""A GAN as a game: players, each with an objective of its own, and the vector field of their gradients.

Nothing here knows what a network is. A toy game of two scalars and a StyleGAN are played by the same code.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Logs = dict[str, tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Round:
    """What the objectives see when they are evaluated.

    Attributes:
        real: the real batch, float32 (batch, ...); None in a game without data.
        labels: int32 (batch,), or None.
        step: the number of this round, an integer scalar, from 0.
        seed: int32 (2,), a stateless seed; every draw of this evaluation is keyed by it.
        training: whether the networks run in training mode.
    """

    real: Any = None
    labels: Any = None
    step: Any = 0
    seed: Any = (0, 0)
    training: bool = True
    _shared: dict = dataclasses.field(default_factory=dict, repr=False)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """`compute()`, done once for all the objectives that are evaluated together."""
        if name not in self._shared:
            self._shared[name] = compute()
        return self._shared[name]

    def drawn(self, number: int) -> "Round":
        """This round with draws of its own, for evaluation `number`, and nothing shared yet."""
        return dataclasses.replace(self, seed=tf.random.experimental.stateless_fold_in(self.seed, number), _shared={})


@dataclasses.dataclass(frozen=True)
class Player:
    """One player: what it moves, how, and what it wants.

    Attributes:
        name: short, unique; it begins the names of the player's logs ("d", "g").
        variables: the Keras variables that the player moves.
        optimizer: a `keras.optimizers.Optimizer` of the player's own.
        objective: `objective(round) -> (loss to minimise, logs)`: a scalar and a dict of scalars.
        steps: how many moves the player makes in one round of alternating play.
        settle: called after each move, to restore what has to hold between moves: clipped weights, a power
            iteration of spectral normalisation.
    """

    name: str
    variables: Sequence
    optimizer: Any
    objective: Callable[[Round], tuple[tf.Tensor, Logs]]
    steps: int = 1
    settle: Callable[[], None] | None = None

    def move(self, gradients: Sequence[tf.Tensor]) -> None:
        """One optimizer step along `gradients` (the whole batch's, equal on all replicas), then `settle`."""
        # A Keras optimizer sums over replicas and divides by its loss scale: hand it what cancels both.
        factor = _loss_scale(self.optimizer) / _replicas()
        self.optimizer.apply_gradients(
            [(_scaled(g, factor), v) for g, v in zip(gradients, self.variables, strict=True)]
        )
        if self.settle is not None:
            self.settle()


class Game:
    """Players in playing order, and the gradients of their objectives.

    A gradient is that of the whole batch's loss, in the variables' own dtype, and equal on all replicas. It is
    the gradient of the loss that the player *minimises*: a plain move is w - lr * gradient.
    """

    def __init__(self, players: Sequence[Player]) -> None:
        names = [player.name for player in players]
        if len(set(names)) != len(names):
            raise ValueError(f"players: names must differ, got {names}")
        if len({id(player.optimizer) for player in players}) != len(players):
            raise ValueError("players: each player needs an optimizer of its own; two share one")
        self.players = tuple(players)

    def player(self, name: str) -> Player:
        """The player called `name`."""
        return next(player for player in self.players if player.name == name)

    def gradients(self, player: Player, round: Round) -> tuple[list[tf.Tensor], Logs]:
        """One player's gradient at the current point, and its logs."""
        gradients, logs = self._evaluate([player], round.drawn(self.players.index(player)))
        return gradients[player.name], logs

    def vector_field(self, round: Round) -> tuple[dict[str, list[tf.Tensor]], Logs]:
        """All players' gradients at the same point, by player's name, from one shared forward pass; and the logs."""
        return self._evaluate(self.players, round.drawn(len(self.players)))

    def _evaluate(self, players: Sequence[Player], round: Round) -> tuple[dict[str, list[tf.Tensor]], Logs]:
        variables = {player.name: [v.value for v in player.variables] for player in players}
        losses, logs = {}, {}
        with tf.GradientTape(persistent=len(players) > 1, watch_accessed_variables=False) as tape:
            tape.watch(variables)
            for player in players:
                loss, player_logs = player.objective(round)
                losses[player.name] = _scaled(loss, _loss_scale(player.optimizer) / _replicas())
                logs |= player_logs
        gradients = {}
        for player in players:
            mine = tape.gradient(losses[player.name], variables[player.name])
            if all(g is None for g in mine):
                raise ValueError(f"objective: the loss of player {player.name!r} does not depend on its variables")
            mine = [_dense(g, v) for g, v in zip(mine, variables[player.name], strict=True)]
            if _replicas() > 1:
                mine = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, mine)
            gradients[player.name] = [_scaled(g, 1.0 / _loss_scale(player.optimizer)) for g in mine]
        return gradients, logs


def norm(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """The Euclidean norm of all the tensors as one vector."""
    return tf.linalg.global_norm(gradients)


def _dense(gradient: tf.Tensor | None, variable: Any) -> tf.Tensor:
    if gradient is None:
        return tf.zeros(variable.shape, variable.dtype)
    return tf.convert_to_tensor(gradient)


def _replicas() -> int:
    return tf.distribute.get_strategy().num_replicas_in_sync


def _loss_scale(optimizer: Any) -> Any:
    """The factor, a power of two, by which a float16 loss is scaled before differentiation; 1.0 without."""
    return optimizer.scale_loss(1.0)


def _scaled(value: tf.Tensor, factor: Any) -> tf.Tensor:
    return value if isinstance(factor, float) and factor == 1.0 else value * tf.cast(factor, value.dtype)
