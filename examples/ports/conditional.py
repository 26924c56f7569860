"""A conditional GAN (Mirza and Osindero 2014), as keras.io shows it.

Lines of game code: 75 in keras.io's examples/generative/conditional_gan.py; 8 here. The class joins the latents as a
learnt vector and the picture as a learnt map, there both as a one-hot code; the discriminator's projection is one word
away (`condition="projection"`).

python examples/ports/conditional.py
"""

import keras

import kgan

LATENT_DIM, CLASSES = 16, 10


def digits():
    return kgan.data.load("digits", resolution=8, batch_size=32, labels=True)


def networks(width=4):
    return (
        kgan.networks.dcgan_generator((8, 8, 1), LATENT_DIM, width=width, num_classes=CLASSES),
        kgan.networks.dcgan_discriminator((8, 8, 1), width=width, num_classes=CLASSES, condition="concatenation"),
    )


# The game.
def play(**fit):
    gan = kgan.ConditionalGAN(*networks(), CLASSES, latent_dim=LATENT_DIM)
    gan.compile(
        d_optimizer=keras.optimizers.Adam(3e-4),
        g_optimizer=keras.optimizers.Adam(3e-4),
    )
    gan.fit(digits(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20).sample(10, labels=range(10))
