"""Progressive growing: nothing jumps where a level fades in, nothing is lost in mid-fade, everybody begins anew."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.callbacks import Checkpoint, CollapseAlarm
from kgan.checks import InputError
from kgan.networks import progressive_discriminator, progressive_generator
from kgan.runs import Run

SHAPE = (16, 16, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (128, *SHAPE)).astype("float32")


def made(**settings):
    keras.utils.set_random_seed(0)
    gan = kgan.ProgressiveGAN(progressive_generator(SHAPE, 4, 4), progressive_discriminator(SHAPE, 4), latent_dim=4)
    gan.compile(**{"stage_rounds": 2, "fade_rounds": 2, "batch_multiples": (2, 1, 1), **settings})
    return gan


def fit(gan, epochs, *callbacks):
    gan.fit(IMAGES, batch_size=4, steps_per_epoch=3, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return gan


def state(gan):
    return [np.array(v) for v in gan.state]


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A run to its end, with a checkpoint in mid-fade: round 3 of 0-1 at 4, 2-3 fade, 4-5 at 8, 6-7 fade, 8 at 16."""
    folder = tmp_path_factory.mktemp("run")
    fit(made(), 1, Checkpoint(folder))
    return fit(made(), 3), folder


@pytest.mark.slow
def test_one_fit_reaches_every_level_and_a_run_killed_in_mid_fade_ends_in_the_same_bits(grown):
    whole, folder = grown
    assert whole.generator.level == 2 and int(whole.step.numpy()) == 9
    assert int(whole.batches.numpy()) == 2 * 2 + 7  # two of the data's batches in each round of the first level
    stopped = Run(folder).sampler()
    assert stopped.sample_shape == (8, 8, 1) and 0.0 < float(stopped.network.fade.numpy()) < 1.0
    resumed = fit(made(), 3, Checkpoint(folder))
    assert all(np.array_equal(a, b) for a, b in zip(state(whole), state(resumed), strict=True))
    assert whole.sample(2).shape == (2, *SHAPE) == (2, *whole.sampler().sample_shape)


def test_outputs_are_continuous_through_each_fade(grown):
    gan, _ = grown
    latents, rng = np.random.default_rng(1).normal(size=(4, 4)).astype("float32"), np.random.default_rng(2)
    repeated = lambda x: x.repeat(2, 1).repeat(2, 2)  # noqa: E731
    networks = [copy.deepcopy(network) for network in (gan.generator, gan.discriminator)]
    before = {}
    for level, (height, width) in enumerate(gan.sizes):
        small = rng.uniform(-1, 1, (4, max(height // 2, 4), max(width // 2, 4), 1)).astype("float32")
        outputs = []
        for fade in (0.0, 1e-4, 0.5, 1.0 - 1e-4, 1.0):
            for network in networks:
                network.level = level
                network.fade.assign(fade)
            shown = repeated(small) if level else small
            outputs.append([networks[0](latents).numpy(), networks[1](shown).numpy()])
        assert outputs[0][0].shape == (4, height, width, 1)
        if level:
            np.testing.assert_array_equal(outputs[0][0], repeated(before["images"]))
            for network in networks:
                network.level = level - 1
            np.testing.assert_allclose(outputs[0][1], networks[1](small).numpy(), rtol=1e-5, atol=1e-6)
            for at in (0, 3):  # and no jump at either end
                for a, b in zip(outputs[at], outputs[at + 1], strict=True):
                    assert 0.0 < np.abs(a - b).max() < 1e-2
            assert np.abs(outputs[0][0] - outputs[2][0]).max() > 1e-2  # though the fade does something
        before = {"images": outputs[-1][0]}


def test_reals_are_reduced_and_fade_as_the_generator_does():
    gan = made()
    gan.step.assign(7)  # half of the last fade
    gan.adapt()
    real = gan.round(IMAGES[:4]).real
    means = IMAGES[:4].reshape(4, 8, 2, 8, 2, 1).mean((2, 4))
    np.testing.assert_allclose(real, 0.5 * means.repeat(2, 1).repeat(2, 2) + 0.5 * IMAGES[:4], atol=1e-6)
    gan.step.assign(0)
    gan.adapt()
    np.testing.assert_allclose(gan.round(IMAGES[:4]).real, means.reshape(4, 4, 2, 4, 2, 1).mean((2, 4)), atol=1e-6)


def test_optimizers_begin_anew_with_each_level_and_only_then():
    gan = made(ema_decay=0.999)
    optimizer = gan.optimizers["g"]
    for variable in optimizer.variables:
        variable.assign(tf.ones_like(variable.value))
    rate = float(optimizer.learning_rate.numpy())
    for step, begins in ((0, False), (1, False), (3, False), (2, True)):
        gan.step.assign(step)
        gan.adapt()
        left = [v for v in optimizer.variables if v is not optimizer.learning_rate]
        assert all((np.array(v) == (0 if begins else 1)).all() for v in left), step
    assert float(optimizer.learning_rate.numpy()) == rate


def test_the_average_all_but_copies_layers_that_have_just_woken():
    gan = made(ema_decay=0.999, stage_rounds=1000, fade_rounds=1000)
    gan.step.assign(1000)
    average, source = gan.average, gan.generator
    before = [np.array(v) for v in average.network.variables]
    for v in source.trainable_variables:
        v.assign(v.value + 1.0)
    average.update(gan.step)  # by 1 - (1 + t) / (10 + t), t from 1
    wakes = source.wakes()
    for mean, old, value in zip(average.network.variables, before, source.variables, strict=True):
        if id(value) in wakes:
            moved = np.mean(np.array(mean) - old)
            wanted = {0: 9.0 / 1011.0, 1: 9.0 / 11.0, 2: 9.0 / 11.0}[wakes[id(value)]]
            np.testing.assert_allclose(moved, wanted, rtol=1e-3)


def test_what_the_alarm_compiles_follows_the_level(tmp_path):
    gan = made(batch_multiples=None)
    alarm = CollapseAlarm(tmp_path, IMAGES, every=2, warmup=100)
    fit(gan, 1, alarm)
    assert len(alarm.history) == 1 and np.isfinite(alarm.history[0]["separation"])
    assert [key[0] for key in alarm._graphs] == [1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: progressive_generator((28, 28, 1), stages=4), r"stages: 28 x 28 allows 2 to 3 \(7 x 7, 14 x 14"),
        (lambda: progressive_generator((9, 9, 1)), "image_shape: 9 x 9 cannot be halved"),
        (lambda: made(stage_rounds=3, steps_per_execution=2), "steps_per_execution: 2 does not divide stage_rounds, 3"),
        (lambda: made(batch_multiples=(2, 1)), r"batch_multiples: wanted one for each of 3 levels, got \[2, 1\]"),
        (lambda: made(fade_rounds=0), "fade_rounds: wanted a whole number from 1 on, got 0"),
        (
            lambda: kgan.ProgressiveGAN(progressive_generator(SHAPE), progressive_discriminator((8, 8, 1)), 128),
            "discriminator: wanted one of kgan.networks.progressive_",
        ),
        (
            lambda: kgan.ProgressiveGAN(kgan.networks.mlp_generator(SHAPE, 4), progressive_discriminator(SHAPE), 4),
            "generator: wanted one of kgan.networks.progressive_",
        ),
        (lambda: kgan.ProgressiveGAN.for_data((2,)), r"on images, got samples of \(2,\)"),
        (lambda: fit_small(), r"data: samples have shape \(8, 8, 1\), the discriminator takes \(16, 16, 1\)"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()


def fit_small():
    made().fit(IMAGES[:, :8, :8], batch_size=4, verbose=0)
