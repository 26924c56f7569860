"""MIX+GAN's payoff and mixtures, Chekhov's queue: against their formulas, written out."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special

import kgan
from kgan.checks import InputError
from kgan.networks import mlp_discriminator, mlp_generator

POINTS = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


def networks(make, num):
    return [make(4 + one) for one in range(num)]


@pytest.fixture(scope="module")
def mix():
    keras.utils.set_random_seed(0)
    makers = networks(lambda width: mlp_generator((2,), 2, width=width, depth=1), 3)
    gan = kgan.MixGAN(makers, networks(lambda width: mlp_discriminator((2,), width=width, depth=1), 2), latent_dim=2)
    gan.compile(ema_decay=0.5, entropy_weight=0.3, penalties=["r1(gamma=2)"])
    gan.g_mixing.logits.assign([0.5, -1.0, 0.2])
    gan.d_mixing.logits.assign([0.0, 0.7])
    return gan


def test_the_payoff_is_the_weighted_sum_over_all_pairs(mix):
    w, u = (special.softmax(np.array(logits, "float64")) for logits in (mix.g_mixing.logits, mix.d_mixing.logits))
    round = mix.round(POINTS).drawn(0)
    for_d = for_g = 0.0
    for judge, by_judge in enumerate(u, 1):
        for source, by_source in enumerate(w, 1):
            play = mix.play(round, f"d{judge} g{source}")
            real, fake = (np.array(logits, "float64") for logits in (play.real_logits, play.fake_logits))
            with tf.GradientTape() as tape:
                x = tf.constant(POINTS)
                tape.watch(x)
                said = mix.discriminators[judge - 1](x)
            r1 = 0.5 * 2 * (np.array(tape.gradient(said, x), "float64") ** 2).sum(1).mean()
            for_d += by_source * by_judge * (np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean() + r1)
            for_g += by_source * by_judge * np.logaddexp(0, -fake).mean()
    even = [-0.3 / len(side) * np.log(side).sum() for side in (u, w)]
    assert float(mix.discriminators_objective(round)[0]) == pytest.approx(for_d + even[0], rel=1e-4)
    assert float(mix.generator_objective(round)[0]) == pytest.approx(for_g + even[1], rel=1e-4)


def test_generators_are_fed_draws_of_their_own(mix):
    round = mix.round(POINTS).drawn(0)
    first, second, again = (mix.play(round, name) for name in ("d1 g1", "d1 g2", "d2 g1"))
    assert not np.array_equal(first.latents, second.latents)
    assert again.fake is first.fake


def test_each_side_moves_its_own_mixture(mix):
    owners = {player.name: {id(v) for v in player.variables} for player in mix.game.players}
    assert id(mix.g_mixing.logits) in owners["g"] - owners["d"] and id(mix.d_mixing.logits) in owners["d"] - owners["g"]


def test_samples_come_from_the_generators_in_the_learnt_proportions(mix, tmp_path):
    shares = special.softmax(np.array(mix.g_mixing.logits))
    sampler = mix.sampler()
    np.testing.assert_allclose(sampler.prior["member"].shares, shares, rtol=1e-5)
    inputs = sampler.inputs(50, seed=2)
    made = sampler(**inputs)
    members = np.array(inputs["member"])
    assert set(members) == {0, 1, 2}
    for number in range(3):
        alone = mix.trained(f"g{number + 1}")(inputs["latents"])
        np.testing.assert_allclose(made[members == number], alone.numpy()[members == number], atol=1e-6)
    assert mix.sample(5, seed=2).shape == (5, 2) and mix.sample(1).shape == (1, 2)  # of no rows for some


def test_an_uneven_mixture_is_pulled_back(mix):
    with tf.GradientTape() as tape:
        term = mix.g_mixing.unevenness()
    pull = np.array(tape.gradient(term, mix.g_mixing.logits.value))
    np.testing.assert_allclose(pull, (special.softmax(np.array(mix.g_mixing.logits)) - 1 / 3), rtol=1e-4)


def test_the_queue_of_the_past():
    """With an interval of 2 and a growth of 1, discriminators enter after rounds 2, 5, 9, 14."""
    keras.utils.set_random_seed(0)
    generator, judge = mlp_generator((2,), 2, width=4, depth=1), mlp_discriminator((2,), width=4, depth=1)
    gan = kgan.ChekhovGAN(generator, judge, latent_dim=2, past=2)
    gan.compile(ema_decay=None, interval=2, growth=1, g_optimizer="sgd", d_optimizer="sgd")
    weights = lambda network: [np.array(v) for v in network.variables]  # noqa: E731
    was = {}
    for number in range(1, 10):
        held = [was[entered] for entered in (2, 5, 9) if entered < number][-2:]
        round = gan.round(POINTS).drawn(0)
        fake = gan.play(round).fake
        said = [gan.discriminator(fake)]
        for kept in held:
            copy = keras.models.clone_model(judge)
            copy.set_weights(kept)
            said.append(copy(fake))
        expected = np.mean([np.logaddexp(0, -np.array(logits, "float64")).mean() for logits in said])
        assert float(gan.generator_objective(round)[1]["g_loss"]) == pytest.approx(expected, rel=1e-5), number
        gan.train_on_batch(POINTS)
        was[number] = weights(gan.discriminator)
    for kept, entered in zip(gan.past, (5, 9), strict=True):
        for a, b in zip(weights(kept), was[entered], strict=True):
            np.testing.assert_array_equal(a, b)
    assert not any(
        id(v) in {id(w) for w in player.variables} for player in gan.game.players for v in gan.past[0].variables
    )


def test_what_cannot_be_is_told_in_one_line():
    generator, judge = mlp_generator((2,), 2, width=4), mlp_discriminator((2,), width=4)
    with pytest.raises(InputError, match="discriminators: wanted a whole number from 1 on, got 0"):
        kgan.MixGAN([generator], [], latent_dim=2)
    with pytest.raises(InputError, match=r"g2: makes \(3,\), g1 \(2,\); wanted the same"):
        kgan.MixGAN([generator, mlp_generator((3,), 2, width=4)], [judge], latent_dim=2)
    with pytest.raises(InputError, match="past: wanted a whole number from 1 on, got 0"):
        kgan.ChekhovGAN(generator, judge, latent_dim=2, past=0)
