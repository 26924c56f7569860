"""GauGAN (Park et al. 2019), as keras.io shows it: pictures from maps of classes, in the style of another picture.

Lines of game code: 217 in keras.io's examples/generative/gaugan.py; 31 here. An encoder is on the generator's side, and
makes latents of the reals; to sample, they are drawn. As in the paper, the discriminator is told the one-hot map, there
its picture in colours. The features are VGG19's there, a small network's here, so that nothing is downloaded.

python examples/ports/gaugan.py
"""

import keras
import tensorflow as tf
from keras import layers

import kgan

LATENT_DIM, MAPS = 8, (8, 8, 2)


def drawings():
    """(digits, one-hot maps of ink and paper)."""
    digits = kgan.data.load("digits", resolution=8, batch_size=16)
    return digits.map(lambda images: (images, tf.one_hot(tf.cast(images[..., 0] > 0.0, "int32"), MAPS[2])))


def spade(x, maps):
    """Batch normalisation whose scale and shift are seen in the map, at each place."""
    seen = layers.Resizing(*x.shape[1:3], interpolation="nearest")(maps)
    seen = layers.Conv2D(8, 3, padding="same", activation="relu")(seen)
    scale, shift = (layers.Conv2D(x.shape[-1], 3, padding="same")(seen) for _ in range(2))
    x = layers.BatchNormalization(center=False, scale=False)(x)
    return layers.LeakyReLU(0.2)(layers.Add()([layers.Multiply()([x, scale]), shift]))


def generator(width=8):
    latents, maps = keras.Input((LATENT_DIM,), name="latents"), keras.Input(MAPS, name="maps")
    x = layers.Reshape((4, 4, width))(layers.Dense(4 * 4 * width)(latents))
    x = layers.Add()([x, layers.Conv2D(width, 3, padding="same")(spade(x, maps))])
    x = spade(layers.UpSampling2D()(x), maps)
    return keras.Model([latents, maps], layers.Conv2D(1, 3, padding="same", activation="tanh")(x))


def discriminator(width=8):
    samples, maps = keras.Input((8, 8, 1), name="samples"), keras.Input(MAPS, name="maps")
    first = layers.Conv2D(width, 4, 2, "same", activation="leaky_relu")(layers.Concatenate()([samples, maps]))
    second = layers.Conv2D(2 * width, 4, 2, "same", activation="leaky_relu")(first)
    said = {"logits": layers.Conv2D(1, 3, padding="same")(second), "features": [first, second]}
    return keras.Model([samples, maps], said)


def encoder(width=8):
    images = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Conv2D(width, 3, 2, "same", activation="leaky_relu")(images))
    return keras.Model(images, {"mean": layers.Dense(LATENT_DIM)(x), "log_variance": layers.Dense(LATENT_DIM)(x)})


def features(width=8):
    images = keras.Input((8, 8, 1))
    first = layers.Conv2D(width, 3, activation="relu")(images)
    return keras.Model(images, [first, layers.Conv2D(width, 3, activation="relu")(first)])


# The game.
def distance(real, fake):
    return tf.add_n([tf.reduce_mean(tf.abs(x - y)) for x, y in zip(real, fake, strict=True)])


class GauGAN(kgan.GAN):
    def __init__(self, generator, discriminator, encoder, features, latent_dim, maps, **kwargs):
        conditions = {"maps": kgan.priors.Pictures(maps)}
        super().__init__(generator, discriminator, latent_dim, conditions=conditions, **kwargs)
        self.encoder, self.features = encoder, features

    def networks(self):
        return super().networks() | {"e": ("g", self.encoder)}

    def style(self, round):
        return round.once("style", lambda: self.network("e", round.real, round))

    def latents(self, round):
        style = self.style(round)
        return style["mean"] + tf.exp(0.5 * style["log_variance"]) * super().latents(round)

    def team_terms(self, role, round):
        if role == "d":
            return {}
        play, (log_variance, mean) = self.play(round), (self.style(round)[name] for name in ("log_variance", "mean"))
        kl = -0.5 * tf.reduce_sum(1.0 + log_variance - tf.square(mean) - tf.exp(log_variance))
        judged = distance(play.on_reals["features"], play.on_fakes["features"])
        seen = distance(self.features(play.real), self.features(play.fake))
        return {"kl": 0.1 * kl, "judged": 10.0 * judged, "seen": 0.1 * seen}


def play(**fit):
    gan = GauGAN(generator(), discriminator(), encoder(), features(), LATENT_DIM, MAPS)
    gan.compile(
        loss="hinge",
        d_optimizer=keras.optimizers.Adam(4e-4, beta_1=0.0),
        g_optimizer=keras.optimizers.Adam(1e-4, beta_1=0.0),
    )
    gan.fit(drawings(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=10)
