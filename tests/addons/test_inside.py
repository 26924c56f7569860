"""tensorflow-addons' layers and image ops inside kgan: what the lint says of them, an augmentation of them."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_addons as tfa

import kgan
from kgan.augment import Augmentation
from kgan.models.lint import check_layers

L = keras.layers
SHAPE = (8, 8, 4)


def judge(layer):
    return keras.Sequential([keras.Input(SHAPE), layer, L.Flatten(), L.Dense(1)])


def spectral():
    return tfa.layers.SpectralNormalization(L.Conv2D(4, 3))


@pytest.mark.parametrize("penalties", [[], [kgan.penalties.R1()]])
def test_the_kernel_overwriting_spectral_norm_is_warned_of_always(penalties):
    with pytest.warns(UserWarning, match=r"overwrites its kernel .* use kgan\.layers\.SpectralNormalization"):
        check_layers("discriminator", judge(spectral()), penalties)


@pytest.mark.parametrize("name", ["InstanceNormalization", "GroupNormalization"])
def test_the_norms_are_warned_of_under_a_penalty_that_differentiates(name):
    network = judge(getattr(tfa.layers, name)(*([2] if name.startswith("Group") else [])))
    with pytest.warns(UserWarning, match=f"wrong second-order gradient.*use kgan.layers.{name}"):
        check_layers("discriminator", network, [kgan.penalties.GradientPenalty()])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        check_layers("discriminator", network)  # without one it is right
        check_layers("discriminator", judge(tfa.layers.AdaptiveAveragePooling2D(2)), [kgan.penalties.R1()])


def test_a_game_says_so_when_it_is_compiled():
    gan = kgan.GAN(kgan.networks.mlp_generator(SHAPE, 3, width=4), judge(spectral()), latent_dim=3)
    with pytest.warns(UserWarning, match="discriminator: layer 'spectral_normalization.*kgan.layers"):
        gan.compile()


class Turned(Augmentation):
    """Of tensorflow-addons' ops: turned by up to a quarter, then moved by up to a pixel, as a draw by the seed says."""

    def __call__(self, images, seed):
        u = kgan.random.uniform((tf.shape(images)[0], 3), seed)
        turned = tfa.image.rotate(images, (u[:, 0] - 0.5) * np.pi / 2, interpolation="bilinear")
        return tfa.image.translate(turned, 2.0 * u[:, 1:] - 1.0, interpolation="bilinear")


def test_an_augmentation_of_its_image_ops_is_played_under_a_gradient_penalty():
    """Which differentiates at the image before it is augmented: through the ops, and once more by D's weights."""
    x = tf.constant(np.random.default_rng(0).normal(size=(4, *SHAPE)).astype("float32"))
    weight = tf.constant(np.random.default_rng(1).normal(size=(4, *SHAPE)).astype("float32"))

    def value(scale):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(weight * tf.tanh(scale * Turned()(x, (1, 2))))
        return tf.reduce_sum(tape.gradient(loss, x) ** 2)

    scale, step = tf.constant(0.5), 1e-2
    with tf.GradientTape() as tape:
        tape.watch(scale)
        penalty = value(scale)
    exact = (value(scale + step) - value(scale - step)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(penalty, scale), exact, rtol=1e-3)

    gan = kgan.GAN(kgan.networks.mlp_generator(SHAPE, 3, width=4), judge(L.Conv2D(2, 3)), latent_dim=3)
    gan.compile(augment=Turned(), penalties=[kgan.penalties.R1()])
    before = [v.numpy() for v in gan.generator.trainable_variables]
    gan.fit(np.tanh(x), batch_size=2, verbose=0)
    assert all(not np.array_equal(a, b) for a, b in zip(before, gan.generator.trainable_variables, strict=True))
