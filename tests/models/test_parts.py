"""Penalties, augmentations, schedules and balances in a GAN: each trains, and a run with all of them resumes."""

import dataclasses
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import augment, penalties, schedules
from kgan.callbacks import Checkpoint
from kgan.checks import InputError

DATA = np.random.default_rng(0).uniform(-1, 1, (24, 8, 8, 1)).astype("float32")


def make(**settings):
    keras.utils.set_random_seed(0)
    generator = kgan.networks.mlp_generator((8, 8, 1), 4, width=8, depth=1)
    discriminator = kgan.networks.mlp_discriminator((8, 8, 1), width=8, depth=1)
    gan = kgan.GAN(generator, discriminator, latent_dim=4)
    gan.compile(**settings)
    return gan


def fit(gan, epochs=1, **more):
    return gan.fit(DATA, batch_size=4, epochs=epochs, verbose=0, **more).history


@pytest.mark.parametrize("name", sorted(penalties.PENALTIES.keys() - {"classification", "information"}))
def test_every_penalty_is_added_to_its_players_loss_and_logged(name):
    gan = make(penalties=[name])
    history = fit(gan)
    players = gan.penalties[0].players
    assert {name if player == "d" else f"g_{name}" for player in players} <= set(history)
    round = gan.round(DATA[:4], lazy=False)
    for player, objective in (("d", gan.discriminator_objective), ("g", gan.generator_objective)):
        total, logs = objective(round.drawn(0))
        term = float(logs.get(name if player == "d" else f"g_{name}", 0.0))
        assert float(total) == pytest.approx(float(logs[f"{player}_loss"]) + term, abs=1e-5)
        assert (player in players) == ((name if player == "d" else f"g_{name}") in logs)


@pytest.mark.parametrize("name", ["classification", "information"])
def test_a_game_whose_discriminator_gives_logits_alone_refuses_what_asks_for_more(name):
    with pytest.raises(InputError, match=rf"^penalties: {name} wants a discriminator that gives"):
        make(penalties=[name])


@pytest.mark.parametrize("part", ["color,translation,cutout", "ada(p=0.9)", "apa(p=0.9)", "instance_noise(std=0.5)"])
def test_what_the_discriminator_sees_is_augmented_in_training_only(part):
    gan = make(augment=part)
    logs = fit(gan)
    assert ("aug_p" in logs) == part.startswith(("ada", "apa")) and np.isfinite(logs["d_loss"][-1])
    seen = gan.play(gan.round(DATA[:8]))
    assert not np.array_equal(seen.view(seen.real), DATA[:8])
    held_out = gan.play(gan.round(DATA[:8], training=False))
    np.testing.assert_array_equal(held_out.view(held_out.real), DATA[:8])


class Tripled(augment.Augmentation):
    """T(x) = 3 x + a draw of the sample's own."""

    def __call__(self, images, seed):
        return 3.0 * images + kgan.random.uniform([tf.shape(images)[0], 1, 1, 1], seed)


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic(non_saturating)"])
def test_penalties_differentiate_at_the_image_before_augmentation_and_pairs_share_one_draw(loss):
    gan = make(
        loss=loss, penalties=["r1(gamma=2)", "r2(gamma=2)", "gradient_penalty(1.0, target=0)"], augment=Tripled()
    )
    gan.discriminator = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    slope = gan.discriminator.layers[-1].kernel.numpy()
    logs = gan.discriminator_objective(gan.round(DATA[:4]))[1]
    for name in ("r1", "r2", "gradient_penalty"):  # |J_T' grad D|^2 = |3 w|^2
        assert float(logs[name]) == pytest.approx(9.0 * np.sum(slope**2), rel=1e-5), name
    play = gan.play(gan.round(DATA[:4]))
    noise = [np.asarray(play.view(x)) - 3.0 * np.asarray(x) for x in (play.real, play.fake)]
    np.testing.assert_allclose(*noise, atol=1e-5)
    assert np.ptp(noise[0]) > 0.01


class Counted(keras.layers.Layer):
    """Counts its passes in training mode."""

    def build(self, shape):
        self.passes = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=False):
        if training:
            self.passes.assign_add(1.0)
        return x


@pytest.mark.parametrize("loss, passes", [("hinge", 3), ("top_k(hinge)", 3), ("relativistic_average(hinge)", 4)])
def test_reals_are_judged_in_the_generators_move_only_for_a_loss_that_looks_at_them(loss, passes):
    gan = make(loss=loss)
    discriminator = [keras.Input((8, 8, 1)), keras.layers.Flatten(), Counted(), keras.layers.Dense(1)]
    gan = kgan.GAN(gan.generator, keras.Sequential(discriminator), latent_dim=4)
    gan.compile(loss=loss)
    fit(gan)
    assert float(gan.discriminator.layers[1].passes) == passes * 6


def test_an_average_that_is_not_asked_for_any_more_is_not_kept():
    gan = make(ema_decay=0.9)
    with_average = len(gan.state)
    gan.compile(ema_decay=None)
    assert len(gan.state) == with_average - len(gan.generator.variables) == len(make(ema_decay=None).state)
    np.testing.assert_array_equal(gan.sample(2), gan.sample(2, average=False))


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_a_discriminator_that_is_bounded_is_warned_of(activation):
    generator = kgan.networks.mlp_generator((8, 8, 1), 4, width=8, depth=1)
    last = kgan.layers.SpectralNormalization(keras.layers.Dense(1, activation=activation))
    for layers in ([last], [keras.layers.Dense(1), keras.layers.Activation(activation), keras.layers.Reshape((1, 1))]):
        critic = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.Sequential(layers)])
        with pytest.warns(UserWarning, match=f"discriminator: ends in {activation}.* use a linear output"):
            kgan.GAN(generator, critic, latent_dim=4).compile()


@pytest.mark.parametrize("activation, low, high, message", [
    ("tanh", 0.0, 1.0, r"images lie in \[0, 1\], which looks like .* wanted \[-1, 1\]: 2 \* x - 1"),
    ("sigmoid", -1.0, 1.0, r"generator: its last activation, sigmoid, reaches \[0, 1\].* use tanh"),
    ("linear", -1.0, 1.0, None),
    ("tanh", -1.0, 1.0, None),
])  # fmt: skip
def test_data_that_the_generator_cannot_reach_are_warned_of(activation, low, high, message, recwarn):
    layers = [keras.layers.Dense(64, activation=activation), keras.layers.Reshape((8, 8, 1))]
    generator = keras.Sequential([keras.Input((4,)), *layers])
    gan = kgan.GAN(generator, kgan.networks.mlp_discriminator((8, 8, 1), width=4), latent_dim=4)
    gan.compile()
    images = np.linspace(low, high, 4 * 64, dtype="float32").reshape(4, 8, 8, 1)
    gan.check_batch(tf.constant(images))
    told = [str(warning.message) for warning in recwarn if issubclass(warning.category, UserWarning)]
    assert not told if message is None else any(re.search(message, line) for line in told)


def test_points_beyond_a_generators_range_are_warned_of():
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="tanh")])
    gan = kgan.GAN(generator, kgan.networks.mlp_discriminator((2,), width=4), latent_dim=2)
    gan.compile()
    with pytest.warns(UserWarning, match=r"tanh, reaches \[-1, 1\], the data lie in \[-4, 4\]; use a linear output"):
        gan.check_batch(tf.constant([[-4.0, 4.0]]))


@pytest.mark.parametrize(
    "part", ["ada(pipe='xflip', target=-1, interval=1, kimg=1)", "apa(target=-1, interval=1, kimg=1)"]
)
@pytest.mark.parametrize("settings", [{}, {"n_critic": 3}, {"update": "extragradient"}])
def test_p_counts_all_the_reals_that_a_round_takes(part, settings):
    gan = make(augment=part, **settings)
    gan.discriminator.layers[-1].bias.assign([100.0])  # sure of all reals, whatever is drawn: r_t = 1
    fit(gan)
    assert int(gan.batches) == 6 and float(gan.augment.p) == pytest.approx(24 / 1000)


def test_the_generator_learns_through_the_augmentation():
    gan, plain = make(augment="translation"), make()
    gradients = [m.game.gradients(m.game.player("g"), m.round(DATA[:8]))[0] for m in (gan, plain)]
    assert all(np.isfinite(g).all() for g in gradients[0]) and float(kgan.game.norm(gradients[0])) > 0
    assert any(not np.array_equal(a, b) for a, b in zip(*gradients, strict=True))


def test_schedules_are_read_at_the_present_round():
    gan = make(penalties=[penalties.R1(schedules.Linear(4.0, 0.0, 4))])
    flat = make(penalties=[penalties.R1(1.0)])
    for step, share in ((0, 4.0), (3, 1.0), (8, 0.0)):
        gan.step.assign(step)
        flat.step.assign(step)
        ours, unit = (float(m.test_step(tf.constant(DATA[:4]))["r1"]) for m in (gan, flat))
        assert ours == pytest.approx(share * unit)


def test_the_averages_decay_may_be_a_schedule():
    gan = make(ema_decay=schedules.HalfLife(0))  # no memory at all: the average is the generator
    fit(gan)
    for mean, value in zip(gan.average.network.weights, gan.generator.weights, strict=True):
        np.testing.assert_allclose(mean.numpy(), value.numpy(), atol=1e-7)


def test_adaptive_steps_and_balance_follow_r_t():
    gan = make(n_critic=schedules.AdaptiveSteps(1, 3), balance=schedules.RateBalance(target=0.0, gain=1.0))
    assert gan.n_critic == 3 and gan.most_batches == 3
    gan.r_t.assign(1.0)  # the discriminator is sure of all reals
    gan.adapt()
    assert gan.n_critic == 1 and gan.rounds_needed == 1 and gan.game.player("d").steps == 1
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(2e-4 / np.e)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(2e-4 * np.e)
    history = fit(gan)
    assert int(gan.step) == 24 // 4 // 3 and int(gan.batches) < 6 and np.isfinite(history["d_loss"][0])


def test_a_run_with_all_that_adapts_resumes_to_the_bit(tmp_path):
    def run():
        return make(
            n_critic=schedules.AdaptiveSteps(1, 3, low=-0.5, high=0.5),
            balance=schedules.RateBalance(),
            augment=augment.ADA(pipe="xflip", kimg=0.05, p=0.5),
            penalties=[penalties.LeCam(start=1), "path_length(interval=2)"],
            ema_decay=schedules.HalfLife(10, 0.05),
            loss="top_k(flipped_labels(hinge), share=0.75)",
        )

    whole, first, second = run(), run(), run()
    fit(whole, 4)
    fit(first, 2, callbacks=[Checkpoint(tmp_path)])
    fit(second, 4, callbacks=[Checkpoint(tmp_path)])
    assert float(whole.augment.p) != 0.5
    for a, b in zip(whole.state, second.state, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b), err_msg=a.path)


def test_compiling_again_leaves_no_part_of_the_first_time():
    gan = make(augment="ada", penalties=["lecam"])
    count = len(gan.state)
    gan.compile(augment="ada", penalties=["lecam"])
    assert len(gan.state) == count
    gan.compile()
    assert len(gan.state) < count


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_each_players_gradient_is_clipped_by_its_optimizer(clip):
    gan = make(d_optimizer=keras.optimizers.SGD(1.0, **{clip: 1e-3}))
    d = gan.game.player("d")
    before = [v.numpy() for v in d.variables]
    d.move([tf.fill(v.shape, 7.0) for v in d.variables])
    change = [old - v.numpy() for old, v in zip(before, d.variables, strict=True)]
    sizes = {
        "clipnorm": max(np.linalg.norm(c) for c in change),
        "global_clipnorm": float(tf.linalg.global_norm(change)),
        "clipvalue": max(np.abs(c).max() for c in change),
    }
    assert sizes[clip] == pytest.approx(1e-3, rel=1e-3)


def test_a_balance_wants_constant_rates():
    with pytest.raises(InputError, match="balance: wanted a constant learning rate in d_optimizer, got a schedule"):
        rate = schedules.Linear(1e-3, 1e-4, 10)
        make(balance=schedules.RateBalance(), d_optimizer=keras.optimizers.Adam(rate))


def test_r3gan_warms_up():
    judge = kgan.networks.mlp_discriminator((8, 8, 1), width=4)
    gan = kgan.R3GAN(kgan.networks.mlp_generator((8, 8, 1), 4, width=4), judge, latent_dim=4)
    gan.compile(rounds=4)
    history = fit(gan, 2)
    assert "r1_r2" in history and np.isfinite(history["d_loss"][0])
    settings = keras.optimizers.serialize(gan.d_optimizer)
    copy = keras.optimizers.deserialize(settings)
    assert float(copy.warming(0)) == pytest.approx(0.9) and float(copy.warming(4)) == pytest.approx(0.99)
    assert gan.d_optimizer.beta_1 == gan.g_optimizer.beta_1 == 0.0
    assert gan.d_optimizer.beta_2 == 0.999 and float(gan.d_optimizer.learning_rate) == pytest.approx(5e-5)


@pytest.mark.parametrize(
    ("step", "rate", "beta_2", "gamma", "p", "half_life"),
    [
        (0, 2e-4, 0.9, 0.05, 0.0, 0.0),
        (500, 1.25e-4, 0.945, 0.0275, 0.275, 125.0),
        (1000, 5e-5, 0.99, 0.005, 0.55, 250.0),
        (5000, 5e-5, 0.99, 0.005, 0.55, 250.0),
    ],
)
def test_r3gans_schedules(step, rate, beta_2, gamma, p, half_life):
    gan = kgan.R3GAN(kgan.networks.mlp_generator((8, 8, 1), 4), kgan.networks.mlp_discriminator((8, 8, 1)), 4)
    gan.compile(rounds=1000)
    for optimizer in (gan.d_optimizer, gan.g_optimizer):
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(rate) and optimizer.beta_1 == 0.0
        assert float(optimizer.warming(step)) == pytest.approx(beta_2)
    assert float(gan.penalties[0].gamma(step)) == pytest.approx(gamma)
    assert float(gan.augment.p(step)) == pytest.approx(p, rel=1e-6, abs=1e-9)
    assert float(gan.average.decay(step)) == pytest.approx(0.5 ** (1 / half_life) if half_life else 0.0)


@pytest.mark.parametrize(
    ("like", "gamma", "p", "memory"),  # as the authors' train script has them; memory in images of the 20 (200) million
    [
        ("cifar10", (0.05, 0.005), 0.55, 5e6 / 2e7),
        ("ffhq64", (2.0, 0.2), 0.3, 5e5 / 2e7),
        ("ffhq256", (150.0, 15.0), 0.3, 5e5 / 2e7),
        ("imagenet32", (0.5, 0.05), 0.5, 5e7 / 2e8),
        ("imagenet64", (1.0, 0.1), 0.4, 5e7 / 2e8),
    ],
)
def test_r3gans_runs_differ_in_more_than_gamma(like, gamma, p, memory):
    gan = kgan.R3GAN(kgan.networks.mlp_generator((8, 8, 3), 4), kgan.networks.mlp_discriminator((8, 8, 3)), 4)
    gan.compile(rounds=1000, like=like)
    assert [float(gan.penalties[0].gamma(step)) for step in (0, 1000)] == pytest.approx(gamma)
    assert float(gan.augment.p(1000)) == pytest.approx(p)
    assert float(gan.average.decay(1000)) == pytest.approx(0.5 ** (1 / (1000 * memory)))
    multipliers = gan.augment.shares  # flips and moves at p, colour and hue at p / 2, cutout at p
    assert multipliers["xflip"] == multipliers["rotate90"] == multipliers["xfrac"] == multipliers["cutout"] == 1.0
    color = {multipliers[name] for name in ("brightness", "contrast", "lumaflip", "hue", "saturation")}
    assert color == {0.5} and not {"filter", "noise"} & set(multipliers)


def test_r3gans_generator_plays_against_reals_of_its_own():
    gan = kgan.R3GAN(kgan.networks.mlp_generator((8, 8, 1), 4), kgan.networks.mlp_discriminator((8, 8, 1)), 4)
    gan.compile(rounds=10, run_eagerly=True)
    assert gan.rounds_needed == 2 and gan.d_optimizer.epsilon == gan.g_optimizer.epsilon == 1e-8
    seen = {}

    def watched(player):
        return lambda round: (seen.update({player.name: round.real.numpy()}), player.objective(round))[1]

    gan.game.players = tuple(dataclasses.replace(p, objective=watched(p)) for p in gan.game.players)
    gan.train_on_batch(DATA[:4], DATA[4:8])
    np.testing.assert_array_equal(seen["d"], DATA[4:8])
    np.testing.assert_array_equal(seen["g"], DATA[:4])
