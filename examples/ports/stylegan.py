"""StyleGAN (Karras et al. 2019), as keras.io shows it: it grows, and is fed latents and noise at each size.

Lines of game code: 260 in keras.io's examples/generative/stylegan.py, without its PyTorch branch; 14 here. The noise is
part of the prior. Two sizes share their blocks, and a `Blend` fades the new one in; each has a game of its own.
The drift is of reals, as in the paper. `kgan.ProgressiveGAN` grows in one fit.

python examples/ports/stylegan.py
"""

import keras
import tensorflow as tf
from keras import layers

import kgan
from kgan.curriculum import Blend, Strengthen
from kgan.layers import EqualizedConv2D, EqualizedDense, InstanceNormalization, MinibatchStdDev, PixelNormalization

LATENT_DIM, WIDTH, SIZES = 8, 8, (4, 8)


def digits(size):
    digits = kgan.data.load("digits", resolution=8, batch_size=16)
    return digits if size == 8 else digits.map(lambda images: tf.nn.avg_pool2d(images, 8 // size, 8 // size, "VALID"))


class Constant(layers.Layer):
    """A learnt map, for each row of its input."""

    def build(self, shape):
        self.map = self.add_weight(shape=(SIZES[0], SIZES[0], WIDTH), initializer="ones", name="map")

    def call(self, rows):
        return tf.repeat(self.map.value[None], tf.shape(rows)[0], 0)


class Noise(layers.Layer):
    """x + b noise, b learnt for each channel."""

    def build(self, shapes):
        self.strength = self.add_weight(shape=(shapes[0][-1],), initializer="random_normal", name="strength")

    def call(self, inputs):
        x, noise = inputs
        return x + self.strength.value * noise


def styled(x, w, noise):
    """Noise, activation and AdaIN."""
    x = layers.LeakyReLU(0.2)(Noise()([x, noise]))
    scale, shift = (layers.Reshape((1, 1, WIDTH))(EqualizedDense(WIDTH, gain=1.0)(w)) for _ in range(2))
    x = InstanceNormalization(center=False, scale=False)(x)
    return layers.Add()([layers.Multiply()([x, scale]), shift])


def block(size):
    """From a map of the size, a style and noise to the next map."""
    x, w, noise = inputs = [keras.Input((size, size, WIDTH)), keras.Input((WIDTH,)), keras.Input((size, size, 1))]
    x = EqualizedConv2D(WIDTH, 3, padding="same")(styled(x, w, noise))
    return keras.Model(inputs, styled(x, w, noise))


def downward(size):
    """From a map of the size to one of half of it."""
    x = inputs = keras.Input((size, size, WIDTH))
    x = layers.LeakyReLU(0.2)(EqualizedConv2D(WIDTH, 3, padding="same")(x))
    return keras.Model(inputs, layers.AveragePooling2D(2)(x))


def judgement():
    x = inputs = keras.Input((SIZES[0], SIZES[0], WIDTH))
    x = layers.LeakyReLU(0.2)(EqualizedConv2D(WIDTH, 3, padding="same")(MinibatchStdDev()(x)))
    return keras.Model(inputs, EqualizedDense(1, gain=1.0)(layers.Flatten()(x)))


class Blocks:
    """The parts that networks of all sizes share."""

    def __init__(self):
        self.constant, self.judgement = Constant(), judgement()
        dense = [layer for _ in range(2) for layer in (EqualizedDense(WIDTH), layers.LeakyReLU(0.2))]
        self.mapping = keras.Sequential([keras.Input((LATENT_DIM,)), PixelNormalization(), *dense])
        self.up, self.down = {size: block(size) for size in SIZES}, {size: downward(size) for size in SIZES[1:]}
        self.to_image = {size: EqualizedConv2D(1, 1, gain=1.0, activation="tanh") for size in SIZES}
        self.from_image = {size: EqualizedConv2D(WIDTH, 1, activation="leaky_relu") for size in SIZES}

    def generator(self, size):
        sizes = SIZES[: SIZES.index(size) + 1]
        latents = keras.Input((LATENT_DIM,), name="latents")
        noises = [keras.Input((s, s, 1), name=f"noise_{s}") for s in sizes]
        w, x, images = self.mapping(latents), self.constant(latents), []
        for s, noise in zip(sizes, noises, strict=True):
            x = layers.UpSampling2D()(x) if s > SIZES[0] else x
            images = [layers.UpSampling2D()(image) for image in images[-1:]]  # of the size before
            x = self.up[s]([x, w, noise])
            images.append(self.to_image[s](x))
        return keras.Model([latents, *noises], Blend()(images) if len(images) > 1 else images[0])

    def critic(self, size):
        images = keras.Input((size, size, 1))
        x = self.from_image[size](images)
        for s in reversed(SIZES[1 : SIZES.index(size) + 1]):
            x = self.down[s](x)
            if s == size:
                x = Blend()([self.from_image[s // 2](layers.AveragePooling2D(2)(images)), x])
        return keras.Model(images, self.judgement(x))


# The game.
def play(**fit):
    blocks, prior = Blocks(), {"latents": kgan.priors.Normal(LATENT_DIM)}
    for size in SIZES:
        prior[f"noise_{size}"] = kgan.priors.Normal((size, size, 1))
        gan = kgan.WGANGP(blocks.generator(size), blocks.critic(size), prior=prior)
        gan.compile(
            d_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
            g_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99),
            penalties=["gradient_penalty", "drift"],
            n_critic=1,
        )
        grow = [Strengthen(kgan.schedules.Linear(0.0, 1.0, 1000))] if size > SIZES[0] else []
        gan.fit(digits(size), callbacks=grow, **fit)
    return gan


if __name__ == "__main__":
    play(epochs=20)
