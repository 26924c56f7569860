"""Back to a checkpoint, to go on from there more slowly."""

from pathlib import Path
from typing import Any

import keras

from kgan.checks import InputError
from kgan.distribute import is_chief
from kgan.runs.checkpoints import restore, save


def go_back(model: Any, run_dir: Path, checkpoint: Path, factor: float) -> None:
    """Restores a checkpoint, and sets each player's learning rate to `factor` times what it is now.

    That is the run's newest checkpoint then: a run that is killed now goes on from here, and as slowly.
    """
    rates = learning_rates(model)
    values = [rate.numpy() for rate in rates]
    restore(model, checkpoint)
    for rate, value in zip(rates, values, strict=True):
        rate.assign(value * factor)
    if is_chief():
        save(model, run_dir)


def learning_rates(model: Any) -> list[keras.Variable]:
    """The players' learning rates.

    Raises:
        InputError: if one is a schedule, which cannot be set, or they are kept in balance.
    """
    if getattr(model, "balance", None) is not None:
        raise InputError("policy: 'rollback' changes learning rates, which `balance` sets too; choose one")
    rates = [player.optimizer.learning_rate for player in model.game.players]
    for player, rate in zip(model.game.players, rates, strict=True):
        if not isinstance(rate, keras.Variable):
            raise InputError(
                f"policy: 'rollback' changes learning rates, and player {player.name!r} has a schedule; give its "
                "optimizer a number"
            )
    return rates
