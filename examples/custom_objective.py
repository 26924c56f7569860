"""An objective of your own: feature matching (Salimans et al. 2016, section 3.1) beside the adversarial loss.

The generator also minimises || E f(x) - E f(G(z)) ||^2, where f is a hidden layer of the discriminator, and logs it.

python examples/custom_objective.py
"""

import keras
import tensorflow as tf
from absl import app, flags

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_float("weight", 1.0, "Of feature matching.")
flags.DEFINE_integer("epochs", 10, "How long to train.")
flags.DEFINE_integer("steps_per_epoch", 300, "Rounds in an epoch.")


class FeatureMatchingGAN(kgan.GAN):
    """A GAN whose generator matches the means of the features before the discriminator's last layer."""

    def __init__(self, generator, discriminator, latent_dim, weight=1.0, **kwargs):
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        self.weight = weight
        self.features = keras.Model(discriminator.inputs, discriminator.layers[-1].input)

    def generator_objective(self, round):
        loss, logs = super().generator_objective(round)
        play = self.play(round)  # the reals and fakes that the adversarial loss has seen
        real_mean, fake_mean = (tf.reduce_mean(self.features(play.view(x)), axis=0) for x in (play.real, play.fake))
        distance = tf.reduce_sum(tf.square(real_mean - fake_mean))
        return loss + self.weight * distance, logs | {"g_feature_distance": distance}


def main(argv):
    keras.utils.set_random_seed(0)
    generator = kgan.networks.mlp_generator((2,), latent_dim=2, width=64)
    discriminator = kgan.networks.mlp_discriminator((2,), width=64)
    gan = FeatureMatchingGAN(generator, discriminator, latent_dim=2, weight=FLAGS.weight)
    gan.compile(penalties=["r1(gamma=1)"], ema_decay=0.99)
    ring = kgan.data.load("ring", batch_size=128)
    gan.fit(ring, epochs=FLAGS.epochs, steps_per_epoch=FLAGS.steps_per_epoch, verbose=2)


if __name__ == "__main__":
    app.run(main)
