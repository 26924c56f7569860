"""The table of games that run through the contract, with data that each can play on."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan import networks

SHAPE, CLASSES = (8, 8, 1), 3


@dataclasses.dataclass(frozen=True)
class Case:
    """A game: how it is made and compiled, a structure of arrays to train on, and what a sample is asked with."""

    make: Callable[[], Any]
    data: Any
    given: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)


def images(seed: int = 0, num: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (num, *SHAPE)).astype("float32")


LABELS = np.random.default_rng(1).integers(0, CLASSES, 16).astype("int32")


def gan():
    generator = networks.mlp_generator(SHAPE, 4, width=6, depth=1)
    return kgan.GAN(generator, networks.mlp_discriminator(SHAPE, width=6, depth=1, normalization="spectral"), 4)


def two_parts():
    """A prior of two parts, which the generator takes by name."""
    latents, code = keras.Input((4,), name="latents"), keras.Input((3,), name="code")
    x = keras.layers.Dense(64, activation="tanh")(keras.layers.Concatenate()([code, latents]))
    generator = keras.Model([code, latents], keras.layers.Reshape(SHAPE)(x))
    prior = {"latents": kgan.priors.Uniform(4), "code": kgan.priors.Categorical(3)}
    return kgan.GAN(generator, networks.mlp_discriminator(SHAPE, width=6, depth=1), prior=prior)


def conditional(condition):
    def make():
        generator = networks.mlp_generator(SHAPE, 4, width=6, depth=1, num_classes=CLASSES)
        settings = {"num_classes": CLASSES, "condition": condition, "normalization": "spectral"}
        discriminator = networks.mlp_discriminator(SHAPE, width=6, depth=1, **settings)
        return kgan.ConditionalGAN(generator, discriminator, CLASSES, latent_dim=4)

    return make


def cyclegan():
    generators = [networks.cyclegan_generator((None, None, 1), width=2, blocks=0) for _ in "ab"]
    judges = [networks.patch_discriminator((None, None, 1), width=2, depth=1) for _ in "ab"]
    return kgan.CycleGAN(*generators, *judges, image_shape=SHAPE, pool=6)


def pix2pix():
    generator = networks.unet_generator(SHAPE, channels=1, width=2, depth=2)
    return kgan.Pix2Pix(generator, networks.patch_discriminator(SHAPE, SHAPE, width=2, depth=1), SHAPE)


GAMES = {
    "gan": Case(gan, images(), settings={"penalties": ["r1(gamma=1)"], "augment": "ada"}),
    "two_parts": Case(two_parts, images()),
    "projection": Case(conditional("projection"), (images(), LABELS), {"labels": [0, 1, 2]}),
    "ac_gan": Case(conditional("classes"), (images(), LABELS), {"labels": 1}),
    "cyclegan": Case(cyclegan, {"a": images(), "b": images(1)}, {"images": images(2, 3)}),
    "pix2pix": Case(pix2pix, {"a": images(), "b": images(1)}, {"images": images(2, 3)}),
}


def made(case: Case, **settings: Any):
    keras.utils.set_random_seed(0)
    model = case.make()
    model.compile(**{"ema_decay": 0.9, **case.settings, **settings})
    return model


def dataset(case: Case, batch_size: int = 4) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(case.data).batch(batch_size, drop_remainder=True)
