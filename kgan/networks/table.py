"""The networks of CTGAN (Xu et al. 2019, section 4.4), for tables as `kgan.data.Table` tells them."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError
from kgan.layers import BatchNormalization
from kgan.networks.shapes import check_sizes

TAU = 0.2  # of the Gumbel softmax


@keras.saving.register_keras_serializable("kgan")
class TableHead(keras.layers.Layer):
    """The parts of a table's vectors: tanh of a number, the Gumbel softmax (tau 0.2) of a code.

    A code is drawn, in training and in sampling, with the probabilities that its inputs are the logits of, by a
    generator that kgan seeds (`kgan.random.reseed`).

    Args:
        parts: ("tanh", 1) or ("softmax", size) each.
    """

    def __init__(self, parts: Sequence[tuple[str, int]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = [(kind, int(size)) for kind, size in parts]
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        chance = keras.random.uniform(tf.shape(inputs), 1e-6, 1.0 - 1e-6, dtype=inputs.dtype, seed=self.seed_generator)
        noisy = (inputs - tf.math.log(-tf.math.log(chance))) / TAU
        outputs, start = [], 0
        for kind, size in self.parts:
            part = slice(start, start + size)
            outputs.append(tf.tanh(inputs[:, part]) if kind == "tanh" else tf.nn.softmax(noisy[:, part]))
            start += size
        return tf.concat(outputs, -1)

    def get_config(self) -> dict:
        return {**super().get_config(), "parts": self.parts}


def table_generator(parts: Sequence[tuple[str, int]], latent_dim: int = 128, width: int = 256) -> keras.Model:
    """Two residual layers, dense, batch-normalised and ReLU, each beside what it was given, then `TableHead`.

    Args:
        parts: of a `kgan.data.Table`.
        latent_dim, width: 128 and 256, as in CTGAN.

    Returns:
        A model from latents (batch, latent_dim) to vectors (batch, table.width).

    Raises:
        InputError: for parts of another kind, or numbers that are not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    for part in parts:
        if len(part) != 2 or part[0] not in ("tanh", "softmax"):
            raise InputError(f"parts: wanted ('tanh', 1) or ('softmax', size) each, got {part!r}")
    x = inputs = keras.Input((latent_dim,), name="latents")
    for _ in range(2):
        x = keras.layers.Concatenate()([keras.layers.ReLU()(BatchNormalization()(keras.layers.Dense(width)(x))), x])
    x = keras.layers.Dense(sum(size for _, size in parts))(x)
    return keras.Model(inputs, TableHead(parts)(x), name="table_generator")


def table_discriminator(size: int, width: int = 256) -> keras.Model:
    """Two dense layers with leaky ReLU 0.2 and dropout 1/2, and a linear one.

    Args:
        size: of a vector, or of a pack of them: ten times table.width in CTGAN.
        width: of the layers.

    Returns:
        A model from vectors (batch, size) to logits (batch, 1).
    """
    check_sizes(size=size, width=width)
    x = inputs = keras.Input((size,), name="samples")
    for _ in range(2):
        x = keras.layers.Dropout(0.5)(keras.layers.LeakyReLU(0.2)(keras.layers.Dense(width)(x)))
    return keras.Model(inputs, keras.layers.Dense(1)(x), name="table_discriminator")
