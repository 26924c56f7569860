"""What Keras users bring to a game that has several players: made to work, or told in one line where the way is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import keras

from kgan.checks import InputError, unknown, whole

# Keras's callbacks that need the one optimizer, or the log "loss", and would fail or do nothing in a game.
INSTEAD = {
    "BackupAndRestore": "it keeps no position in the data; kgan.callbacks.Checkpoint resumes a run to the bit",
    "SwapEMAWeights": "the generator's average is kept by compile(ema_decay=...); sample() and evaluation use it",
    "TerminateOnNaN": "it looks at the log 'loss' alone; kgan.callbacks.NonFiniteGuard looks at every player",
}
# Arguments of `keras.Model.compile` that a game has no use for.
COMPILE = {
    "optimizer": "each player has its own, d_optimizer and g_optimizer",
    "metrics": "there is no y_pred to compare; override an objective and add metric.result() to its logs, "
    "or measure samples by kgan.callbacks.Evaluate",
    "weighted_metrics": "a game weighs no samples",
    "loss_weights": "each player has one loss; penalties have weights of their own",
    "auto_scale_loss": "optimizers are wrapped under the policy mixed_float16, and only there",
}


class Optimizers:
    """`model.optimizer` of a game, with the face of Keras's own optimizer of several: `optimizers`, each by name.

    `LearningRateScheduler` and `ReduceLROnPlateau` then set the rate of every player from its own rate, and
    `TensorBoard` logs them, as learning_rate_d and so on.

    Args:
        players: optimizers by player's name.
        iterations: the variable that counts rounds.
    """

    built = True

    def __init__(self, players: Mapping[str, keras.optimizers.Optimizer], iterations: keras.Variable) -> None:
        self.optimizers = [Rate(name, optimizer) for name, optimizer in players.items()]
        self.iterations = iterations

    @property
    def variables(self) -> list:
        return [v for rate in self.optimizers for v in rate.optimizer.variables]


class Rate:
    """A player's optimizer, of which only the learning rate is to be touched."""

    def __init__(self, name: str, optimizer: keras.optimizers.Optimizer) -> None:
        self.name, self.optimizer = name, optimizer

    @property
    def learning_rate(self) -> Any:
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.optimizer.learning_rate = value


def refuse_compile(arguments: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises an `InputError` for an argument of `compile` that a game does not take; None is taken for absent."""
    for name, value in arguments.items():
        if name not in COMPILE:
            raise unknown("compile", name, known)
        if value is not None:
            raise InputError(f"{name}: {COMPILE[name]}")


def check_trainable(player: str, variables: Sequence) -> None:
    """Raises an `InputError` for a player that has nothing to move."""
    if not variables:
        raise InputError(
            f"compile: player {player!r} has no trainable variables; kgan moves each player alone, so that no network "
            "has to be frozen: set trainable = True"
        )


def check_losses(name: str, network: keras.Model) -> None:
    """Raises an `InputError` for a network whose layers add losses in a call, once it has been called."""
    regularized = [v for v in network.trainable_variables if v.regularizer is not None]
    if len(network.losses) > len(regularized):
        raise InputError(
            f"{name}: a layer adds a loss in each call (activity_regularizer, add_loss), which a game does not count; "
            "a penalty, a function (discriminator, real, fake, seed) say, can add it"
        )


def trainable(model: keras.Model) -> tuple[int, ...]:
    """Which variables are trainable, to compare: what is frozen after `compile` moves on until the next one."""
    return tuple(id(v) for v in model.trainable_variables)


def refuse_weights(**weights: Any) -> None:
    """Raises an `InputError` for weights of samples or classes."""
    for name, value in weights.items():
        if value is not None:
            raise InputError(f"{name}: a game weighs no samples; draw them as often as they should count")


def check_callbacks(callbacks: Sequence[keras.callbacks.Callback], validated: bool) -> None:
    """Looks at Keras's callbacks before training.

    Raises:
        InputError: for one that cannot work in a game, or that monitors what will not be there.
    """
    for callback in callbacks:
        name = type(callback).__name__
        if name in INSTEAD and isinstance(callback, getattr(keras.callbacks, name)):
            raise InputError(f"callbacks: {name}: {INSTEAD[name]}")
        if monitored := _monitored(callback):
            if monitored.startswith("val_") and not validated and not _others(callbacks):
                raise InputError(f"callbacks: {name}: monitor={monitored!r} wants validation_data")
            if getattr(callback, "mode", None) == "auto":
                raise InputError(f"callbacks: {name}: mode: wanted 'min' or 'max' for {monitored!r}, got 'auto'")


def check_monitors(callbacks: Sequence[keras.callbacks.Callback], logs: Iterable[str]) -> None:
    """Looks, after the first round, at what Keras's callbacks monitor; others may add logs of their own.

    Raises:
        InputError: for a name that is in no log.
    """
    for callback in callbacks:
        monitored = _monitored(callback)
        if monitored and monitored.removeprefix("val_") not in logs and not _others(callbacks):
            raise unknown(f"callbacks: {type(callback).__name__}: monitor", monitored, logs)


def due(frequency: int | Sequence[int]) -> Callable[[int], bool]:
    """Whether an epoch, from 1, is one in which Keras's `validation_freq` evaluates."""
    if isinstance(frequency, list | tuple | set):
        return lambda epoch: epoch in frequency
    every = whole("validation_freq", frequency)
    return lambda epoch: epoch % every == 0


def _monitored(callback: keras.callbacks.Callback) -> str | None:
    kinds = (keras.callbacks.EarlyStopping, keras.callbacks.ReduceLROnPlateau, keras.callbacks.ModelCheckpoint)
    if isinstance(callback, kinds) and getattr(callback, "save_best_only", True):
        return callback.monitor
    return None


def _others(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Whether there are callbacks that are not Keras's, which may add logs."""
    return any(not type(callback).__module__.startswith("keras.") for callback in callbacks)
