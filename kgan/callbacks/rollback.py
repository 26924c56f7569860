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
    rates = [player.optimizer.learning_rate for player in model.game.players]
    values = [rate.numpy() for rate in rates]
    restore(model, checkpoint)
    for rate, value in zip(rates, values, strict=True):
        rate.assign(value * factor)
    if is_chief():
        save(model, run_dir)


def check_rates(model: Any, whose: str) -> None:
    """Sees that the players' learning rates can be set, as `whose` policy wants.

    Raises:
        InputError: if one is a schedule, or they are kept in balance.
    """
    told = f"policy of {whose}: 'rollback' changes learning rates, "
    if getattr(model, "balance", None) is not None:
        raise InputError(told + "which `balance` sets too; choose one")
    for player in model.game.players:
        if not isinstance(player.optimizer.learning_rate, keras.Variable):
            raise InputError(told + f"and player {player.name!r} has a schedule; give its optimizer a number")
