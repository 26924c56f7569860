"""The smallest GAN that has all kinds of state, on points in the plane; 4 rounds an epoch."""

import keras
import numpy as np

import kgan


def make(width=4, **settings):
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        kgan.networks.mlp_generator((2,), 2, width, 1, normalization="batch"),
        kgan.networks.mlp_discriminator((2,), width, 1, normalization="spectral"),
        latent_dim=2,
    )
    gan.compile(**settings)
    return gan


def points():
    return np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


def fit(gan, callbacks, epochs=2):
    return gan.fit(points(), batch_size=8, epochs=epochs, callbacks=callbacks, verbose=0)


def state(gan):
    return [variable.numpy() for variable in gan.state]


def reset(gan, values):
    for variable, value in zip(gan.state, values, strict=True):
        variable.assign(value)


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


class Before(keras.callbacks.Callback):
    """Does something to the model before the given round (from 0), the first `times` times."""

    def __init__(self, step, action, times=1):
        super().__init__()
        self.step, self.action, self.times = step, action, times

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.step.numpy() == self.step and self.times:
            self.times -= 1
            self.action(self.model)


def poison(gan):
    gan.discriminator.trainable_variables[0].assign(gan.discriminator.trainable_variables[0] * np.nan)
