"""Games of two scalars: gradients, vector fields, shared draws, loss scales."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.game import Game, Player, Round
from kgan.updates import UPDATES, Alternating, Simultaneous


def bilinear(optimizer=lambda: keras.optimizers.SGD(0.1), steps=(1, 1)):
    """x minimises x y, y minimises -x y."""
    x, y = (keras.Variable(v, dtype="float64", name=n) for n, v in (("x", 2.0), ("y", 3.0)))
    players = [
        Player("x", [x], optimizer(), lambda r: (x * y, {"x_loss": x * y}), steps[0]),
        Player("y", [y], optimizer(), lambda r: (-x * y, {"y_loss": -x * y}), steps[1]),
    ]
    for player in players:
        player.optimizer.build(player.variables)
    return Game(players), x, y


def test_gradients_and_the_vector_field():
    game, _, _ = bilinear()
    round = Round()
    (gradient,), logs = game.gradients(game.player("x"), round)
    assert float(gradient) == 3.0 and gradient.dtype == "float64" and float(logs["x_loss"]) == 6.0
    field, logs = game.vector_field(round)
    assert float(field["x"][0]) == 3.0 and float(field["y"][0]) == -2.0
    assert set(logs) == {"x_loss", "y_loss"}


def test_alternating_sees_the_others_move_and_simultaneous_does_not():
    game, x, y = bilinear()
    Alternating()(game, [Round()])
    assert (x.numpy(), y.numpy()) == pytest.approx((2 - 0.1 * 3, 3 + 0.1 * 1.7))
    game, x, y = bilinear()
    logs = Simultaneous()(game, [Round()])
    assert (x.numpy(), y.numpy()) == pytest.approx((1.7, 3.2))
    assert float(logs["x_grad_norm"]) == 3.0 and float(logs["y_grad_norm"]) == 2.0


def test_a_player_of_several_steps_takes_a_fresh_round_for_each_and_logs_their_mean():
    game, x, y = bilinear(steps=(1, 3))
    seen = []
    objective = game.players[1].objective

    def watch(round):
        seen.append(round.real)
        return objective(round)

    game.players = (game.players[0], Player("y", [y], game.players[1].optimizer, watch, 3))
    update = Alternating()
    assert update.rounds_needed(game) == 3
    logs = update(game, [Round(real=i) for i in range(3)])
    assert seen == [0, 1, 2]
    assert x.numpy() == pytest.approx(1.7) and y.numpy() == pytest.approx(3 + 3 * 0.17)
    assert float(logs["y_loss"]) == pytest.approx(-1.7 * np.mean([3, 3.17, 3.34]))


def test_with_fresh_rounds_no_two_players_share_one():
    game, x, y = bilinear(steps=(1, 3))
    seen = {"x": [], "y": []}

    def watch(player):
        return lambda round: (seen[player.name].append(round.real), player.objective(round))[1]

    game.players = tuple(dataclasses.replace(player, objective=watch(player)) for player in game.players)
    update = Alternating(fresh=True)
    assert update.rounds_needed(game) == 4 and update.cost(game) == Alternating().cost(game)
    update(game, [Round(real=i) for i in range(4)])
    assert seen == {"x": [3], "y": [0, 1, 2]}
    assert x.numpy() == pytest.approx(1.7) and y.numpy() == pytest.approx(3 + 3 * 0.17)


def test_draws_differ_between_players_and_are_shared_within_a_vector_field():
    seeds = {}
    v = [keras.Variable(1.0) for _ in range(2)]

    def objective(name, variable):
        def evaluate(round):
            seeds.setdefault(name, []).append(tuple(np.array(round.seed)))
            shared = round.once("draw", lambda: tf.random.stateless_normal((), round.seed))
            return variable * shared, {name: shared}

        return evaluate

    game = Game([Player(n, [x], keras.optimizers.SGD(), objective(n, x)) for n, x in zip("ab", v, strict=True)])
    apart = [float(game.gradients(p, Round())[1][p.name]) for p in game.players]
    assert apart[0] != apart[1] and seeds["a"][0] != seeds["b"][0]
    _, together = game.vector_field(Round())
    assert float(together["a"]) == float(together["b"])
    assert float(game.vector_field(Round(seed=(1, 2)))[1]["a"]) != float(together["a"])


def test_settle_follows_every_move():
    game, _x, y = bilinear(steps=(1, 2))
    calls = []
    d = game.players[1]
    game.players = (game.players[0], Player("y", [y], d.optimizer, d.objective, 2, settle=lambda: calls.append(1)))
    Alternating()(game, [Round()] * 2)
    assert len(calls) == 2


def test_loss_scaling_leaves_the_gradients_as_they_are():
    plain, x, _ = bilinear()
    scaled, x2, _ = bilinear(lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)))
    g1, _ = plain.gradients(plain.players[0], Round())
    g2, _ = scaled.gradients(scaled.players[0], Round())
    assert float(g1[0]) == float(g2[0])
    plain.players[0].move(g1)
    scaled.players[0].move(g2)
    assert x.numpy() == pytest.approx(x2.numpy(), rel=1e-12)


@pytest.mark.parametrize("graph", [False, True])
def test_products_of_some_players_are_those_of_the_whole_and_all_are_of_one_look_at_the_game(graph):
    """min_x max_y of x^2 y + y^3 / 3, at (2, 3): the field is (2 x y, -x^2 - y^2)."""
    looks = []
    x, y = (keras.Variable(v, dtype="float64") for v in (2.0, 3.0))

    def value(sign):
        looks.append(sign)
        return sign * (x**2 * y + y**3 / 3), {}

    game = Game(
        [
            Player("x", [x], keras.optimizers.SGD(), lambda r: value(1.0)),
            Player("y", [y], keras.optimizers.SGD(), lambda r: value(-1.0)),
        ]
    )
    jacobian = np.array([[6.0, 4.0], [-4.0, -6.0]])

    def products():
        near = game.linearize(Round())
        u, v = tf.constant(5.0, "float64"), tf.constant(7.0, "float64")
        whole = [near.jvp({"x": [u], "y": [v]}), near.vjp({"x": [u], "y": [v]})]
        parts = [p({"y": [v]}, of=["x"]) for p in (near.jvp, near.vjp)]
        return whole, parts, [near.jvp({"x": [u]}), near.vjp({"x": [u]})]

    whole, parts, ones = (tf.function(products, autograph=False) if graph else products)()
    assert len(looks) == 4  # of each player's loss: for the field, and for all products
    for product, matrix in zip(whole, (jacobian, jacobian.T), strict=True):
        np.testing.assert_allclose([product["x"][0], product["y"][0]], matrix @ [5.0, 7.0])
    for part, matrix in zip(parts, (jacobian, jacobian.T), strict=True):
        assert list(part) == ["x"] and float(part["x"][0]) == pytest.approx(7.0 * matrix[0, 1])
    for product, matrix in zip(ones, (jacobian, jacobian.T), strict=True):
        np.testing.assert_allclose([product["x"][0], product["y"][0]], 5.0 * matrix[:, 0])


def test_bad_games():
    game, x, y = bilinear()
    with pytest.raises(ValueError, match="names must differ"):
        Game([game.players[0], game.players[0]])
    with pytest.raises(ValueError, match="an optimizer of its own"):
        Game([game.players[0], Player("z", [y], game.players[0].optimizer, None)])
    lost = Game([Player("x", [x], keras.optimizers.SGD(), lambda r: (y * y, {}))])
    with pytest.raises(ValueError, match="loss of player 'x' does not depend on its variables"):
        lost.gradients(lost.players[0], Round())
    with pytest.raises(ValueError, match="n_critic: Simultaneous moves all players at once and wants equal numbers"):
        Simultaneous().build(bilinear(steps=(1, 2))[0])


@pytest.mark.parametrize("rule", UPDATES)
def test_contract_what_settles_after_a_move_holds_when_the_round_ends(rule):
    game, x, y = bilinear()
    x.assign(-30.0)
    y.assign(1.0)
    clip = lambda: y.assign(tf.clip_by_value(y.value, -1.5, 1.5))  # noqa: E731
    game.players = (game.players[0], dataclasses.replace(game.players[1], settle=clip))
    update = UPDATES[rule](*([Alternating()] if rule == "lookahead" else []))
    update.build(game)
    for _ in range(3):
        update(game, [Round()] * update.rounds_needed(game))
        assert abs(y.numpy()) <= 1.5


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("rule", UPDATES)
def test_contract_every_rule_plays_under_tf_function_and_xla_and_logs_gradient_norms(rule, xla):
    game, x, y = bilinear()
    update = UPDATES[rule](*([Alternating()] if rule == "lookahead" else []))
    update.build(game)
    play = tf.function(lambda: update(game, [Round()] * update.rounds_needed(game)), jit_compile=xla, autograph=False)
    logs = play()
    assert {"x_loss", "y_loss", "x_grad_norm", "y_grad_norm", "gradient_evaluations"} <= set(logs)
    assert float(logs["gradient_evaluations"]) == update.cost(game) >= 2
    assert all(np.isfinite(value) for value in logs.values())
    assert (x.numpy(), y.numpy()) != (2.0, 3.0)


def test_logs_of_one_name_are_refused():
    game, x, y = bilinear()
    twice = [dataclasses.replace(player, objective=lambda r: (x * y, {"loss": x * y})) for player in game.players]
    taken = dataclasses.replace(game.players[0], objective=lambda r: (x * y, {"x_grad_norm": x * y}))
    for players, rule, name in (
        (twice, Simultaneous(), "loss"),
        (twice, Alternating(), "loss"),
        ([taken, game.players[1]], Alternating(), "x_grad_norm"),
    ):
        with pytest.raises(ValueError, match=f"logs: '{name}' is the name of two logs"):
            rule(Game(players), [Round()])


@pytest.mark.parametrize("rule", UPDATES)
def test_gradient_accumulation_moves_by_the_mean_or_is_refused(rule):
    """Two rounds at one point are one round of the mean gradient: of the gradient itself, as nothing moved between."""
    make = lambda: UPDATES[rule](*([Alternating()] if rule == "lookahead" else []))  # noqa: E731
    game, x, y = bilinear(lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))
    update = make()
    if rule in ("extragradient", "optimistic", "unrolled", "competitive"):
        with pytest.raises(ValueError, match="looks at each optimizer step of 'x', which accumulates gradients"):
            update.build(game)
        return
    update.build(game)
    update(game, [Round()])
    assert (x.numpy(), y.numpy()) == (2.0, 3.0)
    update(game, [Round()])
    after = (x.numpy(), y.numpy())
    if rule in ("alternating", "lookahead"):  # at the second round, y sees where x has just gone
        assert after == pytest.approx((1.7, 3 + 0.1 * (2.0 + 1.7) / 2))
        return
    game, x, y = bilinear()
    update = make()
    update.build(game)
    update(game, [Round()])
    assert after == pytest.approx((x.numpy(), y.numpy()))
