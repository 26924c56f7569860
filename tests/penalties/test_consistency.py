"""Consistency: the transform, and each term against NumPy on a critic that can be written down."""

import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import augment, penalties
from kgan.checks import InputError
from kgan.schedules import Linear

SEED = kgan.random.key(1)


def test_shift_moves_each_image_by_whole_pixels_and_mirrors_half_of_them():
    """Every image that comes out is one of the (2 pixels + 1)^2 * 2 that NumPy makes, each about as often."""
    pixels, size, batch = 2, (5, 6), 3000
    image = np.random.default_rng(0).normal(size=(*size, 2)).astype("float32")
    padded = np.pad(image, ((pixels, pixels), (pixels, pixels), (0, 0)), mode="reflect")
    possible = {}
    for i in range(2 * pixels + 1):
        for j in range(2 * pixels + 1):
            shifted = padded[i : i + size[0], j : j + size[1]]
            possible[shifted.tobytes()] = possible[shifted[:, ::-1].copy().tobytes()] = 0
    assert len(possible) == 50
    moved = penalties.Shift(pixels)(tf.repeat(tf.constant(image)[None], batch, 0), SEED)
    assert moved.shape == (batch, *size, 2) and moved.dtype == "float32"
    for one in moved.numpy():
        possible[one.tobytes()] += 1
    assert min(possible.values()) > 30 and max(possible.values()) < 90  # 60 each; 4 standard deviations


def test_shift_without_flip_or_pixels():
    images = tf.random.stateless_normal((50, 4, 4, 1), (0, 0))
    np.testing.assert_array_equal(penalties.Shift(0, flip=False)(images, SEED), images)
    columns = tf.reshape(tf.range(6.0), (1, 1, 6, 1)) * tf.ones((50, 3, 1, 1))
    interior = penalties.Shift(1, flip=False)(columns, SEED).numpy()[:, :, 1:-1]
    assert (np.diff(interior, axis=2) == 1.0).all()  # never mirrored


@pytest.mark.parametrize("samples", [tf.zeros((2, 3)), tf.zeros((2, 4, 8, 1))])
def test_shift_wants_images_that_are_longer(samples):
    with pytest.raises(InputError, match=r"transform: .*pixels=4.* wants images longer than that"):
        penalties.Consistency()(lambda x: x, samples, samples, SEED)


def judge(x):
    return tf.reduce_sum(x, axis=[1, 2, 3])[:, None]


def add(images, seed):
    """A transform that changes each logit by the sum of what its seed draws."""
    return images + tf.random.stateless_normal((images.shape[0], 1, 1, 1), seed)


def change(seed):
    return float(np.mean(tf.random.stateless_normal((4, 1, 1, 1), seed).numpy() ** 2)) * 9**2  # 9 pixels


def test_consistency_is_of_reals_and_its_balanced_form_of_both():
    real, fake = tf.zeros((4, 3, 3, 1)), tf.ones((4, 3, 3, 1))
    assert float(penalties.Consistency(2.0, add)(judge, real, fake, SEED)) == pytest.approx(2 * change(SEED), rel=1e-5)
    expected = [change(kgan.random.fold_in(SEED, i)) for i in range(2)]  # two draws
    value = penalties.BalancedConsistency(2.0, 3.0, add)(judge, real, fake, SEED)
    assert float(value) == pytest.approx(2 * expected[0] + 3 * expected[1], rel=1e-5)


@pytest.mark.parametrize("name", ["consistency", "balanced_consistency"])
def test_an_augmentation_object_with_its_schedules_at_the_present_round(name):
    x = tf.random.stateless_uniform((4, 8, 8, 1), (0, 0), -1.0, 1.0)
    make = lambda p: penalties.PENALTIES[name](transform=augment.Pipe("brightness", p))  # noqa: E731
    for step, p in ((0, 0.0), (3, 0.75), (9, 1.0)):
        play = penalties.Play(None, None, judge, None, None, x, x, step=tf.constant(step, "int64"), seed=SEED)
        scheduled, constant = (float(make(p).discriminator_term(play)) for p in (Linear(0.0, 1.0, 4), p))
        assert scheduled == pytest.approx(constant, rel=1e-6) and (scheduled > 0.0) == (p > 0.0)
    with pytest.raises(InputError, match=r"transform: unknown name 'pipe'; .*known: shift"):
        penalties.get(f"{name}(transform='pipe')")
    with pytest.raises(InputError, match=r"transform: wanted a function of \(images, seed\), got "):
        penalties.PENALTIES[name](transform=penalties.get(name))


@pytest.mark.parametrize("name", ["consistency", "balanced_consistency"])
def test_a_critic_that_does_not_see_the_change_pays_nothing(name):
    x = tf.random.stateless_normal((4, 8, 8, 1), (0, 0))
    assert float(penalties.get(name)(lambda x: tf.ones((4, 1)), x, x, SEED)) == 0.0
    assert float(penalties.PENALTIES[name](transform=lambda x, seed: x)(judge, x, x, SEED)) == 0.0


def test_latent_consistency_on_linear_players():
    """G(z) = A z, D(x) = b x: the terms are quadratic forms of the noise, whose means are known."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 1))
    z = tf.constant(rng.normal(size=(20000, 2)))
    play = penalties.Play(None, None, lambda x: x @ b, lambda z: z @ a, z, None, None, seed=SEED)
    penalty = penalties.LatentConsistency(d_weight=2.0, g_weight=3.0, radius=0.1)
    assert float(penalty.discriminator_term(play)) == pytest.approx(2 * 0.01 * np.sum((a @ b) ** 2), rel=0.05)
    assert float(penalty.generator_term(play)) == pytest.approx(-3 * 0.01 * np.sum(a**2) / 3, rel=0.05)


def test_latent_consistency_moves_every_part_of_a_prior():
    """G(z, c) = A z + B c: the noise of the two parts is not the same, and adds up."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    parts = {name: tf.constant(rng.normal(size=(20000, 2))) for name in ("z", "c")}
    generate = lambda parts: parts["z"] @ a + parts["c"] @ b  # noqa: E731
    play = penalties.Play(None, None, None, generate, parts, None, None, seed=SEED)
    penalty = penalties.LatentConsistency(g_weight=3.0, radius=0.1)
    assert float(penalty.generator_term(play)) == pytest.approx(-0.01 * np.sum(a**2 + b**2), rel=0.05)
    with pytest.raises(InputError, match="'latent_consistency' is about latents, and this generator is fed none"):
        penalty.generator_term(penalties.Play(None, None, None, generate, {}, None, None, seed=SEED))
