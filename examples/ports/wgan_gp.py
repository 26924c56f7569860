"""WGAN-GP (Gulrajani et al. 2017), as keras.io shows it.

Lines of game code: 86 in keras.io's examples/generative/wgan_gp.py; 9 here. Here each of the critic's steps sees a
fresh batch, and alpha is uniform, as in the paper; there all three see one, and alpha is normal.

python examples/ports/wgan_gp.py
"""

import keras

import kgan

LATENT_DIM = 16


def digits():
    return kgan.data.load("digits", resolution=8, batch_size=32)


def networks(width=4):
    return (
        kgan.networks.dcgan_generator((8, 8, 1), LATENT_DIM, width=width),
        kgan.networks.dcgan_discriminator((8, 8, 1), width=width, normalization=None),
    )


# The game.
def play(**fit):
    gan = kgan.WGANGP(*networks(), latent_dim=LATENT_DIM)
    gan.compile(
        d_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9),
        g_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.9),
        n_critic=3,
    )
    gan.fit(digits(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20)
