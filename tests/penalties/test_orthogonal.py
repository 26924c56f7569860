"""Orthogonal regularisation against NumPy, layer by layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import layers, penalties
from kgan.checks import InputError

L = keras.layers


def by_numpy(columns, diagonal):
    """||W'W * (1 - I)||_F^2 or ||W'W - I||_F^2, written down."""
    gram = columns.T @ columns
    difference = gram - np.eye(len(gram)) if diagonal else gram * (1 - np.eye(len(gram)))
    return np.sum(difference**2)


def value(network, **settings):
    play = penalties.Play(network, None, None, None, None, None, None)
    return float(penalties.OrthogonalRegularization(weight=1.0, **settings).generator_term(play))


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize(
    ("layer", "shape", "columns"),
    [
        (lambda: L.Dense(3), (5,), lambda w: w),
        (lambda: L.Dense(7), (5,), lambda w: w),  # more columns than rows
        (lambda: L.Conv2D(4, 3), (8, 8, 2), lambda w: w.reshape(-1, 4)),
        (lambda: L.Conv2DTranspose(4, 3), (8, 8, 2), lambda w: w.transpose(0, 1, 3, 2).reshape(-1, 4)),
        (lambda: layers.SpectralNormalization(L.Dense(3)), (5,), lambda w: w),  # the raw kernel, once
        (lambda: L.EinsumDense("abc,cde->abde", (None, 2, 3)), (4, 5), lambda w: w.reshape(5, 6)),
        (lambda: L.EinsumDense("abc,dc->abd", (None, 3)), (4, 5), lambda w: w.T),  # outputs first
    ],
)
def test_each_kind_of_kernel(layer, shape, columns, diagonal):
    keras.config.set_floatx("float64")
    layer = layer()
    inputs = keras.Input(shape)
    network = keras.Model(inputs, layer(inputs))
    expected = by_numpy(columns(layer.kernel.numpy()), diagonal)
    assert value(network, diagonal=diagonal) == pytest.approx(expected, rel=1e-10) and expected > 1e-3


def test_the_projections_of_attention_as_spectral_normalisation_has_them():
    inputs = keras.Input((5, 6))
    network = keras.Model(inputs, L.MultiHeadAttention(2, 3)(inputs, inputs))
    *into, out = (w.numpy() for w in network.weights if w.path.endswith("kernel"))
    expected = sum(by_numpy(w.reshape(6, 6), False) for w in into) + by_numpy(out.reshape(6, 6), False)
    assert [w.shape for w in (*into, out)] == [(6, 2, 3)] * 3 + [(2, 3, 6)]
    assert value(network) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: L.DepthwiseConv2D(3, depth_multiplier=2), (8, 8, 2)),
        (lambda: L.SeparableConv2D(3, 3), (8, 8, 2)),
        (lambda: L.Embedding(4, 3), (2,)),
        (lambda: layers.MinibatchDiscrimination(3, 2), (7,)),
        (lambda: L.Dense(3, trainable=False), (7,)),
    ],
)
def test_what_does_not_count_and_a_network_with_nothing_else(layer, shape):
    inputs = keras.Input(shape)
    outputs = layer()(inputs)
    with pytest.raises(InputError, match=r"network: .* wants trainable kernels, '.*' has none"):
        value(keras.Model(inputs, outputs))
    network = keras.Model(inputs, L.Dense(4)(outputs))
    assert value(network) == pytest.approx(by_numpy(network.layers[-1].kernel.numpy(), False), rel=1e-5)


def test_an_orthogonal_kernel_pays_nothing_and_lengths_only_with_the_diagonal():
    network = keras.Sequential([keras.Input((6,)), L.Dense(4, kernel_initializer="orthogonal")])
    assert value(network) < 1e-10 and value(network, diagonal=True) < 1e-10
    network.layers[0].kernel.assign(2.0 * network.layers[0].kernel.value)
    assert value(network) < 1e-10 and value(network, diagonal=True) == pytest.approx(4 * 3.0**2, rel=1e-4)


class Block(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.first, self.rest = L.Dense(3), [L.Dense(3), L.BatchNormalization()]

    def build(self, shape):
        self.first.build(shape)
        self.rest[0].build((None, 3))

    def call(self, x):
        return self.rest[0](self.first(x))


def test_kernels_at_any_depth_that_are_trainable_and_no_others():
    inputs = keras.Input((4,))
    nested = keras.Sequential([keras.Input((3,)), L.Dense(5)])
    frozen = L.Dense(6, trainable=False)
    block = Block()
    network = keras.Model(inputs, frozen(nested(block(inputs))))
    kernels = [v for v in network.trainable_variables if v.path.endswith("kernel")]
    assert len(kernels) == 3
    assert value(network) == pytest.approx(sum(by_numpy(v.numpy(), False) for v in kernels), rel=1e-5)


def test_which_network():
    make = lambda units: keras.Sequential([keras.Input((4,)), L.Dense(units)])  # noqa: E731
    play = penalties.Play(make(2), make(3), None, None, None, None, None)
    for network, terms in {"generator": "g", "discriminator": "d", "both": "dg"}.items():
        penalty = penalties.get(f"orthogonal(network={network!r})")
        values = {"d": penalty.discriminator_term(play), "g": penalty.generator_term(play)}
        assert {k for k, v in values.items() if v is not None} == set(terms)
    assert not np.isclose(values["d"], values["g"])
    assert tf.is_tensor(values["d"])
