"""WGAN-GP on graphs (De Cao and Kipf 2018), as keras.io shows it: a sample is two arrays, bonds and atoms.

Lines of game code: 85 in keras.io's examples/generative/wgan-graphs.py; 9 here. A sample of several parts needs
nothing: the penalty takes one norm over all of it (there a norm over each atom's kinds, and another over bonds' kinds).

python examples/ports/molecules.py
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import kgan

LATENT_DIM, ATOMS, KINDS, BONDS = 8, 5, 4, 3  # the last bond is none


def molecules(num=256):
    """Chains in place of QM9: adjacency (num, BONDS, ATOMS, ATOMS), features (num, ATOMS, KINDS), one-hot."""
    rng = np.random.default_rng(0)
    kinds, bonds = rng.integers(KINDS, size=(num, ATOMS)), np.full((num, ATOMS, ATOMS), BONDS - 1)
    for i in range(ATOMS - 1):
        bonds[:, i, i + 1] = bonds[:, i + 1, i] = rng.integers(BONDS - 1, size=num)
    adjacency = np.moveaxis(np.eye(BONDS, dtype="float32")[bonds], -1, 1)
    return [adjacency, np.eye(KINDS, dtype="float32")[kinds]]


def generator(width=16):
    latents = keras.Input((LATENT_DIM,))
    x = layers.Dense(width, activation="tanh")(latents)
    bonds = layers.Reshape((BONDS, ATOMS, ATOMS))(layers.Dense(BONDS * ATOMS * ATOMS)(x))
    bonds = layers.Average()([bonds, layers.Permute((1, 3, 2))(bonds)])
    atoms = layers.Reshape((ATOMS, KINDS))(layers.Dense(ATOMS * KINDS)(x))
    return keras.Model(latents, [layers.Softmax(1)(bonds), layers.Softmax(2)(atoms)])


class GraphConvolution(layers.Layer):
    """relu(sum over kinds of bonds of A_b H W_b) (Schlichtkrull et al. 2018, without their own loops and degrees)."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shapes):
        self.kernel = self.add_weight(shape=(shapes[0][1], shapes[1][2], self.units), name="kernel")

    def call(self, graph):
        bonds, atoms = graph
        return tf.nn.relu(tf.einsum("nbij,njk,bku->niu", bonds, atoms, self.kernel.value))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def critic(width=8):
    bonds, atoms = keras.Input((BONDS, ATOMS, ATOMS)), keras.Input((ATOMS, KINDS))
    x = GraphConvolution(width)([bonds, atoms])
    x = GraphConvolution(width)([bonds, x])
    x = layers.Dense(width, activation="relu")(layers.GlobalAveragePooling1D()(x))
    return keras.Model([bonds, atoms], layers.Dense(1)(x))


# The game.
def play(**fit):
    gan = kgan.WGANGP(generator(), critic(), latent_dim=LATENT_DIM)
    gan.compile(
        d_optimizer=keras.optimizers.Adam(5e-4),
        g_optimizer=keras.optimizers.Adam(5e-4),
        n_critic=1,
    )
    gan.fit(molecules(), batch_size=16, **fit)
    return gan


if __name__ == "__main__":
    play(epochs=10)
