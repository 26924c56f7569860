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
from kgan.game import Game, Player, Round


def duality_gap(gan: Any, data: tf.data.Dataset, steps: int = 50, learning_rate: float = 1e-3) -> dict[str, float]:
    """How far from a Nash equilibrium the teams are: what each could still gain while the other stands still.

    The value of the zero-sum game is M(G, D) = -L_D, minus the discriminators' adversarial losses on held-out data,
    their sum where there are several (penalties bind the responding discriminators, but are not counted; a pool of old
    fakes is among what they are shown). With D* the discriminators after `steps` best-response steps against the fixed
    G, all generators, and G* likewise against the fixed D,

        gap = M(G, D*) - M(G*, D)

    (eq. 1 there), which is 0 at an equilibrium and positive elsewhere; with few steps it is a lower bound, and can
    come out slightly negative. G* maximises L_D alone, also where the generator trains on another loss or more terms.
    The steps are Adam's (0.5, 0.999), the networks are in training mode throughout; afterwards every variable is as it
    was.

    Args:
        gan: a compiled `kgan.GAN`, or another game of kgan's.
        data: a finite dataset of held-out batches, two or more: the players respond on the first half (again and
            again), and are judged on the other.
        steps: best-response steps of each team.
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
        _value_after(gan, team, batches[:half], batches[half:], steps, learning_rate)
        for team in gan.cached("duality_gap", lambda: _responses(gan))
    )
    return {"duality_gap": worst - best, "worst_case": worst, "best_case": best}


def _shown(gan: Any, round: Round) -> tf.Tensor:
    """L_D: the sum of the discriminators' adversarial losses."""
    judges = [player for player in gan.game.players if player.role == "d"]
    return tf.add_n([player.objective(round)[1][f"{player.name}_loss"] for player in judges])


@dataclasses.dataclass(frozen=True)
class _Response:
    """A team that moves alone, compiled: its optimizers, `step(batch, count)` and then M, `value(batch, count)`."""

    optimizers: Sequence[keras.optimizers.Optimizer]
    step: Callable
    value: Callable


def _responses(gan: Any) -> tuple[_Response, _Response]:
    teams = {role: [player for player in gan.game.players if player.role == role] for role in "dg"}
    against = lambda round: (-_shown(gan, round), {})  # noqa: E731
    makers = [dataclasses.replace(player, objective=against) for player in teams["g"]]
    return _response(gan, teams["d"]), _response(gan, makers)


def _response(gan: Any, team: Sequence[Player]) -> _Response:
    with gan.distribute_strategy.scope():
        optimizers = [keras.optimizers.Adam(beta_1=0.5) for _ in team]
        for optimizer, player in zip(optimizers, team, strict=True):
            optimizer.build(player.variables)
    alone = Game([dataclasses.replace(p, optimizer=o) for p, o in zip(team, optimizers, strict=True)])

    def step(batch: Any, count: tf.Tensor) -> tuple:
        round = gan.round(share(batch), count, lazy=False).drawn(0)
        gradients, _ = alone.evaluate(alone.players, round)
        for player in alone.players:
            player.move(gradients[player.name])
        return ()

    def value(batch: Any, count: tf.Tensor) -> tf.Tensor:
        with gan.game.at({}):  # moving statistics stay as they are
            return -_shown(gan, gan.round(share(batch), count, lazy=False))

    graphs = [tf.function(gan.replicated(one), autograph=False) for one in (step, value)]
    return _Response(optimizers, *graphs)


def _value_after(
    gan: Any, response: _Response, respond_on: Sequence, judge_by: Sequence, steps: int, learning_rate: float
) -> float:
    """M after the team's best response; then everything is put back."""
    before = [np.array(v) for v in gan.variables]
    for optimizer in response.optimizers:
        for variable in optimizer.variables:  # of the last time
            variable.assign(tf.zeros_like(variable))
        optimizer.learning_rate = learning_rate
    try:
        for count, batch in zip(range(steps), itertools.cycle(respond_on)):
            response.step(batch, tf.constant(count))
        return float(np.mean([response.value(batch, tf.constant(count)) for count, batch in enumerate(judge_by)]))
    finally:
        for variable, old in zip(gan.variables, before, strict=True):
            variable.assign(old)
