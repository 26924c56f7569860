"""What replaces tensorflow-addons' parts, beside them: each line of docs/addons.md."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_addons as tfa

import kgan
from kgan.augment import diffaugment

rng = np.random.default_rng(0)


def images(*shape):
    return rng.normal(size=shape).astype("float32")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (kgan.layers.InstanceNormalization(), tfa.layers.InstanceNormalization()),
        (kgan.layers.GroupNormalization(4), tfa.layers.GroupNormalization(4)),
        (kgan.layers.GroupNormalization(2, epsilon=1e-5), tfa.layers.GroupNormalization(2, epsilon=1e-5)),
    ],
)
def test_normalizations_are_equal_forward(ours, theirs):
    x = images(3, 5, 6, 8)
    for layer in (ours, theirs):
        layer(x)
    for mine, other in ((ours.gamma, theirs.gamma), (ours.beta, theirs.beta)):
        assert mine.shape == other.shape
        mine.assign(images(*mine.shape)), other.assign(mine)
    np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("layer", "wrong"), [(kgan.layers, False), (tfa.layers, True)])
def test_second_order_gradients_are_right_in_kgan_alone(layer, wrong):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    norm, x, step = layer.InstanceNormalization(), tf.constant(rng.normal(size=(2, 3, 3, 2))), 1e-6
    norm.build(x.shape)
    direction, weight, other = (tf.constant(rng.normal(size=x.shape)) for _ in range(3))

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(weight * tf.tanh(norm(x)))
        return tf.reduce_sum(other * tape.gradient(loss, x) ** 2)

    with tf.GradientTape() as tape:
        tape.watch(x)
        second = slope(x)
    exact = (slope(x + step * direction) - slope(x - step * direction)) / (2 * step)
    along = tf.reduce_sum(tape.gradient(second, x) * direction)
    assert (abs(float(along / exact) - 1.0) > 1e-4) == wrong


def test_spectral_norms_sigma_and_whose_kernel_changes_in_a_forward_pass():
    x, kernel = images(2, 6), images(6, 5) + 2.0  # its largest singular value stands apart
    sigma = np.linalg.svd(kernel, compute_uv=False)[0]
    ours = kgan.layers.SpectralNormalization(keras.layers.Dense(5, use_bias=False), power_iterations=50)
    theirs = tfa.layers.SpectralNormalization(keras.layers.Dense(5, use_bias=False), power_iterations=50)
    for wrapped in (ours, theirs):
        wrapped.build((None, 6))
        wrapped.layer.kernel.assign(kernel)
    ours.power_iteration()
    for wrapped in (ours, theirs):
        np.testing.assert_allclose(wrapped(x, training=True), x @ kernel / sigma, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(ours.layer.kernel, kernel)
    np.testing.assert_allclose(theirs.layer.kernel, kernel / sigma, rtol=1e-4, atol=1e-5)  # overwritten


def test_adaptive_average_pooling_to_one_is_keras_global_pooling():
    x = images(2, 6, 8, 3)
    theirs = tfa.layers.AdaptiveAveragePooling2D(1)(x)
    np.testing.assert_allclose(keras.layers.GlobalAveragePooling2D(keepdims=True)(x), theirs, rtol=1e-5, atol=1e-6)
    halves = tfa.layers.AdaptiveAveragePooling2D((3, 4))(x)
    np.testing.assert_allclose(keras.layers.AveragePooling2D(2)(x), halves, rtol=1e-5, atol=1e-6)


def test_the_moving_average_is_that_of_kgan():
    """`MovingAverage(average_decay)` is `ema_decay`, but for kgan's ramp and that its average is a network."""
    keras.utils.set_random_seed(0)
    v = keras.Variable([1.0, 2.0])
    optimizer = tfa.optimizers.MovingAverage(keras.optimizers.legacy.SGD(0.1), average_decay=0.9)
    optimizer.build([v])
    average = v.numpy()
    for _ in range(5):
        optimizer.apply_gradients([(tf.constant([1.0, -1.0]), v)])
        average += (1.0 - 0.9) * (v.numpy() - average)
    np.testing.assert_allclose(optimizer.get_slot(v, "average"), average, rtol=1e-5)


def test_adamw_is_that_of_keras_at_a_decay_in_units_of_the_rate():
    ours, theirs = (keras.Variable([1.0, -2.0, 3.0]) for _ in range(2))
    mine = keras.optimizers.AdamW(0.1, weight_decay=0.02 / 0.1)
    other = tfa.optimizers.AdamW(weight_decay=0.02, learning_rate=0.1)
    for step in range(5):
        gradient = tf.constant([1.0, step - 2.0, 0.5])
        for optimizer, v in ((mine, ours), (other, theirs)):
            optimizer.apply_gradients([(gradient, v)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert float(tf.reduce_max(tf.abs(ours - [1.0, -2.0, 3.0]))) > 0.3


def test_activations_are_those_of_keras():
    x = images(100)
    np.testing.assert_allclose(keras.activations.mish(x), tfa.activations.mish(x), atol=1e-6)
    np.testing.assert_allclose(keras.activations.gelu(x, approximate=True), tfa.activations.gelu(x), atol=1e-6)
    assert np.abs(keras.activations.gelu(x) - tfa.activations.gelu(x)).max() > 1e-4


def test_translation_is_tfa_image_translate():
    x, u = images(8, 12, 12, 2), tf.constant(rng.uniform(size=(8, 2)).astype("float32"))
    moved = diffaugment.translation(x, u).numpy()
    by = [
        [dx, dy]
        for one, image in zip(moved, x, strict=True)
        for dx in range(-2, 3)
        for dy in range(-2, 3)
        if np.array_equal(one, tfa.image.translate(image[None], [float(dx), float(dy)])[0])
    ]
    assert len(by) == 8 and len({tuple(vector) for vector in by}) > 1


def test_cutout_is_tfa_image_cutout():
    x, u = images(8, 12, 12, 2) + 9.0, tf.constant(rng.uniform(size=(8, 2)).astype("float32"))
    cut = diffaugment.cutout(x, u).numpy()
    places = [
        [row, column]
        for one, image in zip(cut, x, strict=True)
        for row in range(13)
        for column in range(13)
        if np.array_equal(one, tfa.image.cutout(image[None], (6, 6), (row, column))[0])
    ]
    assert len(places) == 8 and len({tuple(place) for place in places}) > 1
