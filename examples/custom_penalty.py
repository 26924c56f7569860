"""A penalty of your own: keep the logits near zero, as in Progressive GAN (Karras et al. 2018, appendix A.1).

A penalty is anything that is called as penalty(discriminator, real, fake, seed) and returns a scalar, which is added
to what the discriminator minimises; `name` is its name in the logs. It combines with those that kgan has.

python examples/custom_penalty.py
"""

import keras
import tensorflow as tf
from absl import app, flags

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_float("weight", 0.001, "Of the drift term.")
flags.DEFINE_integer("epochs", 10, "How long to train.")
flags.DEFINE_integer("steps_per_epoch", 300, "Rounds in an epoch.")


class Drift:
    """weight * E D(x)^2 on reals."""

    name = "drift"

    def __init__(self, weight=0.001):
        self.weight = weight

    def __call__(self, discriminator, real, fake, seed):
        return self.weight * tf.reduce_mean(tf.square(discriminator(real)))


def main(argv):
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        kgan.networks.mlp_generator((2,), latent_dim=2, width=64),
        kgan.networks.mlp_discriminator((2,), width=64),
        latent_dim=2,
    )
    gan.compile(penalties=[kgan.penalties.R1(gamma=1.0), Drift(FLAGS.weight)], ema_decay=0.99)
    ring = kgan.data.load("ring", batch_size=128)
    gan.fit(ring, epochs=FLAGS.epochs, steps_per_epoch=FLAGS.steps_per_epoch, verbose=2)


if __name__ == "__main__":
    app.run(main)
