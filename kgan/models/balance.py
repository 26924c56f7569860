"""What r_t decides between two executions: how many critic steps a round has, and the two learning rates."""

import math
from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.distribute import mean_over_replicas
from kgan.game import Game, Logs, Player
from kgan.schedules import AdaptiveSteps, RateBalance

MEMORY = 0.95  # of the average of r_t, a round

MOST_STEPS = 1000  # each is written into the graph


def critic_steps(n_critic: "int | AdaptiveSteps", r_t: float) -> int:
    """The discriminator's steps a round at `r_t`."""
    if isinstance(n_critic, AdaptiveSteps):
        return int(n_critic.steps(r_t))
    return whole("n_critic", n_critic, most=MOST_STEPS)


def base_rates(balance: RateBalance, optimizers: Mapping[str, keras.optimizers.Optimizer]) -> dict[str, float]:
    """The learning rates as the user gave them, before any balance, by player's name.

    Raises:
        InputError: if one is a schedule: there is then no rate to keep in balance; if `balance` is no `RateBalance`.
    """
    if not isinstance(balance, RateBalance):
        raise InputError(f"balance: wanted a schedules.RateBalance or None, got {balance!r}")
    rates = {}
    for name, optimizer in optimizers.items():
        if not hasattr(optimizer.learning_rate, "assign"):
            raise InputError(f"balance: wanted a constant learning rate in {name}_optimizer, got a schedule")
        rates[name] = float(optimizer.learning_rate.numpy())
    return rates


def set_rates(balance: RateBalance, rates: Mapping[str, float], players: Sequence[Player], r_t: float) -> None:
    """Sets the learning rates of players of the roles "d" and "g" to their bases times their factors at `r_t`."""
    factors = dict(zip("dg", balance.factors(r_t), strict=True))
    for player in players:
        player.optimizer.learning_rate.assign(rates[player.name] * float(factors[player.role]))


class Balanced:
    """What r_t moves in a game, an average over rounds and judges: a mixin of `GameModel`."""

    def observe(self, logs: Logs, reals: tf.Tensor) -> Logs:
        """Hands each judge's r_t to its augmentation, and moves the average of r_t over rounds and judges."""
        told = {name: mean_over_replicas(logs[name]) for name in logs if name.startswith("r_t")}
        if not told:
            return {}
        reals *= tf.distribute.get_strategy().num_replicas_in_sync
        r_t = tf.add_n(list(told.values())) / len(told)
        self.r_t.assign(MEMORY * self.r_t.value + (1.0 - MEMORY) * r_t)
        new: Logs = {}
        for (name, augment), one in zip(self.augment_of.items(), told.values(), strict=True):
            mark = "" if len(told) == 1 else f"_{name}"
            if augment is not None:
                new |= {f"{key}{mark}": value for key, value in augment.observe(one, reals).items()}
        return new

    def adapt(self) -> None:
        """Called between two executions: r_t's average decides the number of critic steps and the learning rates."""
        if not self._adapts:
            return  # without reading r_t, which waits for the device
        r_t = float(self.r_t.numpy())
        if isinstance(self.steps, AdaptiveSteps) and self.n_critic != critic_steps(self.steps, r_t):
            self.n_critic = critic_steps(self.steps, r_t)
            self.game = Game(self.players())
        if self.balance is not None:
            set_rates(self.balance, self.rates, self.game.players, r_t)

    def next_round(self, step: int) -> float:
        """When `adapt` has something to do, as `kgan.pace` asks."""
        return step + 1 if self._adapts else math.inf

    @property
    def _adapts(self) -> bool:
        return self.balance is not None or isinstance(self.steps, AdaptiveSteps)
