"""Rules that look ahead with the players' own optimizers: Unrolled, and ACGD against its authors' PyTorch."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.analysis import QuadraticGame
from kgan.distribute import virtual_step
from kgan.game import Game, Player, Round
from kgan.updates import CompetitiveGradient, Unrolled
from tests.numeric import gradient

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.1, beta_1=0.5),
    "amsgrad": lambda: keras.optimizers.Adam(0.1, amsgrad=True, global_clipnorm=0.7),
    "adamw": lambda: keras.optimizers.AdamW(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5), weight_decay=0.1),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.1, centered=True, momentum=0.5),
    "nadam": lambda: keras.optimizers.Nadam(0.1),
    "adagrad": lambda: keras.optimizers.Adagrad(0.1),
    "adamax": lambda: keras.optimizers.Adamax(0.1),
    "lion": lambda: keras.optimizers.Lion(0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_virtual_step_is_the_step_that_follows(name):
    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(size=n), dtype="float64") for n in (3, 2)]
    optimizer = OPTIMIZERS[name]()
    optimizer.build(variables)
    values, state = ([tf.identity(v.value) for v in held] for held in (variables, optimizer.variables))
    for _ in range(3):
        gradients = [tf.constant(rng.normal(size=v.shape)) for v in variables]
        values, state = virtual_step(optimizer, gradients, values, state)
        assert not np.allclose(values[0], variables[0].numpy())  # nothing was assigned
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        for virtual, real in zip([*values, *state], [*variables, *optimizer.variables], strict=True):
            np.testing.assert_allclose(virtual, real.numpy(), rtol=1e-6, atol=1e-12)


def coupled(d_optimizer):
    """Three numbers a player; d's third is in no loss of d's but through a factor of 0: its gradient is 0."""
    rng = np.random.default_rng(1)
    a = rng.normal(size=(3, 3))
    g, d = (keras.Variable(rng.normal(size=3), dtype="float64", name=name) for name in "gd")
    mask = np.array([1.0, 1.0, 0.0])

    def d_objective(round):
        mine = d * mask
        return tf.reduce_sum(tf.sin(g * tf.linalg.matvec(a, mine)) + 0.1 * mine**4), {"d_loss": tf.reduce_sum(mine)}

    def g_objective(round):
        return tf.reduce_sum(tf.cos(g) * tf.linalg.matvec(a, d)), {"g_loss": tf.reduce_sum(g)}

    optimizers = d_optimizer(), keras.optimizers.SGD(0.1)
    players = [Player("d", [d], optimizers[0], d_objective), Player("g", [g], optimizers[1], g_objective)]
    for player in players:
        player.optimizer.build(player.variables)
    return Game(players), g, d


@pytest.mark.parametrize("warm", [0, 3])
def test_unrolled_differentiates_the_opponents_own_adam_steps(warm):
    """Against central differences of a loss after real steps of Adam."""

    def ahead(value, k):
        game, g, d = coupled(lambda: keras.optimizers.Adam(0.05, beta_1=0.5))
        player = game.player("d")
        for _ in range(warm):
            player.move(game.gradients(player, Round())[0])
        start = d.numpy()
        g.assign(value)
        for _ in range(k):
            player.move(game.gradients(player, Round())[0])
        assert k == 0 or np.abs(d.numpy() - start).max() > 0.1  # as far as Adam goes
        return game, float(game.player("g").objective(Round())[0])

    game, _, _ = coupled(lambda: keras.optimizers.Adam(0.05, beta_1=0.5))
    here = game.player("g").variables[0].numpy()
    game, _ = ahead(here, 0)
    found, _ = Unrolled(4)._gradients(game, game.player("g"), Round())
    expected = gradient(lambda value: ahead(value, 4)[1], here, h=1e-5)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-7)


def test_who_looks_ahead():
    def end(order, **arguments):
        game, g, d = coupled(lambda: keras.optimizers.SGD(0.1))
        roles = arguments.pop("roles", ("", ""))
        players = [dataclasses.replace(game.player(n), role=roles["dg".index(n)]) for n in order]
        game, update = Game(players), Unrolled(3, **arguments)
        update.build(game)
        update(game, [Round()])
        return np.concatenate([d.numpy(), g.numpy()])

    last, named = end("dg"), end("gd", player="g")
    np.testing.assert_allclose(named, last, rtol=1e-12)  # without roles the last, or the one that is named
    np.testing.assert_allclose(end("gd", roles=("d", "g")), last, rtol=1e-12)
    assert not np.allclose(end("gd"), last)
    with pytest.raises(ValueError, match=r"player: wanted one of \['d', 'g'\], got 'h'"):
        end("dg", player="h")


def test_competitive_gradient_under_adam_is_the_authors_acgd():
    torch, cgds = pytest.importorskip("torch"), pytest.importorskip("CGDs")
    rng = np.random.default_rng(2)
    a, x0, y0 = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)
    x, y = (keras.Variable(v, dtype="float64") for v in (x0, y0))

    def value(x, y, lib):
        return lib.sin(x) @ lib.asarray(a) @ y + 0.3 * (x * x * x * x).sum() - 0.2 * (y * y * y * y).sum()

    def loss(sign):
        def objective(round):
            xs, ys = x.value + 0.0, y.value + 0.0
            f = tf.tensordot(tf.sin(xs), tf.linalg.matvec(a, ys), 1)
            return sign * (f + 0.3 * tf.reduce_sum(xs**4) - 0.2 * tf.reduce_sum(ys**4)), {}

        return objective

    players = []
    for name, v, sign, rate in (("x", x, 1.0, 0.05), ("y", y, -1.0, 0.02)):
        optimizer = keras.optimizers.Adam(lambda r=rate: tf.constant(r, "float64"), beta_2=0.99, epsilon=1e-5)
        optimizer.build([v])
        players.append(Player(name, [v], optimizer, loss(sign)))
    game, update = Game(players), CompetitiveGradient(iterations=10)  # of five variables
    update.build(game)

    tx, ty = (torch.tensor(v, requires_grad=True) for v in (x0, y0))
    theirs = cgds.ACGD(
        max_params=[ty], min_params=[tx], lr_max=0.02, lr_min=0.05, eps=1e-5, beta=0.99, tol=0, atol=1e-30
    )
    move = tf.function(lambda: update(game, [Round()]), autograph=False)
    for _ in range(6):
        move()
        theirs.step(value(tx, ty, torch))
        np.testing.assert_allclose(x.numpy(), tx.detach().numpy(), rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(y.numpy(), ty.detach().numpy(), rtol=1e-8, atol=1e-12)
    assert np.abs(x.numpy() - x0).max() > 0.1


def test_optimizers_that_a_rule_cannot_use_are_refused_when_it_is_built():
    def game(make):
        return QuadraticGame(optimizers=[make(), make()])

    for make in (
        lambda: keras.optimizers.RMSprop(),
        lambda: keras.optimizers.Adam(amsgrad=True),
        lambda: keras.optimizers.AdamW(),
    ):
        with pytest.raises(ValueError, match="update: CompetitiveGradient wants SGD, or Adam without"):
            CompetitiveGradient().build(game(make))
    for rule in (CompetitiveGradient(), Unrolled()):
        with pytest.raises(ValueError, match="looks at each optimizer step of 'x', which accumulates gradients"):
            rule.build(game(lambda: keras.optimizers.SGD(gradient_accumulation_steps=2)))
