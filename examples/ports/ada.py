"""Adaptive augmentation for few images (Karras et al. 2020), as keras.io shows it ("data-efficient GANs").

Lines of game code: 135 in keras.io's examples/generative/gan_ada.py, its Inception distance not counted; 12 here, with
one in features of random projections. Geometry and flips as there; p is steered by r_t, twice their accuracy less one.

python examples/ports/ada.py
"""

import keras

import kgan

LATENT_DIM = 16


def digits(**settings):
    return kgan.data.load("digits", resolution=8, batch_size=32, **settings)


def networks(width=4):
    return (
        kgan.networks.dcgan_generator((8, 8, 1), LATENT_DIM, width=width),
        kgan.networks.dcgan_discriminator((8, 8, 1), width=width),
    )


# The game.
def play(**fit):
    gan = kgan.GAN(*networks(), latent_dim=LATENT_DIM)
    gan.compile(
        d_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        g_optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5),
        augment=kgan.augment.ADA("bg", target=0.6),
        ema_decay=0.99,
    )
    held_out = kgan.metrics.Evaluator(digits(seed=1), "random_projection", ["kid"], num=256)
    best = kgan.callbacks.Evaluate("runs/ada", held_out)  # runs/ada/best is the best epoch's
    gan.fit(digits(), callbacks=[best], **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20)
