"""ESRGAN (Wang et al. 2018), as TF-GAN shows it: pictures of twice the size.

Lines of game code: 146 in TF-GAN's examples/esrgan/train_lib.py and losses.py; 29 here. The features are VGG19's there,
a small network's here, so that nothing is downloaded.

python examples/ports/esrgan.py
"""

import keras
import tensorflow as tf
from keras import layers

import kgan

SMALL = (4, 4, 1)


def pairs():
    """(small, large)."""
    digits = kgan.data.load("digits", resolution=8, batch_size=16)
    return digits.map(lambda images: (tf.nn.avg_pool2d(images, 2, 2, "VALID"), images))


def generator(width=8):
    x = images = keras.Input(SMALL, name="images")
    x = body = layers.Conv2D(width, 3, padding="same")(x)
    x = layers.Conv2D(width, 3, padding="same", activation="leaky_relu")(x)
    x = layers.Add()([body, layers.Rescaling(0.2)(layers.Conv2D(width, 3, padding="same")(x))])
    x = layers.UpSampling2D()(x)
    return keras.Model(images, layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


def discriminator(width=8):
    return kgan.networks.dcgan_discriminator((8, 8, 1), width=width)


def features(width=8):
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(width, 3, activation="relu"), layers.Conv2D(width, 3)]
    )


# The game.
class ESRGAN(kgan.Pix2Pix):
    def __init__(self, generator, discriminator, source_shape, features, **kwargs):
        super().__init__(generator, discriminator, source_shape, **kwargs)
        self.features = features

    def hear(self, losses, round):
        return 5e-3 * super().hear(losses, round)

    def team_terms(self, role, round):
        terms = super().team_terms(role, round)
        if role == "g":
            real, fake = self.features(round.real), self.features(self.play(round).fake)
            terms["perceptual"] = tf.reduce_mean(tf.abs(real - fake))
        return terms


def play(**fit):
    made = generator()  # first for its pixels alone
    made.compile(keras.optimizers.Adam(2e-4, beta_2=0.99), "mae")
    made.fit(pairs(), **fit)
    for_pixels = made.get_weights()

    rate = keras.optimizers.schedules.PiecewiseConstantDecay([50_000, 100_000], [1e-4, 5e-5, 2.5e-5])
    gan = ESRGAN(made, discriminator(), SMALL, features())
    gan.compile(
        loss="relativistic_average",
        l1_weight=1e-2,
        d_optimizer=keras.optimizers.Adam(rate, beta_2=0.99),
        g_optimizer=keras.optimizers.Adam(rate, beta_2=0.99),
        ema_decay=None,
    )
    gan.fit(pairs(), **fit)
    made.set_weights([0.2 * a + 0.8 * b for a, b in zip(for_pixels, made.get_weights(), strict=True)])
    return gan


if __name__ == "__main__":
    play(epochs=10)
