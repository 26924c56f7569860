"""InfoGAN (Chen et al. 2016), as TF-GAN shows it: what codes mean is found without labels.

Lines of game code: 55 in TF-GAN's examples/mnist/train_lib.py with the noise of its util.py, InfoGAN's alone; 10 here.
The prior has three parts, and the discriminator says what it takes two of them to have been.

python examples/ports/infogan.py
"""

import keras
from keras import layers

import kgan


def digits():
    return kgan.data.load("digits", resolution=8, batch_size=32)


def generator(width=16):
    parts = [keras.Input((size,), name=name) for name, size in (("latents", 8), ("digit", 10), ("style", 2))]
    x = layers.Dense(width, activation="relu")(layers.Concatenate()(parts))
    x = layers.Dense(8 * 8, activation="tanh")(x)
    return keras.Model(parts, layers.Reshape((8, 8, 1))(x))


def discriminator(width=16):
    images = keras.Input((8, 8, 1))
    x = layers.Dense(width, activation="leaky_relu")(layers.Flatten()(images))
    said = {"logits": layers.Dense(1)(x), "digit": layers.Dense(10)(x), "style": layers.Dense(2)(x)}
    return keras.Model(images, said)


# The game.
def play(**fit):
    code = {"digit": kgan.priors.Categorical(10), "style": kgan.priors.Uniform(2)}
    gan = kgan.GAN(generator(), discriminator(), prior={"latents": kgan.priors.Normal(8), **code})
    gan.compile(
        d_optimizer=keras.optimizers.Adam(1e-4, beta_1=0.5),
        g_optimizer=keras.optimizers.Adam(1e-4, beta_1=0.5),
        penalties=["information(weight=1, continuous=1)"],
    )
    gan.fit(digits(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20)
