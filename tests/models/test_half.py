"""Mixed precision: the gradients of every game and products with its Jacobian are those of float32, up to rounding."""

import dataclasses
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import networks, penalties
from kgan.game import Game, Player, Round
from kgan.updates import Unrolled
from tests import half_script
from tests.forked import python
from tests.models.games import GAMES, SHAPE, dataset, made

SCRIPT = pathlib.Path(half_script.__file__)
REALS = np.random.default_rng(0).uniform(-1, 1, (16, 4)).astype("float32")


def build(policy):
    """Networks whose gradients are small, as a GAN's are late in training."""
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(4, "tanh")]),
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)]),
        latent_dim=4,
    )
    gan.compile("wasserstein", seed=1)
    for v in gan.discriminator.trainable_variables:
        v.assign(0.03 * v.value)
    return gan


def measured(policy):
    gan = build(policy)
    game, round = gan.game, gan.round(REALS)
    near = game.linearize(round)
    ahead = Unrolled(2, rate=1e-3)._gradients(game, game.player("g"), round)[0]
    products = {"vjp": near.vjp(near.field), "jvp": near.jvp(near.field), "field": near.field, "ahead": {"g": ahead}}
    return {(k, n): np.concatenate([np.ravel(x) for x in p]) for k, v in products.items() for n, p in v.items()}


@pytest.fixture(scope="module")
def both():
    return measured("float32"), measured("mixed_float16")


def test_products_do_not_underflow(both):
    exact, half = both
    for key, value in exact.items():
        error = np.linalg.norm(half[key] - value) / np.linalg.norm(value)
        assert error < 0.01, key


@pytest.mark.slow
def test_two_devices_play_as_one_and_skip_together(tmp_path):
    python(SCRIPT, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as found:
        for name in half_script.RULES:
            one, two = (found[f"{name}/{devices}/moved"] for devices in (1, 2))
            assert np.isfinite(one).all() and np.abs(one).max() > 1e-3, name
            np.testing.assert_allclose(two, one, atol=1e-4, err_msg=name)
            scales = found[f"{name}/1/scales"]
            np.testing.assert_array_equal(found[f"{name}/2/scales"], scales, err_msg=name)
            assert scales.min() < 2.0**15, name


# How far a gradient may be, as a part of it: most are within 0.006 and 0.001, those that are small differences of large
# parts (of Wasserstein's losses, of L1) further. A scale that is left in, or taken out twice, is a factor of 2 or more.
POLICIES = {"mixed_bfloat16": 0.3, "mixed_float16": 0.05}


def field(case, policy):
    """A game's model, and the gradients of all its players at its first point, one vector each."""
    keras.config.set_dtype_policy(policy)
    model = made(case, run_eagerly=True)
    model.step.assign(case.step)
    model.adapt()
    for scale in (2.0**8, 1.0):  # what overflows is lowered, as the optimizers do
        if policy == "mixed_float16":
            for player in model.game.players:
                player.optimizer.dynamic_scale.assign(scale)
        gradients, _ = model.game.vector_field(model.round(next(iter(dataset(case)))))
        flat = {name: np.concatenate([np.ravel(g) for g in part]) for name, part in gradients.items()}
        if all(np.isfinite(one).all() for one in flat.values()):
            break
    return model, flat


def wide():
    """A progressive GAN of more channels: pixel normalisation of four divides by lengths near 0, and rounding grows."""
    both = networks.progressive_generator(SHAPE, 4, width=16), networks.progressive_discriminator(SHAPE, width=16)
    return kgan.ProgressiveGAN(*both, latent_dim=4)


HALVED = GAMES | {"progressive": dataclasses.replace(GAMES["progressive"], make=wide)}


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES)
def test_every_game_has_the_gradients_of_float32(game):
    _, exact = field(HALVED[game], "float32")
    for policy, near in POLICIES.items():
        model, half = field(HALVED[game], policy)
        for name, gradient in exact.items():
            assert np.linalg.norm(half[name] - gradient) < near * np.linalg.norm(gradient), (policy, name)
        assert {v.dtype for v in model.state if "float" in v.dtype} == {"float32"}  # spectral norms' vectors too
        optimizers = [player.optimizer for player in model.game.players]
        scaled = [isinstance(one, keras.optimizers.LossScaleOptimizer) for one in optimizers]
        assert all(scaled) if policy == "mixed_float16" else not any(scaled)
        assert len({id(one) for one in optimizers}) == len(optimizers)  # a scale each
        before = [np.array(v) for v in model.trainable_variables]
        model.fit(dataset(HALVED[game]), steps_per_epoch=1, epochs=1, verbose=0)
        after = [np.array(v) for v in model.trainable_variables]
        assert all(np.isfinite(new).all() for new in after)
        assert any((old != new).any() for old, new in zip(before, after, strict=True))


PENALTY = {"mixed_bfloat16": 0.15, "mixed_float16": 0.02}  # how far the gradient of one may be
WIDTH, RAYS = 8, np.random.default_rng(3).normal(size=(4, 6))


def by_hand(share, x, kernel, bias, out):
    """The gradients, by D's weights, of the mean of f(|grad D|) at each x, f'(s) = share(s) s, in float64.

    D(x) = out' tanh(kernel' x + bias), so that grad D = kernel (out (1 - h^2)).
    """
    h = np.tanh(x @ kernel + bias)
    slopes = (out * (1 - h**2)) @ kernel.T
    parts = share(np.linalg.norm(slopes, axis=1))[:, None] / len(x)
    along = parts * (slopes @ kernel)
    bent = along * out * -2 * h * (1 - h**2)
    by_kernel = (parts * slopes).T @ (out * (1 - h**2)) + x.T @ bent
    return [by_kernel, bent.sum(0), (along * (1 - h**2)).sum(0)]


TERMS = {
    "r1": (penalties.R1(gamma=2.0), lambda norm: 2.0 + 0 * norm),
    "gradient_penalty": (penalties.GradientPenalty(weight=10.0), lambda norm: 20.0 * (norm - 1) / norm),
}


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("size", [1.0, 0.05])  # of the weights: of the smaller ones, slopes of some thousandths
def test_a_penaltys_gradient_is_that_of_float64(term, size):
    penalty, share = TERMS[term]
    rng = np.random.default_rng(0)
    values = [size * rng.normal(size=shape) for shape in ((6, WIDTH), (WIDTH,), (WIDTH, 1))]
    exact = by_hand(share, RAYS, values[0], values[1], values[2][:, 0])
    for policy, near in PENALTY.items():
        keras.config.set_dtype_policy(policy)
        critic = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(WIDTH, "tanh"), keras.layers.Dense(1, use_bias=False)]
        )
        critic.set_weights(values)
        optimizer = keras.optimizers.SGD(1.0)
        if policy == "mixed_float16":  # as large as overflows would leave it
            largest = max(np.abs(one).max() for one in exact)
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 2.0 ** np.floor(np.log2(2.0**13 / largest)))
        optimizer.build(critic.trainable_variables)
        judge = lambda x, critic=critic: tf.cast(critic(x), "float32")  # noqa: E731

        def objective(round, judge=judge):
            return penalty(judge, round.real, round.real, tf.constant([0, 0])), {}  # between reals and reals: those

        player = Player("d", critic.trainable_variables, optimizer, objective)
        game, round = Game([player]), Round(real=tf.constant(RAYS, "float32"))
        for found in (game.gradients(player, round)[0], step(game, player, round)):
            for ours, theirs in zip(found, exact, strict=True):
                error = np.linalg.norm(np.reshape(ours, theirs.shape) - theirs)
                assert error < near * np.linalg.norm(theirs), (policy, theirs.shape)


def step(game, player, round):
    """How far plain SGD at a rate of 1 goes back."""
    before = [v.numpy() for v in player.variables]
    player.move(game.gradients(player, round)[0])
    return [old - v.numpy() for old, v in zip(before, player.variables, strict=True)]
