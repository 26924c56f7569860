"""PacGAN: what is in a pack, what the discriminator and the penalties see of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.models.packed import packs_of_one_label
from kgan.networks import mlp_discriminator, mlp_generator

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (6, 4, 4, 2)).astype("float32")


@pytest.fixture(scope="module")
def packed():
    keras.utils.set_random_seed(0)
    generator = mlp_generator((4, 4, 2), 3, width=4, depth=1)
    gan = kgan.PackedGAN(generator, mlp_discriminator((4, 4, 6), width=5, depth=1), latent_dim=3, pack=3)
    gan.compile(ema_decay=None, penalties=["gradient_penalty(weight=2)"], augment="translation", d_optimizer="sgd")
    return gan


def test_packs_are_samples_side_by_side(packed):
    packs = packed.together(tf.constant(IMAGES))
    np.testing.assert_array_equal(packs, np.stack([np.concatenate(IMAGES[i : i + 3], -1) for i in (0, 3)]))
    np.testing.assert_array_equal(packed.apart(packs), IMAGES)
    points = tf.constant(IMAGES[:, 0, 0])
    np.testing.assert_array_equal(packed.together(points), np.reshape(points, (2, 6)))
    np.testing.assert_array_equal(packed.apart(packed.together(points)), points)


def test_the_discriminator_sees_packs_of_samples_that_were_augmented_one_by_one(packed):
    play = packed.play(packed.round(IMAGES).drawn(0))
    assert play.real.shape == play.fake.shape == (2, 4, 4, 6) and play.real_logits.shape == (2, 1)
    np.testing.assert_array_equal(play.real, packed.together(tf.constant(IMAGES)))
    np.testing.assert_array_equal(play.generate(play.latents), play.fake)
    seen = packed.apart(play.view(play.real))  # moved by whole pixels, each sample by its own
    moves = [shift(before, after) for before, after in zip(IMAGES, seen.numpy(), strict=True)]
    assert len(set(moves)) > 1
    np.testing.assert_array_equal(packed.discriminator(play.view(play.real)), play.real_logits)


def shift(before, after):
    """By how many rows and columns a picture was moved, zeros coming in."""
    for rows in (-1, 0, 1):
        for columns in (-1, 0, 1):
            moved = np.roll(np.pad(before, ((1, 1), (1, 1), (0, 0))), (rows, columns), (0, 1))[1:-1, 1:-1]
            if np.array_equal(moved, after):
                return rows, columns
    raise AssertionError("this is no translation")


def test_a_gradient_penalty_has_one_alpha_and_one_norm_a_pack(packed):
    play = packed.play(packed.round(IMAGES).drawn(0))
    seed = tf.constant([3, 4])
    linear = tf.constant(RNG.normal(size=(4 * 4 * 6, 1)), "float32")
    seen = []

    def critic(packs):  # ||grad|| = |linear| (1 + x . linear), which shows where the gradient is taken
        seen.append(packs)
        flat = tf.reshape(packs, (2, -1)) @ linear
        return flat + 0.5 * flat**2

    value = kgan.penalties.GradientPenalty(2.0)(critic, play.real, play.fake, seed)
    alpha = kgan.random.uniform([2, 1, 1, 1], seed).numpy()
    between = alpha * play.real.numpy() + (1 - alpha) * play.fake.numpy()
    np.testing.assert_allclose(seen[0], between, rtol=1e-6)
    w = linear.numpy().astype("float64")
    norms = np.linalg.norm(w) * np.abs(1 + between.reshape(2, -1) @ w)
    np.testing.assert_allclose(value, 2.0 * ((norms - 1) ** 2).mean(), rtol=1e-4)


def test_packs_of_one_label():
    rng = np.random.default_rng(1)
    for pack, classes, size in [(2, 3, 12), (3, 2, 12), (4, 5, 40), (2, 9, 10)]:
        labels = rng.integers(0, classes, size).astype("int32")
        places = packs_of_one_label(tf.constant(labels), pack).numpy()
        rows = places.reshape(-1, pack)
        assert places.shape == (size,)
        assert all(len(set(row)) == pack for row in rows)  # no sample twice in a pack
        assert all(len(set(labels[row])) == 1 for row in rows)
        whole = sum(count // pack for count in np.bincount(labels))
        assert len({tuple(row) for row in rows}) == whole  # all the packs that there are


def test_labels_of_packs_go_to_both_networks():
    generator = mlp_generator((2,), 2, width=4, depth=1, num_classes=3)
    judge = mlp_discriminator((4,), width=4, depth=1, num_classes=3, condition="classes")
    gan = kgan.PackedGAN(generator, judge, latent_dim=2, num_classes=3)
    gan.compile(ema_decay=None, loss="hinge")
    labels = np.array([2, 0, 1, 2, 0, 0, 1, 0], "int32")
    points = np.stack([labels, np.arange(8)], 1).astype("float32")
    play = gan.play(gan.round((points, labels)).drawn(0))
    np.testing.assert_array_equal(play.given, [0, 0, 1, 2])
    np.testing.assert_array_equal(play.real.numpy()[:, [0, 2]], np.repeat(play.given[:, None], 2, 1))
    assert play.on_reals["classes"].shape == (4, 3)
    assert gan.train_on_batch((points, labels))["classification"] > 0
    assert gan.sample(4, labels=[0, 1]).shape == (4, 2)
    with pytest.raises(InputError, match="batch_size: no 2 of the 2 samples of a batch have one label for a pack"):
        gan.train_on_batch((points[:2], labels[:2]))


def test_a_batch_that_packs_do_not_divide_is_refused_and_held_out_data_are_not(packed):
    with pytest.raises(InputError, match="batch_size: 4 samples cannot be made into packs of 3"):
        packed.train_on_batch(IMAGES[:4])
    # Seven held-out samples in batches of six: the last is a pack of one sample.
    logs = packed.evaluate(np.concatenate([IMAGES, IMAGES[:1]]), batch_size=6)
    assert np.isfinite(list(logs.values())).all()
