"""SAGAN's networks: where attention stands, and that no kernel is left out of spectral normalisation."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.distribute import sublayers
from kgan.layers import SelfAttention, SpectralNormalization
from kgan.layers.spectral import KERNELS
from kgan.networks import sagan
from tests import numeric

make_generator, make_discriminator = kgan.networks.NETWORKS["sagan"]


@pytest.mark.parametrize(("size", "expected"), [((28, 28), (14, 14)), ((24, 40), (12, 20))])
def test_one_attention_layer_on_the_finest_map_up_to_32_x_32(size, expected):
    for make in (make_generator, make_discriminator):
        layers = [layer for layer in make((*size, 1), width=8).layers if isinstance(layer, SelfAttention)]
        assert len(layers) == 1 and layers[0].output.shape[1:3] == expected


@pytest.mark.parametrize(
    ("side", "stages", "expected"), [(8, 1, 4), (16, 2, 8), (32, 3, 16), (96, 4, 24), (128, 5, 32), (256, 6, 32)]
)
def test_attention_never_looks_at_more_than_32_x_32(side, stages, expected):
    assert side >> sagan._attention_stage((side, side, 3), stages) == expected


@pytest.mark.parametrize("make", [make_generator, make_discriminator])
def test_every_kernel_is_spectrally_normalised(make):
    layers = sublayers(make((16, 16, 1), width=8))
    wrappers = [layer for layer in layers if isinstance(layer, SpectralNormalization)]
    wrapped = {id(layer.layer) for layer in wrappers}
    kernels = [layer for layer in layers if any(getattr(layer, name, None) is not None for name in KERNELS)]
    bare = [layer.name for layer in kernels if id(layer) not in wrapped and layer not in wrappers]
    assert wrappers and not bare


def test_published_sizes():
    """The authors' 128 x 128: 64 x (16, 16, 8, 4, 2, 1) maps in G, 64 x (1, 2, 4, 8, 16, 16) in D; here 8 for 64."""
    w = 8
    conv = lambda i, o, k: i * o * k * k + o  # noqa: E731
    attention = lambda c: 4 * c * (c // 8) + 1  # noqa: E731
    up = lambda i, o: conv(i, o, 3) + conv(o, o, 3) + conv(i, o, 1) + 2 * i + 2 * o  # noqa: E731
    down = lambda i, o: conv(i, o, 3) + conv(o, o, 3) + conv(i, o, 1)  # noqa: E731
    maps = [16 * w, 16 * w, 8 * w, 4 * w, 2 * w, w]
    generator = 129 * 16 * 16 * w + sum(up(i, o) for i, o in itertools.pairwise(maps))
    generator += attention(4 * w) + 2 * w + conv(w, 3, 3)
    maps = [3, w, 2 * w, 4 * w, 8 * w, 16 * w]
    discriminator = sum(down(i, o) for i, o in itertools.pairwise(maps))
    discriminator += attention(2 * w) + 2 * conv(16 * w, 16 * w, 3) + 16 * w + 1
    for model, expected in (
        (make_generator((128, 128, 3), 128, width=w), generator),
        (make_discriminator((128, 128, 3), width=w), discriminator),
    ):
        assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


def test_second_order_gradient_of_the_discriminator_agrees_with_finite_differences():
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(0)
    model = make_discriminator((8, 8, 1), width=8)
    variables = model.trainable_variables
    for v in variables:  # the attention's gamma among them, which starts at zero
        v.assign(v.numpy() + 0.3 * rng.normal(size=v.shape))
    x = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 1)))

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(x)
            logits = tf.reduce_sum(model(x, training=True))
        return tf.reduce_mean(tf.reduce_sum(tape.gradient(logits, x) ** 2, [1, 2, 3]))

    value = tf.function(penalty, autograph=False)
    with tf.GradientTape() as tape:
        tape.watch([v.value for v in variables])
        result = penalty()
    gradients = tape.gradient(result, [v.value for v in variables], unconnected_gradients="zero")
    for _ in range(3):
        directions = [rng.normal(size=v.shape) for v in variables]
        found = sum(float(tf.reduce_sum(g * d)) for g, d in zip(gradients, directions, strict=True))
        assert found == pytest.approx(numeric.directional(value, variables, directions, h=1e-7), rel=1e-5, abs=1e-6)
