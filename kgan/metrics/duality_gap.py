"""The duality gap (Grnarova et al. 2019, "A domain agnostic measure for monitoring and evaluating GANs")."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError, number, whole
from kgan.distribute import share
from kgan.game import Game, Logs, Player, Round


def duality_gap(gan: Any, data: tf.data.Dataset, steps: int = 50, learning_rate: float = 1e-3) -> dict[str, float]:
    """How far from a Nash equilibrium the players are: what each could still gain while the other stands still.

    The value of the zero-sum game is M(G, D) = -L_D, minus the discriminator's adversarial loss on held-out data
    (penalties bind the responding discriminator, but are not counted). With D* the discriminator after `steps`
    best-response steps against the fixed G, and G* likewise against the fixed D,

        gap = M(G, D*) - M(G*, D)

    (eq. 1 there), which is 0 at an equilibrium and positive elsewhere; with few steps it is a lower bound, and can
    come out slightly negative. G* maximises L_D, also where the generator trains on another loss. The steps are
    Adam's (0.5, 0.999), the networks are in training mode throughout; afterwards every variable is as it was.

    Args:
        gan: a compiled `kgan.GAN`.
        data: a finite dataset of held-out batches, two or more: the players respond on the first half (again and
            again), and are judged on the other.
        steps: best-response steps of each player.
        learning_rate: of those steps.

    Returns:
        "duality_gap"; "worst_case", M(G, D*), which alone follows the generator's quality (section 4 there);
        "best_case", M(G*, D).

    Raises:
        InputError: for data that is no dataset, fewer than two batches, or an argument out of its range.
    """
    if not isinstance(data, tf.data.Dataset):
        raise InputError(f"data: wanted a tf.data.Dataset of held-out batches, got a {type(data).__name__}")
    whole("steps", steps)
    number("learning_rate", learning_rate, above=0)
    batches = list(data)
    if len(batches) < 2:
        raise InputError(f"data: wanted two batches or more, to respond on and to be judged by, got {len(batches)}")
    gan.check_batch(batches[0])
    half = len(batches) // 2
    worst, best = (
        _value_after(gan, player, batches[:half], batches[half:], steps, learning_rate)
        for player in gan.cached("duality_gap", lambda: _responses(gan))
    )
    return {"duality_gap": worst - best, "worst_case": worst, "best_case": best}


def _raise_loss(gan: Any, round: Round) -> tuple[tf.Tensor, Logs]:
    loss = gan.discriminator_objective(round)[1]["d_loss"]
    return -loss, {}


@dataclasses.dataclass(frozen=True)
class _Response:
    """A player that moves alone, compiled: its optimizer, `step(batch, count)` and then M, `value(batch, count)`."""

    optimizer: keras.optimizers.Optimizer
    step: Callable
    value: Callable


def _responses(gan: Any) -> tuple[_Response, _Response]:
    d, g = gan.game.player("d"), gan.game.player("g")
    against_d = dataclasses.replace(g, objective=lambda round: _raise_loss(gan, round))
    return _response(gan, d), _response(gan, against_d)


def _response(gan: Any, player: Player) -> _Response:
    with gan.distribute_strategy.scope():
        optimizer = keras.optimizers.Adam(beta_1=0.5)
        optimizer.build(player.variables)
    alone = Game([dataclasses.replace(player, optimizer=optimizer)])

    def step(batch: Any, count: tf.Tensor) -> tuple:
        gradients, _ = alone.gradients(alone.players[0], gan.round(share(batch), count, lazy=False))
        alone.players[0].move(gradients)
        return ()

    def value(batch: Any, count: tf.Tensor) -> tf.Tensor:
        with gan.game.at({}):  # moving statistics stay as they are
            return -gan.discriminator_objective(gan.round(share(batch), count, lazy=False))[1]["d_loss"]

    return _Response(optimizer, tf.function(gan.replicated(step)), tf.function(gan.replicated(value)))


def _value_after(
    gan: Any, response: _Response, respond_on: Sequence, judge_by: Sequence, steps: int, learning_rate: float
) -> float:
    """M after the player's best response; then everything is put back."""
    before = [np.array(v) for v in gan.variables]
    for variable in response.optimizer.variables:  # of the last time
        variable.assign(tf.zeros_like(variable))
    response.optimizer.learning_rate = learning_rate
    try:
        for count, batch in zip(range(steps), itertools.cycle(respond_on)):
            response.step(batch, tf.constant(count))
        return float(np.mean([response.value(batch, tf.constant(count)) for count, batch in enumerate(judge_by)]))
    finally:
        for variable, old in zip(gan.variables, before, strict=True):
            variable.assign(old)
