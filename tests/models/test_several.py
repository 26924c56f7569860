"""Several discriminators: who sees what, what the generator makes of it, and D2GAN's losses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.models.d2gan import FavoursData, FavoursSamples, log_softplus
from kgan.networks import mlp_discriminator, mlp_generator

POINTS = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")


def several(num=3, **settings):
    keras.utils.set_random_seed(0)
    judges = [mlp_discriminator((2,), width=4 + one, depth=1) for one in range(num)]
    gan = kgan.MultiDiscriminatorGAN(mlp_generator((2,), 2, width=4, depth=1), judges, latent_dim=2)
    gan.compile(ema_decay=None, **settings)
    return gan


def test_fakes_are_made_once_and_seen_by_all():
    gan = several()
    round = gan.round(POINTS).drawn(0)
    plays = [gan.play(round, name) for name in gan.encounters()]
    assert [play.name for play in plays] == ["d1", "d2", "d3"]
    assert all(play.fake is plays[0].fake and play.real is plays[0].real for play in plays)


def test_a_batch_is_shared_out_once_and_whole():
    gan = several(own_batches=True)
    round = gan.round(POINTS).drawn(0)
    plays = [gan.play(round, name) for name in gan.encounters()]
    # In turn: the same parts, then, on several replicas.
    np.testing.assert_array_equal(np.stack([play.real for play in plays], axis=1).reshape(POINTS.shape), POINTS)
    assert [len(play.fake) for play in plays] == [4, 4, 4]
    for play in plays:  # each knows the latents of its own fakes
        np.testing.assert_allclose(play.generate(play.latents), play.fake, rtol=1e-6)
    held_out = gan.round(POINTS, training=False).drawn(0)
    assert len(gan.play(held_out, "d2").real) == 12


def test_the_generator_hears_what_it_is_told_to():
    for hear, make in {"mean": np.mean, "max": np.max}.items():
        gan = several(hear=hear)
        round = gan.round(POINTS).drawn(3)
        logits = [gan.play(round, name).fake_logits for name in gan.encounters()]
        losses = [np.log1p(np.exp(-np.array(one, "float64"))).mean() for one in logits]
        assert float(gan.generator_objective(round)[1]["g_loss"]) == pytest.approx(make(losses), rel=1e-5)


def test_one_discriminator_is_always_listened_to():
    gan = several(dropout=1.0)
    losses = {"d1": tf.constant(1.0), "d2": tf.constant(10.0), "d3": tf.constant(100.0)}
    values = [float(gan.hear(losses, gan.round(POINTS).drawn(number))) for number in range(24)]
    assert set(values) == {1.0, 10.0, 100.0}
    assert float(gan.hear(losses, gan.round(POINTS, training=False))) == pytest.approx(37.0)


def test_each_discriminator_has_settings_of_its_own():
    rates = {"d1": "sgd", "d2": keras.optimizers.Adam(1e-3), "d3": "rmsprop"}
    gan = several(d_optimizer=rates, loss={"d1": "hinge", "d2": "wasserstein", "d3": "least_squares"})
    assert [type(gan.optimizers[name]).__name__ for name in rates] == ["SGD", "Adam", "RMSprop"]
    round = gan.round(POINTS).drawn(0)
    play = gan.play(round, "d2")
    wasserstein = tf.reduce_mean(play.fake_logits) - tf.reduce_mean(play.real_logits)
    assert float(gan.discriminator_objective(round, "d2")[0]) == pytest.approx(float(wasserstein), rel=1e-5)


def test_the_learnt_sharpness_is_moved_by_the_generator_alone():
    gan = several(hear="learnt_softmax(reward=0.1)", g_optimizer="sgd")
    raw = gan.hearing.raw
    assert any(v is raw for v in gan.game.player("g").variables)
    assert not any(v is raw for name in ("d1", "d2", "d3") for v in gan.game.player(name).variables)
    before = float(raw.value)
    logs = gan.train_on_batch(POINTS)
    assert float(raw.value) != before and logs["g_sharpness"] < 0


def test_d2gan_at_its_optimum():
    """With p = q, D1 = alpha and D2 = beta: equation 1 is alpha log alpha - alpha + beta log beta - beta."""
    alpha, beta = 0.2, 0.1
    first, second = FavoursData(alpha), FavoursSamples(beta)
    at = [tf.fill((4, 1), np.float32(loss.boundary)) for loss in (first, second)]
    value = -sum(float(loss.discriminator(logit, logit)) for loss, logit in zip((first, second), at, strict=True))
    assert value == pytest.approx(alpha * np.log(alpha) - alpha + beta * np.log(beta) - beta, rel=1e-4)
    for loss, logit in zip((first, second), at, strict=True):  # and each discriminator stands still there
        with tf.GradientTape() as tape:
            tape.watch(logit)
            said = loss.discriminator(logit, logit)
        np.testing.assert_allclose(tape.gradient(said, logit), 0.0, atol=1e-6)


def test_d2gan_is_a_game_of_zero_sum_in_its_fakes():
    logits = tf.constant(np.random.default_rng(0).normal(size=(6, 1)) * 3, "float32")
    for loss in (FavoursData(0.3), FavoursSamples(0.7)):
        np.testing.assert_allclose(loss.generator_term(logits), -loss.fake_term(logits), rtol=1e-6)
    x = np.array([-200.0, -30.0, -15.5, -14.5, -3.0, 0.0, 8.0])
    expected = np.where(x < -30, x, np.log(np.log1p(np.exp(np.maximum(x, -30)))))
    np.testing.assert_allclose(log_softplus(tf.constant(x, "float32")), expected, rtol=1e-4)


def test_what_cannot_be_is_told_in_one_line():
    generator, judge = mlp_generator((2,), 2, width=4), mlp_discriminator((2,), width=4)
    for judges in ([judge], [judge, judge]):
        with pytest.raises(InputError, match="discriminators: wanted two or more, each another"):
            kgan.MultiDiscriminatorGAN(generator, judges, latent_dim=2)
    with pytest.raises(InputError, match=r"discriminators\[1\]: .* is given samples \(2,\), but it takes"):
        kgan.MultiDiscriminatorGAN(generator, [judge, mlp_discriminator((3,), width=4)], latent_dim=2)
    with pytest.raises(InputError, match="batch_size: 10 cannot be shared out evenly among 3 discriminators"):
        several(own_batches=True).train_on_batch(POINTS[:10])
    with pytest.raises(InputError, match=r"loss: wanted one for each of \['d1', 'd2', 'd3'\], got \['d'\]"):
        several(loss={"d": "hinge"})
    with pytest.raises(InputError, match="loss: D2GAN has its own, wanted alpha and beta"):
        kgan.D2GAN.for_data((2,), width=4).compile(loss="hinge")
