"""DCGAN (Radford et al. 2016), as keras.io and TensorFlow show it.

Lines of game code: 44 in keras.io's examples/generative/dcgan_overriding_train_step.py, 28 in TensorFlow's
tutorials/generative/dcgan.ipynb; 9 here. The labels with noise are keras.io's, whose reals are up to 0.05 off.

python examples/ports/dcgan.py
"""

import keras
from keras import layers

import kgan

LATENT_DIM = 16


def digits():
    return kgan.data.load("digits", resolution=8, batch_size=32)


def generator(width=8):
    return keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(2 * 2 * width),
            layers.LeakyReLU(0.2),
            layers.Reshape((2, 2, width)),
            layers.Conv2DTranspose(width, 4, 2, "same"),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(width, 4, 2, "same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ]
    )


def discriminator(width=8):
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(width, 3, 2, "same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(2 * width, 3, 2, "same"),
            layers.LeakyReLU(0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )


# The game.
def play(**fit):
    gan = kgan.GAN(generator(), discriminator(), latent_dim=LATENT_DIM)
    gan.compile(
        loss="noisy_labels(real=(0.95, 1.0), fake=(0.0, 0.0))",
        d_optimizer=keras.optimizers.Adam(3e-4),
        g_optimizer=keras.optimizers.Adam(3e-4),
    )
    gan.fit(digits(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20)
