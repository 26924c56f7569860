"""An SNGAN's networks with tensorflow-addons' layers in both: `kgan train --network=tests/addons/sngan_networks.py`."""

import keras
import tensorflow_addons as tfa
from keras import layers as L

import kgan


def generator(shape, latent_dim=8, width=8):
    x = inputs = keras.Input((latent_dim,))
    x = L.Reshape((shape[0] // 2, shape[1] // 2, width))(L.Dense(shape[0] * shape[1] // 4 * width)(x))
    x = L.ReLU()(tfa.layers.InstanceNormalization()(x))
    x = L.Conv2D(width, 3, padding="same")(L.UpSampling2D(2)(x))
    x = L.ReLU()(tfa.layers.GroupNormalization(2)(x))
    return keras.Model(inputs, L.Conv2D(shape[2], 3, padding="same", activation="tanh")(x), name="generator")


def discriminator(shape, width=8):
    spectral = kgan.layers.SpectralNormalization
    x = inputs = keras.Input(shape)
    x = L.LeakyReLU(0.1)(spectral(L.Conv2D(width, 3, padding="same"))(x))
    x = tfa.layers.AdaptiveAveragePooling2D(2)(x)
    return keras.Model(inputs, spectral(L.Dense(1))(L.Flatten()(x)), name="discriminator")
