"""What r_t decides between two executions: how many critic steps a round has, and the two learning rates."""

from collections.abc import Mapping
from typing import Any

import keras

from kgan.checks import InputError, whole
from kgan.schedules import AdaptiveSteps, RateBalance

MOST_STEPS = 1000  # each is written into the graph


def steps(n_critic: "int | AdaptiveSteps", r_t: float) -> int:
    """The discriminator's steps a round at `r_t`."""
    if isinstance(n_critic, AdaptiveSteps):
        return int(n_critic.steps(r_t))
    return whole("n_critic", n_critic, most=MOST_STEPS)


def base_rates(balance: RateBalance, optimizers: Mapping[str, keras.optimizers.Optimizer]) -> dict[str, float]:
    """The learning rates as the user gave them, before any balance, by optimizer's name.

    Raises:
        InputError: if one is a schedule: there is then no rate to keep in balance; if `balance` is no `RateBalance`.
    """
    if not isinstance(balance, RateBalance):
        raise InputError(f"balance: wanted a schedules.RateBalance or None, got {balance!r}")
    rates = {}
    for name, optimizer in optimizers.items():
        if not hasattr(optimizer.learning_rate, "assign"):
            raise InputError(f"balance: wanted a constant learning rate in {name}, got a schedule")
        rates[name] = float(optimizer.learning_rate.numpy())
    return rates


def set_rates(balance: RateBalance, rates: Mapping[str, float], optimizers: Mapping[str, Any], r_t: float) -> None:
    """Sets the learning rates of (d, g), in this order, to their bases times the factors at `r_t`."""
    for name, factor in zip(rates, balance.factors(r_t), strict=True):
        optimizers[name].learning_rate.assign(rates[name] * float(factor))
