"""What a rule makes of a game: the Jacobian of its rounds, eigenvalues, trajectories."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf

from kgan.analysis.field import flatten, unflatten
from kgan.game import Game, Round
from kgan.updates import Update


def round_matrix(game: Game, update: Update, rounds: int = 1) -> np.ndarray:
    """The Jacobian of `rounds` rounds of play as a map on all variables, at the current point.

    It is the automatic derivative of the rule's own code, run on stand-ins for the variables
    (`keras.StatelessScope`); the game is left as it was.

    Args:
        game: a game whose optimizers are of a class that `kgan.distribute.functional` made, as the toy games' are.
        update: a rule, built for this game or for none yet.
        rounds: how many rounds one application of the map plays.

    Returns:
        float64 (n, n). The variables are the players', in playing order, then those that the rule and the optimizers
        keep (slow copies, last steps, momenta). Its spectral radius is the asymptotic rate: below 1 the rule
        converges near this point.
    """
    state = _prepare(game, update)
    start = _vector(v.value for v in state)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(start)
        end = _play(game, update, state, start, rounds)
    return tape.jacobian(end, start, unconnected_gradients="zero", experimental_use_pfor=False).numpy()


def spectrum(game: Game, update: Update | None = None) -> np.ndarray:
    """Eigenvalues of the Jacobian of the vector field at the current point, sorted by real part: complex (n,).

    The field is the direction in which simultaneous gradient descent moves, minus the gradients, as Mescheder et al.
    2018 has it: a negative real part means attraction, an imaginary part rotation.

    Args:
        game: the game.
        update: with a rule, the eigenvalues of the field that it follows instead: (round_matrix - I) / learning
            rate, for a rule without memory.
    """
    if update is not None:
        matrix = round_matrix(game, update)
        values = np.linalg.eigvals((matrix - np.eye(len(matrix))) / float(game.players[0].optimizer.learning_rate))
    else:
        near = game.linearize(Round())
        columns = [flatten(near.jvp(unflatten(unit, game))) for unit in np.eye(len(flatten(near.field)))]
        values = np.linalg.eigvals(-np.array(columns).T)
    return values[np.lexsort((values.imag, values.real))]


def trajectory(game: Game, update: Update, rounds: int) -> np.ndarray:
    """Plays `rounds` rounds from the current point: float64 (rounds + 1, n), the players' variables after each."""
    _prepare(game, update)
    variables = [v for player in game.players for v in player.variables]
    start = _vector(v.value for v in variables).numpy()

    def play(number: tf.Tensor, points: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        update(game, [Round()] * update.rounds_needed(game))
        return number + 1, points.write(number, _vector(v.value for v in variables))

    @tf.function(autograph=False)
    def all_rounds() -> tf.Tensor:
        points = tf.TensorArray("float64", rounds, element_shape=start.shape)
        return tf.while_loop(lambda number, _: number < rounds, play, (0, points), parallel_iterations=1)[1].stack()

    return np.concatenate([start[None], all_rounds.get_concrete_function()().numpy()])


def _prepare(game: Game, update: Update) -> list[keras.Variable]:
    """Builds the rule if need be; returns the variables that a round maps to new ones."""
    if not update.built:
        update.build(game)
    players = [v for player in game.players for v in player.variables]
    kept = [*update.variables, *(v for player in game.players for v in player.optimizer.variables)]
    return players + [v for v in kept if tf.as_dtype(v.dtype).is_floating and not v.path.endswith("learning_rate")]


def _play(game: Game, update: Update, state: Sequence, start: tf.Tensor, rounds: int) -> tf.Tensor:
    parts = tf.split(start, [int(np.prod(v.shape)) for v in state])
    mapping = [(v, tf.cast(tf.reshape(part, v.shape), v.dtype)) for v, part in zip(state, parts, strict=True)]
    with keras.StatelessScope(state_mapping=mapping) as scope:
        for _ in range(rounds):
            update(game, [Round()] * update.rounds_needed(game))
    return _vector(scope.get_current_value(v) for v in state)


def _vector(values: Iterable[tf.Tensor]) -> tf.Tensor:
    """All of them in one: float64 (n,)."""
    return tf.concat([tf.reshape(tf.cast(value, "float64"), [-1]) for value in values], 0)
