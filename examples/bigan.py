"""A bidirectional GAN (Donahue et al. 2017): an encoder beside the generator, against a judge of pairs.

The discriminator sees (x, E(x)) of the data and (G(z), z). Encoder and generator both want it to err, and are then
each other's inverse; docs/own_game.md builds this game step by step.

python examples/bigan.py
"""

import keras
import tensorflow as tf
from absl import app, flags

import kgan
from kgan.feed import trial

FLAGS = flags.FLAGS
flags.DEFINE_integer("epochs", 20, "How long to train.")
flags.DEFINE_integer("steps_per_epoch", 300, "Rounds in an epoch.")
flags.DEFINE_integer("width", 64, "Of the networks.")


class BiGAN(kgan.GAN):
    """A `GAN` whose discriminator takes ("samples", "latents"), with an encoder from samples to latents."""

    def __init__(self, generator, encoder, discriminator, latent_dim, **kwargs):
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        self.encoder = encoder

    def check_networks(self):
        latents = tf.zeros((2, self.prior["latents"].shape[0]))
        samples = self.generator(latents)
        trial("discriminator", self.discriminator, {"samples": samples, "latents": latents})
        self.sample_shape = tuple(samples.shape[1:])
        self.examples = {"g": {"latents": latents}, "e": {"samples": samples}}

    def networks(self):
        return super().networks() | {"e": ("g", self.encoder)}  # of the generator's team

    def meet(self, round):
        return self.meeting(
            round,
            source="g",
            judge="d",
            generate=lambda z: {"samples": self.generate(z, round), "latents": z},
            score=lambda pair, given: self.network("d", pair, round),
            latents=self.latents(round),
            real={"samples": round.real, "latents": self.network("e", round.real, round)},
        )

    def team_terms(self, role, round):
        if role == "d":
            return {}
        return {"encoder": tf.reduce_mean(tf.nn.softplus(self.play(round).real_logits))}


def main(argv):
    keras.utils.set_random_seed(0)
    mlp, width = kgan.networks.mlp_generator, FLAGS.width
    pair = keras.Input((2,), name="samples"), keras.Input((2,), name="latents")
    judge = kgan.networks.mlp_discriminator((4,), width=width)
    critic = keras.Model(pair, judge(keras.layers.Concatenate()(pair)))
    gan = BiGAN(mlp((2,), 2, width), mlp((2,), 2, width), critic, latent_dim=2)
    gan.compile(ema_decay=0.99)
    ring = kgan.data.load("ring", batch_size=128)
    gan.fit(ring, epochs=FLAGS.epochs, steps_per_epoch=FLAGS.steps_per_epoch, verbose=0)
    points = next(iter(ring))
    again = gan.trained("g")(gan.trained("e")(points))
    print(f"|G(E(x)) - x|: {float(tf.reduce_mean(tf.abs(again - points))):.3f}")


if __name__ == "__main__":
    app.run(main)
