"""Super-resolution with an adversarial term, as SRGAN (Ledig et al. 2017), on the digits: from 4 x 4 to 16 x 16.

The generator is told a small picture and makes a large one; the discriminator says whether that looks like one of the
data. Beside it stands the distance to the true picture, in pixels here (SRGAN's is in the features of a network).

python examples/super_resolution.py
"""

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags

import kgan
from kgan.layers import BlurUpsampling2D

FLAGS = flags.FLAGS
flags.DEFINE_integer("epochs", 20, "How long to train.")
flags.DEFINE_integer("width", 32, "Of the networks.")
flags.DEFINE_float("adversarial_weight", 0.01, "Of the adversarial term, beside the distance.")
LARGE, SMALL = (16, 16, 1), (4, 4, 1)


def reduced(images):
    return tf.reduce_mean(tf.reshape(images, (-1, SMALL[0], 4, SMALL[1], 4, 1)), (2, 4))


def enlarger(width):
    """The small picture, enlarged smoothly, plus what two convolutions at each size add to it."""
    x = plain = small = keras.Input(SMALL, name="images")
    for _ in range(2):
        for _ in range(2):
            x = keras.layers.Conv2D(width, 3, padding="same", activation="leaky_relu")(x)
        x, plain = BlurUpsampling2D()(x), BlurUpsampling2D()(plain)
    return keras.Model(small, keras.layers.Add()([plain, keras.layers.Conv2D(1, 3, padding="same")(x)]))


class SuperResolution(kgan.GAN):
    """Batches are large pictures; the small ones are made of them."""

    judge_is_told = False  # the discriminator sees large pictures alone
    conditions = {"images": kgan.priors.Pictures(SMALL)}

    def __init__(self, generator, discriminator, **kwargs):
        super().__init__(generator, discriminator, prior={}, **kwargs)

    def told(self, condition):
        return {"images": condition}

    def split(self, batch):
        large, _ = super().split(batch)
        return large, reduced(large)

    def hear(self, losses, round):
        return FLAGS.adversarial_weight * super().hear(losses, round)

    def team_terms(self, role, round):
        return {"distance": tf.reduce_mean(tf.abs(self.play(round).fake - round.real))} if role == "g" else {}


def main(argv):
    keras.utils.set_random_seed(0)
    gan = SuperResolution(enlarger(FLAGS.width), kgan.networks.dcgan_discriminator(LARGE, FLAGS.width))
    gan.compile(penalties=["r1(gamma=1)"])
    digits = np.concatenate(list(kgan.data.load("digits", resolution=16, batch_size=64)))
    large = digits[:128]  # which it does not learn from
    gan.fit(digits[128:], batch_size=64, epochs=FLAGS.epochs, verbose=0)
    plain = BlurUpsampling2D()(BlurUpsampling2D()(reduced(large)))
    ours = gan.sample(len(large), images=reduced(large).numpy())
    errors = [float(np.mean(np.abs(np.asarray(images) - large))) for images in (plain, ours)]
    print("mean distance: {:.3f} enlarged smoothly, {:.3f} by the generator".format(*errors))


if __name__ == "__main__":
    app.run(main)
