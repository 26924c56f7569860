"""Under loss scaling, a round that overflows float16 is skipped: as if it had not been played, but for the scale."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.game import Game, Player, Round
from kgan.updates import UPDATES, Alternating, Extragradient

RULES = {
    **UPDATES,
    "lookahead": lambda: UPDATES["lookahead"](Alternating(), k=1),
    "past": lambda: Extragradient(True),
    "competitive": lambda: UPDATES["competitive"](iterations=2),
    "acgd": lambda: UPDATES["competitive"](iterations=2),
}
TWICE = ("consensus", "symplectic", "competitive")  # those who hand on products with the Jacobian


def scaled_game(rule):
    """x minimises r x y + x^2 / 2, y minimises y^2 / 2 - r x y; r comes with the data."""
    x, y = (keras.Variable([v, 2 * v], dtype="float32", name=n) for n, v in (("x", 2.0), ("y", 3.0)))

    def loss(own, other, sign):
        return lambda round: (tf.reduce_sum(sign * round.real * own * other + own**2 / 2), {})

    players = []
    for name, own, other, sign in (("x", x, y, 1.0), ("y", y, x, -1.0)):
        if rule in ("acgd", "unrolled"):
            optimizer = keras.optimizers.Adam(0.1)
        else:  # past: the half step before the one that is skipped leaves its mark on a momentum
            optimizer = keras.optimizers.SGD(0.1, momentum=0.0 if rule == "past" else 0.5)
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build([own])
        players.append(Player(name, [own], optimizer, loss(own, other, sign)))
    return Game(players)


def played(rule, reals):
    game, update = scaled_game(rule), RULES[rule]()
    update.build(game)
    for real in reals:
        update(game, [Round(real=tf.constant(real))] * update.rounds_needed(game))
    kept = [v for v in update.variables if not v.path.endswith("played")]
    moved = [v for p in game.players for v in (*p.variables, *p.bare_optimizer.variables)]
    moved = [v for v in moved if not v.path.endswith("iteration")]  # extragradient from the past counts its half step
    return [v.numpy() for v in (*kept, *moved)], [float(p.optimizer.dynamic_scale) for p in game.players]


@pytest.mark.parametrize("rule", RULES)
def test_a_skipped_round_is_as_if_it_had_not_been_played(rule):
    whole, scales = played(rule, [0.5, 0.25])
    for overflow in (np.inf, 1e30) if rule in TWICE else (np.inf,):  # of the field, and of the products alone
        skipped, lower = played(rule, [0.5, overflow, 0.25])
        for a, b in zip(whole, skipped, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-6)
        assert all(0 < low < high for low, high in zip(lower, scales, strict=True))


@pytest.mark.parametrize("clip", ["clipvalue", "clipnorm", "global_clipnorm"])
def test_clipping_makes_no_step_of_an_overflow(clip):
    v = keras.Variable([1.0, 2.0])
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, **{clip: 1.0}))
    optimizer.build([v])
    player = Player("x", [v], optimizer, None)
    player.move([tf.constant([np.inf, 0.5])])
    np.testing.assert_array_equal(v.numpy(), [1.0, 2.0])
    assert float(optimizer.dynamic_scale) == 2.0**14
    player.move([tf.constant([9.0, 0.0])])
    np.testing.assert_allclose(v.numpy(), [0.9, 2.0], rtol=1e-6)
