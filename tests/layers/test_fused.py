"""Batch normalisation as one operation, in float32, against the layer's explicit form in float64, which has tests."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import derivatives, layers
from kgan.layers import fused

RNG = np.random.default_rng(0)
SHAPES = (6, 3), (3, 4, 5, 3), (2, 3, 2, 2, 3)


class Function:
    """sum(weights * sin(layer(x))), and what gradient penalties and consensus make of it."""

    def __init__(self, dtype, shape, branch=False, training=True):
        rng = np.random.default_rng(1)
        self.layer, self.training = layers.BatchNormalization(dtype=dtype), training
        self.layer.build((None, *shape[1:]))
        self.x = keras.Variable(rng.normal(size=shape), dtype=dtype)
        self.weights = tf.constant(rng.normal(size=shape), dtype)
        for v in self.layer.variables:
            v.assign(rng.uniform(0.5, 1.5, v.shape))
        self.variables, self.branch = [self.x, *self.layer.trainable_variables], branch

    def value(self):
        def compute():
            return tf.reduce_sum(self.weights * tf.sin(self.layer(self.weights * self.x.value, training=self.training)))

        never = lambda: tf.zeros((), self.x.dtype)  # noqa: E731
        return tf.cond(tf.reduce_min(self.x.value) < 9, compute, never) if self.branch else compute()

    def penalty(self):
        return tf.reduce_sum(tf.square(self.gradients(self.value)[0]))

    def energy(self):
        return tf.add_n([tf.reduce_sum(tf.square(g)) for g in self.gradients(self.penalty)])

    def gradients(self, function):
        values = [v.value for v in self.variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            y = function()
        return tape.gradient(y, values, unconnected_gradients="zero")


def far(found, expected):
    """The largest difference, as a part of the largest number."""
    pairs = zip(found, expected, strict=True)
    return max(np.max(np.abs(a.numpy() - b.numpy())) / np.max(np.abs(b)) for a, b in pairs)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("order", ["value", "penalty", "energy"])
def test_derivatives_of_every_order(order, training):
    for shape in SHAPES:
        ours, exact = (Function(dtype, shape, training=training) for dtype in ("float32", "float64"))
        assert far(ours.gradients(getattr(ours, order)), exact.gradients(getattr(exact, order))) < 1e-4


def test_derivatives_of_a_branch():
    """TensorFlow takes those from the graph, and not from a tape."""
    ours, exact = Function("float32", SHAPES[1], branch=True), Function("float64", SHAPES[1])
    for order in ("value", "penalty", "energy"):
        function = tf.function(lambda order=order: ours.gradients(getattr(ours, order)), autograph=False)
        assert far(function(), exact.gradients(getattr(exact, order))) < 1e-4, order


def test_the_third_one_of_tensorflow_is_wrong():
    """If this fails, TensorFlow has mended it, and kgan need not."""
    ours, exact = (Function(dtype, SHAPES[0]) for dtype in ("float32", "float64"))
    derivatives.register("FusedBatchNormGradV3", fused.TENSORFLOWS)
    try:
        assert far(ours.gradients(ours.penalty), exact.gradients(exact.penalty)) < 1e-4
        assert far(ours.gradients(ours.energy), exact.gradients(exact.energy)) > 1e-2
    finally:
        derivatives.register("FusedBatchNormGradV3", fused._of_slopes)


def test_it_is_used_and_its_statistics_are_the_batchs():
    layer, x = layers.BatchNormalization(momentum=0.0), RNG.normal(3.0, 2.0, size=(5, 3)).astype("float32")
    graph = tf.function(lambda: layer(x, training=True), autograph=False).get_concrete_function().graph
    assert any(operation.type == "FusedBatchNormV3" for operation in graph.get_operations())
    for rows in (x, x[:1]):
        layer(rows, training=True)
        np.testing.assert_allclose(layer.moving_mean, rows.mean(0), rtol=1e-5)
        np.testing.assert_allclose(layer.moving_variance, rows.var(0), rtol=1e-5)


@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_half_precision_in_inference_is_that_of_float32_rounded_once(half):
    x = tf.cast(RNG.normal(3.0, 2.0, size=(50, 4, 4, 3)), half)
    results = []
    for dtype in (f"mixed_{half}", "float32"):
        layer = layers.BatchNormalization(dtype=dtype)
        layer.build(x.shape)
        for number, v in enumerate(layer.variables):
            v.assign(np.random.default_rng(number).uniform(0.5, 1.5, v.shape))
        results.append(layer(x))
    assert [y.dtype.name for y in results] == [half, "float32"]
    np.testing.assert_array_equal(results[0], tf.cast(results[1], half))


def test_a_run_ends_as_by_the_explicit_form(monkeypatch):
    """But for the order of sums."""

    def explicit(x, gamma, beta, epsilon):
        mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
        y = (x - mean) * (gamma * tf.math.rsqrt(variance + epsilon)) + beta
        return y, tf.stop_gradient(mean), tf.stop_gradient(variance)

    ends = []
    for form in (fused.batch_normalization, explicit):
        monkeypatch.setattr(fused, "batch_normalization", form)
        keras.utils.set_random_seed(0)
        gan = kgan.GAN(
            kgan.networks.dcgan_generator((8, 8, 1), 3, width=4), kgan.networks.mlp_discriminator((8, 8, 1), width=4), 3
        )
        gan.compile(d_optimizer=keras.optimizers.SGD(1e-2), g_optimizer=keras.optimizers.SGD(1e-2), run_eagerly=True)
        gan.fit(np.linspace(-1, 1, 16 * 64, dtype="float32").reshape(16, 8, 8, 1), batch_size=4, verbose=0)
        ends.append([np.array(v) for v in gan.state])
    differ = [np.abs(a - b).max() for a, b in zip(*ends, strict=True)]
    assert 0 < max(differ) < 1e-6
