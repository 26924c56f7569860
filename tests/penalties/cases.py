"""The table of penalties that run through the contract, and the plays that they are shown."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan import penalties

networks = kgan.networks
SHAPE, LATENT_DIM, BATCH = (8, 8, 1), 3, 4

PENALTIES = [
    "gradient_penalty",
    "gradient_penalty(one_sided=True, target=0.5)",
    "lipschitz",
    "dragan",
    "r1(gamma=2.0)",
    "r2",
    "r1_r2",
    "r1_r2(differences=0.1)",
    "consistency",
    "balanced_consistency(fake_weight=5.0, transform='shift(pixels=2, flip=False)')",
    "latent_consistency(radius=0.5)",
    "lecam",
    "orthogonal(network='both', weight=0.01)",
    "orthogonal(network='both', weight=0.01, diagonal=True)",
    "path_length",
    "drift(weight=0.5)",
    "feature_matching",
    "classification(d_weight=2.0, g_weight=0.1)",
    "information(continuous=0.5)",
]
OWN_JUDGE = ("classification", "information")  # these want one that says more than logits
CLASSES, LABELS = 3, [2, 0, 1, 2]

# (discriminator, generator)
NETWORKS = {
    "mlp": (
        lambda **k: networks.mlp_discriminator(SHAPE, width=8, **k),
        lambda: networks.mlp_generator(SHAPE, LATENT_DIM, width=8),
    ),
    "dcgan": (
        lambda **k: networks.dcgan_discriminator(SHAPE, width=4, **k),
        lambda: networks.dcgan_generator(SHAPE, LATENT_DIM, width=4, normalization=None),
    ),
    "dcgan, spectral": (
        lambda **k: networks.dcgan_discriminator(SHAPE, width=4, normalization="spectral", **k),
        lambda: networks.dcgan_generator(SHAPE, LATENT_DIM, width=4, normalization="spectral"),
    ),
    "sngan": (
        lambda **k: networks.sngan_discriminator(SHAPE, width=4, **k),
        lambda: networks.mlp_generator(SHAPE, LATENT_DIM, width=8),
    ),
}


def settings_for(name):
    """Of the discriminator, for the penalty called `name`."""
    return {"num_classes": CLASSES, "condition": "classes"} if name.startswith("classification") else {}


def guessing(judge):
    """A judge that also says what the latents were, from what its last layer sees."""
    guess = keras.layers.Dense(LATENT_DIM)(judge.layers[-1].input)
    return keras.Model(judge.inputs, {"logits": judge.output, "latents": guess})


def play(kind="mlp", training=False, step=2000, spread=0.3, name=""):
    """A play in the default float type, with weights large enough for every penalty to have something to say.

    For the penalty called `name`: most look at a judge that gives logits alone.
    """
    keras.utils.set_random_seed(0)
    make_discriminator, make_generator = NETWORKS[kind]
    judge = make_discriminator(**settings_for(name))
    judge = guessing(judge) if name.startswith("information") else judge
    return played(judge, make_generator(), training, step, spread)


def played(discriminator, generator, training=False, step=2000, spread=0.3):
    """A play of these networks; their weights are moved at random."""
    rng = np.random.default_rng(0)
    for v in discriminator.trainable_variables + generator.trainable_variables:
        v.assign(v.numpy() + rng.normal(size=v.shape) * spread)
    floatx = keras.config.floatx()
    latents = tf.constant(rng.normal(size=(BATCH, LATENT_DIM)), floatx)

    def judge(x):
        return tf.nest.map_structure(lambda y: tf.cast(y, floatx), discriminator(x, training=training))

    def generate(z):
        return tf.cast(generator(z, training=training), floatx)

    return penalties.Play(
        generator=generator,
        discriminator=discriminator,
        judge=judge,
        generate=generate,
        latents=latents,
        real=tf.constant(rng.uniform(-1, 1, (BATCH, *SHAPE)), floatx),
        fake=generate(latents),
        given=tf.constant(LABELS),
        prior={"latents": kgan.priors.Normal(LATENT_DIM)},
        step=step,
        seed=kgan.random.key(3),
        training=training,
    )


def made(name):
    """The penalty called `name`, its state away from where it starts."""
    return filled(penalties.get(name))


def filled(penalty):
    for number, v in enumerate(getattr(penalty, "variables", ())):
        v.assign(0.3 * (number + 1))
    return penalty


def term(penalty, player, play):
    """That player's term in an evaluation of its own; the generator's with fakes made anew."""
    if player == "d":
        return penalty.discriminator_term(dataclasses.replace(play))
    fresh = dataclasses.replace(play, fake=play.generate(play.latents))
    return penalty.generator_term(fresh)


def variables(player, play):
    return (play.discriminator if player == "d" else play.generator).trainable_variables


def value_and_gradients(penalty, player, play):
    values = [v.value for v in variables(player, play)]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        result = term(penalty, player, play)
    return result, tape.gradient(result, values, unconnected_gradients="zero")
