"""A GAN as a game: players, each with an objective of its own, and the vector field of their gradients.

Nothing here knows what a network is. A toy game of two scalars and a StyleGAN are played by the same code.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import distribute, philox

Logs = dict[str, tf.Tensor]
Point = dict[str, list[tf.Tensor]]  # a tensor for each variable of each player, by the player's name


@dataclasses.dataclass(frozen=True)
class Round:
    """What the objectives see when they are evaluated.

    Attributes:
        real: the real batch, float32 (batch, ...); None in a game without data.
        labels: int32 (batch,), or None.
        step: the number of this round, an integer scalar, from 0.
        seed: int32 (2,), a stateless seed; every draw of this evaluation is keyed by it.
        training: whether the networks run in training mode.
        lazy: whether a term that is taken in every k-th round only (lazy regularisation) is; otherwise the objectives
            are what they are on average, whatever the step.
    """

    real: Any = None
    labels: Any = None
    step: Any = 0
    seed: Any = (0, 0)
    training: bool = True
    lazy: bool = True
    _shared: dict = dataclasses.field(default_factory=dict, repr=False)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """`compute()`, done once for all the objectives that are evaluated together."""
        if name not in self._shared:
            self._shared[name] = compute()
        return self._shared[name]

    def drawn(self, number: int) -> "Round":
        """This round with draws of its own, for evaluation `number`, and nothing shared yet."""
        return dataclasses.replace(self, seed=philox.fold_in(self.seed, number), _shared={})


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
        role: "d" of a discriminator-like player, "g" of a generator-like one; "" in a game that knows no roles.
    """

    name: str
    variables: Sequence
    optimizer: Any
    objective: Callable[[Round], tuple[tf.Tensor, Logs]]
    steps: int = 1
    settle: Callable[[], None] | None = None
    role: str = ""

    def move(self, gradients: Sequence[tf.Tensor]) -> None:
        """One optimizer step along `gradients` (the whole batch's, equal on all replicas), then `settle`."""
        self.step(gradients)
        if self.settle is not None:
            self.settle()

    def step(self, gradients: Sequence[tf.Tensor]) -> None:
        """The optimizer step alone, for a rule that goes on from it before the player settles."""
        # A Keras optimizer divides by its loss scale: hand it what cancels that. It would make a finite step of an
        # overflow that it clips, so the gradient is clipped before; clipping it again does nothing.
        gradients = [_scaled(g, _loss_scale(self.optimizer)) for g in self.clipped(gradients)]
        distribute.step(self.optimizer, gradients, self.variables)

    def clipped(self, gradients: Sequence[tf.Tensor]) -> Sequence[tf.Tensor]:
        """`gradients` as the optimizer clips them. What is not finite stays so: an overflow must not become a step."""
        return _clipped(gradients, self.bare_optimizer)

    @property
    def bare_optimizer(self) -> Any:
        """The player's optimizer; under loss scaling, the one that the `LossScaleOptimizer` is wrapped around."""
        return getattr(self.optimizer, "inner_optimizer", self.optimizer)

    def moves(self, gradients: Sequence[tf.Tensor]) -> tf.Tensor | bool:
        """Whether `step` moves at all: under loss scaling (float16), an optimizer skips what is not all finite."""
        if not isinstance(self.optimizer, keras.optimizers.LossScaleOptimizer):
            return True
        return tf.reduce_all(tf.stack([tf.reduce_all(tf.math.is_finite(g)) for g in self.clipped(gradients)]))


class Game:
    """Players in playing order, and the gradients of their objectives.

    A gradient is that of the whole batch's loss, in the variables' own dtype, and equal on all replicas. It is
    the gradient of the loss that the player *minimises*: a plain move is w - lr * gradient.

    Examples:
        min_x max_y xy from (1, 2): x is pulled by y = 2, and y, which minimises -xy, by -x = -1.

        >>> from kgan.analysis import BilinearGame
        >>> game = BilinearGame(learning_rate=0.1).set([1.0], [2.0])
        >>> field, logs = game.vector_field(Round())
        >>> {name: gradient[0].numpy().tolist() for name, gradient in field.items()}
        {'x': [2.0], 'y': [-1.0]}
        >>> from kgan.updates import Simultaneous
        >>> rule = Simultaneous()
        >>> rule.build(game)
        >>> _ = rule.play(game, [Round()])
        >>> [round(float(player.variables[0].numpy()[0]), 3) for player in game.players]  # further from 0 than before
        [0.8, 2.1]
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
        number = [one.name for one in self.players].index(player.name)
        gradients, logs = self.evaluate([player], round.drawn(number))
        return gradients[player.name], logs

    def vector_field(self, round: Round) -> tuple[Point, Logs]:
        """All players' gradients at the same point, by player's name, from one shared forward pass; and the logs."""
        return self.evaluate(self.players, round.drawn(len(self.players)))

    def linearize(self, round: Round) -> "Linearization":
        """The vector field at the current point and products with its Jacobian."""
        return Linearization(self, round)

    def point(self) -> Point:
        """The current point: copies of all players' variables."""
        return {player.name: [tf.identity(v.value) for v in player.variables] for player in self.players}

    def go(self, point: Mapping[str, Sequence[tf.Tensor]]) -> None:
        """Assigns `point` to the players' variables."""
        for name, values in point.items():
            for variable, value in zip(self.player(name).variables, values, strict=True):
                variable.assign(value)

    def at(self, point: Mapping[str, Sequence[tf.Tensor]]) -> contextlib.AbstractContextManager:
        """A context in which the players named in `point` stand there, and gradients flow to its tensors.

        Nothing is assigned; what the objectives assign within it (moving statistics) is dropped.
        """
        values = {id(v): v.value for player in self.players for v in player.variables}
        for name, tensors in point.items():
            values |= {id(v): t for v, t in zip(self.player(name).variables, tensors, strict=True)}
        mapping = [(v, values[id(v)]) for player in self.players for v in player.variables]
        return keras.StatelessScope(state_mapping=mapping)

    def evaluate(self, players: Sequence[Player], round: Round, reduce: bool = True) -> tuple[Point, Logs]:
        """The gradients of some players from one forward pass, with the round's seed as it is; and the logs.

        With `reduce=False`, only this replica's share of each gradient.
        """
        variables = {player.name: [v.value for v in player.variables] for player in players}
        losses, logs = {}, {}
        with tf.GradientTape(persistent=len(players) > 1, watch_accessed_variables=False) as tape:
            tape.watch(variables)
            for player in players:
                loss, player_logs = player.objective(round)
                losses[player.name] = _scaled(loss, _loss_scale(player.optimizer) / _replicas())
                logs = joined(logs, player_logs)
        gradients = {}
        for player in players:
            mine = tape.gradient(losses[player.name], variables[player.name])
            if all(g is None for g in mine):
                raise ValueError(f"objective: the loss of player {player.name!r} does not depend on its variables")
            mine = [_dense(g, v) for g, v in zip(mine, variables[player.name], strict=True)]
            mine = [_scaled(g, 1.0 / _loss_scale(player.optimizer)) for g in mine]
            gradients[player.name] = _summed(mine) if reduce else mine
        return gradients, logs


class Linearization:
    """The vector field v(w) at the current point w, and products with its Jacobian J = dv/dw.

    A row of J belongs to a player's gradient, a column to a variable it is differentiated by. Vectors are `Point`s.

    Attributes:
        field: v, as `Game.vector_field` gives it.
        logs: the objectives' logs.
    """

    def __init__(self, game: Game, round: Round) -> None:
        self._game, self._round = game, round
        self._scale = _largest([_loss_scale(player.optimizer) for player in game.players])
        self.field, self.logs = game.vector_field(round)

    def vjp(self, vector: Mapping[str, Sequence[tf.Tensor]], of: Sequence[str] | None = None) -> Point:
        """J' vector: with vector = v, the gradient of |v|^2 / 2.

        Args:
            vector: by player's name; a player that is left out has zeros.
            of: the players whose part of the product is wanted; default: all.
        """
        variables = self._share[1]
        return self._finished(self._pull(vector, {name: variables[name] for name in of or variables}))

    def jvp(self, vector: Mapping[str, Sequence[tf.Tensor]], of: Sequence[str] | None = None) -> Point:
        """J vector: how v changes as w moves along `vector`. Arguments as of `vjp`."""
        # J'u is linear in u, whatever u, and its derivative along `vector` is (J vector)'.
        tape, u, pulled = self._pulled
        with tape:
            target = dot(vector, pulled)
        wanted = {name: u[name] for name in of or u}
        return self._finished(tape.gradient(target, wanted, unconnected_gradients="zero"))

    def _finished(self, product: Mapping[str, Sequence[tf.Tensor]]) -> Point:
        return {name: _summed([_scaled(x, 1.0 / self._scale) for x in part]) for name, part in product.items()}

    @functools.cached_property
    def _share(self) -> tuple[tf.GradientTape, Point, Point]:
        """This replica's share of the field, once for all products: its tape, the variables, itself."""
        # Only finished products are summed over replicas.
        variables = {player.name: [v.value for v in player.variables] for player in self._game.players}
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(variables)
            with self._game.at({}):  # moving statistics have moved once already, with the field
                round = self._round.drawn(len(self._game.players))
                share, _ = self._game.evaluate(self._game.players, round, reduce=False)
        return tape, variables, share

    @functools.cached_property
    def _pulled(self) -> tuple[tf.GradientTape, Point, Point]:
        """J'u at u = 0, once for all products with J: its tape, u, itself."""
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            u = {name: [tf.identity(tf.zeros_like(g)) for g in part] for name, part in self.field.items()}
            tape.watch(u)
            pulled = self._pull(u, self._share[1])
        return tape, u, pulled

    def _pull(self, vector: Mapping[str, Sequence[tf.Tensor]], variables: Point) -> Point:
        # Times the loss scale: what flows back through float16 is then as large as a loss's gradient is there, and
        # `vector` itself does not underflow. An overflow is found by the optimizers that are handed the product.
        # And of one scalar: with a list of targets, TensorFlow adds up in an order that differs between processes.
        tape, _, share = self._share
        with tape:
            target = _scaled(dot(vector, share), self._scale)
        pulled = tape.gradient(target, variables, unconnected_gradients="zero")
        # Those of embeddings are sparse.
        return {name: [tf.convert_to_tensor(g) for g in part] for name, part in pulled.items()}


def norm(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """The Euclidean norm of all the tensors as one vector."""
    return tf.linalg.global_norm(gradients)


def dot(a: Mapping[str, Sequence[tf.Tensor]], b: Mapping[str, Sequence[tf.Tensor]]) -> tf.Tensor:
    """The inner product of two points as vectors; of the players that are in `a`, where `b` has more."""
    return tf.add_n([tf.reduce_sum(x * y) for name in a for x, y in zip(a[name], b[name], strict=True)])


def joined(*logs: Logs) -> Logs:
    """All the logs.

    Raises:
        ValueError: if two are of one name: one of them would not be seen.
    """
    result = {}
    for some in logs:
        twice = sorted(set(result) & set(some))
        if twice:
            raise ValueError(f"logs: {twice[0]!r} is the name of two logs; players and rules need names of their own")
        result |= some
    return result


def combine(function: Callable[..., tf.Tensor], *points: Mapping[str, Sequence[tf.Tensor]]) -> Point:
    """`function` of corresponding tensors of the points."""
    return {
        name: [function(*tensors) for tensors in zip(*(point[name] for point in points), strict=True)]
        for name in points[0]
    }


def _clipped(gradients: Sequence[tf.Tensor], optimizer: Any) -> Sequence[tf.Tensor]:
    """`gradients` as a Keras optimizer with `clipnorm`, `global_clipnorm` or `clipvalue` clips them."""
    if getattr(optimizer, "clipnorm", None):
        return [tf.clip_by_norm(g, optimizer.clipnorm) for g in gradients]
    if getattr(optimizer, "global_clipnorm", None):
        return tf.clip_by_global_norm(gradients, optimizer.global_clipnorm)[0]
    if getattr(optimizer, "clipvalue", None):
        limit = optimizer.clipvalue
        return [tf.where(tf.math.is_finite(g), tf.clip_by_value(g, -limit, limit), g) for g in gradients]
    return gradients


def _summed(gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """The sum over replicas."""
    if _replicas() == 1:
        return gradients
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)


def _dense(gradient: tf.Tensor | None, variable: Any) -> tf.Tensor:
    if gradient is None:
        return tf.zeros(variable.shape, variable.dtype)
    return tf.convert_to_tensor(gradient)


def _replicas() -> int:
    return tf.distribute.get_strategy().num_replicas_in_sync


def _loss_scale(optimizer: Any) -> Any:
    """The factor, a power of two, by which a float16 loss is scaled before differentiation; 1.0 without."""
    return optimizer.scale_loss(1.0)


def _largest(scales: Sequence) -> Any:
    if all(isinstance(scale, float) for scale in scales):
        return max(scales)
    return tf.reduce_max(tf.stack([tf.cast(scale, "float32") for scale in scales]))


def _scaled(value: tf.Tensor, factor: Any) -> tf.Tensor:
    return value if isinstance(factor, float) and factor == 1.0 else value * tf.cast(factor, value.dtype)
