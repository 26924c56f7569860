"""The table of games that run through the contract, with data that each can play on: all as small as they may be."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan import networks
from kgan.updates import UPDATES

SHAPE, CLASSES = (8, 8, 1), 3


@dataclasses.dataclass(frozen=True)
class Case:
    """A game: how it is made and compiled, a structure of arrays to train on, and what a sample is asked with.

    `rules`: those that the contract plays it by. A game that declares its encounters as others do needs few.
    """

    make: Callable[[], Any]
    data: Any
    given: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    step: int = 0  # a round in which all of its networks' layers play
    rules: tuple = tuple(UPDATES)


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


def translator():
    """Pictures to pictures by one layer: the papers' networks have tests of their own, and take long.

    Nor does anything here divide by a spread that is nearly 0, as instance normalisation of so narrow a network does:
    rounding errors stay such.
    """
    pictures = keras.Input(SHAPE, name="images")
    x = keras.layers.Dense(64, activation="tanh")(keras.layers.Flatten()(pictures))
    return keras.Model(pictures, keras.layers.Reshape(SHAPE)(x))


def cyclegan():
    judges = [networks.mlp_discriminator(SHAPE, width=6, depth=1) for _ in "ab"]
    return kgan.CycleGAN(translator(), translator(), *judges, image_shape=SHAPE, pool=6)


def pix2pix(generator=None):
    judge = networks.patch_discriminator(SHAPE, SHAPE, width=2, depth=1, normalization=None)
    return kgan.Pix2Pix(generator or translator(), judge, SHAPE)


def noisy_pix2pix():
    """The paper's, whose noise is dropout: what a network draws is drawn anew wherever it is exported to."""
    return pix2pix(networks.unet_generator(SHAPE, channels=1, width=2, depth=2))


def progressive():
    both = networks.progressive_generator(SHAPE, 4, width=4), networks.progressive_discriminator(SHAPE, width=4)
    return kgan.ProgressiveGAN(*both, latent_dim=4)


def judge(channels: int = 1, **settings):
    return networks.mlp_discriminator((8, 8, channels), width=6, depth=1, **settings)


def several():
    """Discriminators of other architectures: an MLP, and one that sees a random projection."""
    view = [keras.Input(SHAPE), kgan.layers.RandomProjection(2, 3, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
    generator = networks.mlp_generator(SHAPE, 4, width=6, depth=1)
    return kgan.MultiDiscriminatorGAN(generator, [judge(normalization="spectral"), keras.Sequential(view)], 4)


def d2gan():
    return kgan.D2GAN(networks.mlp_generator(SHAPE, 4, width=6, depth=1), [judge(), judge()], 4)


def packed():
    generator = networks.mlp_generator(SHAPE, 4, width=6, depth=1, num_classes=CLASSES)
    return kgan.PackedGAN(generator, judge(2, num_classes=CLASSES), 4, pack=2, num_classes=CLASSES)


def mixgan():
    makers = [networks.mlp_generator(SHAPE, 4, width=6, depth=1) for _ in range(2)]
    return kgan.MixGAN(makers, [judge(), judge(normalization="spectral")], 4)


def chekhov():
    return kgan.ChekhovGAN(
        networks.mlp_generator(SHAPE, 4, width=6, depth=1), judge(normalization="spectral"), 4, past=2
    )


HEARING = {"hear": "learnt_softmax", "dropout": 0.4, "own_batches": True}


def stylegan2():
    generator = networks.stylegan2_generator(SHAPE, 4, width=4, mapping_layers=1)
    return kgan.StyleGAN2ADA(generator, networks.stylegan2_discriminator(SHAPE, width=4), latent_dim=4)


TWO, ASKED = {"a": images(), "b": images(1)}, {"images": images(2, 3)}
GAMES = {
    "gan": Case(gan, images(), settings={"penalties": ["r1(gamma=1)"], "augment": "apa(p=0.5)"}),
    "two_parts": Case(two_parts, images()),
    "projection": Case(conditional("projection"), (images(), LABELS), {"labels": [0, 1, 2]}),
    "concatenation": Case(conditional("concatenation"), (images(), LABELS), {"labels": [2, 0]}),
    "ac_gan": Case(conditional("classes"), (images(), LABELS), {"labels": 1}),
    "cyclegan": Case(cyclegan, TWO, ASKED),
    "pix2pix": Case(pix2pix, TWO, ASKED),
    "progressive": Case(progressive, images(), settings={"stage_rounds": 1, "fade_rounds": 6}, step=3),
    "several": Case(several, images(), settings=HEARING, rules=("alternating", "consensus")),
    "d2gan": Case(d2gan, images(), rules=("alternating",)),
    "packed": Case(
        packed,
        (images(), np.repeat(np.arange(4) % CLASSES, 4).astype("int32")),
        {"labels": [0, 1, 2]},
        {"penalties": ["gradient_penalty"], "augment": "translation"},
        rules=("alternating", "extragradient"),
    ),
    "mixgan": Case(mixgan, images(), rules=("alternating", "simultaneous")),
    "chekhov": Case(chekhov, images(), settings={"interval": 1, "growth": 2}, rules=("alternating",)),
    "stylegan2": Case(
        stylegan2, images(), {"truncation": 0.7}, {"augment": None}, rules=("alternating", "extragradient", "consensus")
    ),
}
NOISY = {"noisy_pix2pix": Case(noisy_pix2pix, TWO, ASKED)}


def made(case: Case, **settings: Any):
    keras.utils.set_random_seed(0)
    model = case.make()
    model.compile(**{"ema_decay": 0.9, **case.settings, **settings})
    return model


def dataset(case: Case, batch_size: int = 4) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(case.data).batch(batch_size, drop_remainder=True)
