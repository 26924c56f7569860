"""What every layer of kgan keeps, a new one by being listed here."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import layers
from kgan.distribute import sublayers
from tests.layers.second_order import error

MAP, VECTOR = (4, 6, 8), (7,)
LABELS = np.array([0, 2, 2, 1], "int32")


def spectral(make):
    return lambda **kwargs: layers.SpectralNormalization(make(**kwargs))


# name: (how to make it, the shape of a sample). Each takes Keras's `dtype`.
LAYERS = {
    "equalized_dense": (lambda **k: layers.EqualizedDense(5, gain=1.0, activation="tanh", **k), VECTOR),
    "equalized_conv": (lambda **k: layers.EqualizedConv2D(5, 3, strides=2, padding="same", **k), MAP),
    "equalized_transpose": (lambda **k: layers.EqualizedConv2DTranspose(5, 4, strides=2, padding="same", **k), MAP),
    "pixel": (layers.PixelNormalization, MAP),
    "minibatch_stddev": (lambda **k: layers.MinibatchStdDev(3, **k), MAP),
    "minibatch_discrimination": (lambda **k: layers.MinibatchDiscrimination(3, 2, **k), VECTOR),
    "attention": (lambda **k: layers.SelfAttention(spectral=True, **k), MAP),
    "blur_up": (layers.BlurUpsampling2D, MAP),
    "blur_down": (layers.BlurDownsampling2D, MAP),
    "projection": (lambda **k: layers.RandomProjection(5, kernel_size=3, **k), MAP),
    "reflection": (lambda **k: layers.ReflectionPadding2D(3, **k), MAP),
    "layer": (layers.LayerNormalization, MAP),
    "layer_of_maps": (lambda **k: layers.LayerNormalization((1, 2), center=False, **k), MAP),
    "group": (lambda **k: layers.GroupNormalization(2, **k), MAP),
    "instance": (lambda **k: layers.InstanceNormalization(1e-5, scale=False, **k), MAP),
    "batch": (lambda **k: layers.BatchNormalization(momentum=0.9, **k), MAP),
    "conditional_batch": (lambda **k: layers.ConditionalBatchNormalization(3, **k), MAP),
    "spectral_transpose": (spectral(lambda **k: keras.layers.Conv2DTranspose(5, 4, strides=2, **k)), MAP),
    "spectral_heads": (spectral(lambda **k: keras.layers.MultiHeadAttention(2, 3, **k)), (5, 6)),
    "spectral_separable": (spectral(lambda **k: keras.layers.SeparableConv2D(5, 3, **k)), MAP),
}


def test_every_public_layer_is_listed():
    made = {type(make()).__name__ for make, _ in LAYERS.values()}
    assert made == set(layers.__all__)


def samples(shape, dtype="float64", batch=4):
    return np.random.default_rng(0).normal(size=(batch, *shape)).astype(dtype)


def model(name, dtype=None):
    """The layer in a functional model, with every trainable variable somewhere between zero and one."""
    make, shape = LAYERS[name]
    layer = make(dtype=dtype)
    inputs = [keras.Input(shape, dtype=dtype if isinstance(dtype, str) and "mixed" not in dtype else None)]
    if isinstance(layer, layers.ConditionalBatchNormalization):
        inputs.append(keras.Input((), dtype="int32"))
    if isinstance(getattr(layer, "layer", None), keras.layers.MultiHeadAttention):
        outputs = layer(inputs[0], inputs[0])
    else:
        outputs = layer(inputs if len(inputs) > 1 else inputs[0])
    result = keras.Model(inputs, outputs)
    rng = np.random.default_rng(2)
    for v in result.trainable_variables:
        v.assign(rng.uniform(0.2, 1.0, v.shape) * (1 if v.name in ("gamma", "beta") else rng.choice([-1, 1], v.shape)))
    for part in sublayers(result):
        if isinstance(part, layers.SpectralNormalization):
            part.power_iteration(5)
    return result


def arguments(network, x):
    return [tf.convert_to_tensor(x), tf.constant(LABELS)][: len(network.inputs)]


class Training:
    """A model as it is in training, a function of the samples alone."""

    def __init__(self, network):
        self.network, self.trainable_variables = network, network.trainable_variables

    def __call__(self, x):
        return self.network(arguments(self.network, x), training=True)


@pytest.mark.parametrize("name", LAYERS)
def test_second_order_gradient_is_that_of_finite_differences_in_float64(name):
    x = keras.Variable(samples(LAYERS[name][1]), dtype="float64")
    assert error(Training(model(name, "float64")), x) < 1e-6


@pytest.mark.parametrize("name", LAYERS)
def test_round_trips_through_keras_files(name, tmp_path):
    made = model(name)
    run, x = Training(made), samples(LAYERS[name][1], "float32")
    run(x)  # what moves in training has moved
    made.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    assert len(loaded.variables) == len(made.variables)
    np.testing.assert_array_equal(Training(loaded)(x), run(x))
    np.testing.assert_array_equal(loaded(arguments(loaded, x)), made(arguments(made, x)))


@pytest.mark.parametrize("name", LAYERS)
def test_mixed_precision_keeps_float32_variables_and_stays_near(name):
    for policy, close in (("mixed_float16", 2e-3), ("mixed_bfloat16", 2e-2)):
        stays_near(name, policy, close)


def stays_near(name, policy, close):
    reference, mixed = model(name), model(name, policy)
    for target, source in zip(mixed.variables, reference.variables, strict=True):
        target.assign(source.numpy())
    x = samples(LAYERS[name][1], "float32")
    expected, found = Training(reference)(x), Training(mixed)(x)
    assert found.dtype == policy.removeprefix("mixed_")
    assert all(v.dtype == "float32" for v in mixed.variables)
    np.testing.assert_allclose(tf.cast(found, "float32"), expected, rtol=close, atol=close * np.max(np.abs(expected)))
    for a, b in zip(mixed.non_trainable_variables, reference.non_trainable_variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-6)  # statistics were float32


@pytest.mark.parametrize("name", LAYERS)
def test_xla_gives_the_same_output_and_gradients_of_both_orders_for_any_batch(name):
    made, shape = model(name), LAYERS[name][1]
    run, x = Training(made), tf.constant(samples(shape, "float32"))

    def both(x):
        with tf.GradientTape() as outer:
            outer.watch([v.value for v in run.trainable_variables])
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = run(x)
                s = tf.reduce_sum(tf.sin(y))
            first = inner.gradient(s, x)
            penalty = tf.reduce_sum(first**2)
        second = outer.gradient(penalty, [v.value for v in run.trainable_variables], unconnected_gradients="zero")
        return [y, first, *(tf.convert_to_tensor(g) for g in second)]

    compiled = tf.function(both, jit_compile=True, input_signature=[tf.TensorSpec((None, *shape))], autograph=False)
    assert tuple(compiled(x)[0].shape[1:]) == tuple(made.output_shape[1:])
    for a, b in zip(compiled(x), both(x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * max(1.0, np.max(np.abs(b))))


def critic(norm):
    """A small convolutional critic in float64."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, strides=2, padding="same"),
            norm(),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Conv2D(8, 3, strides=2, padding="same"),
            norm(),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )


def through_critic(norm):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(0)
    return error(critic(norm), keras.Variable(samples((8, 8, 1)), dtype="float64"))


def test_keras_layer_normalization_fails_the_check_that_ours_passes():
    assert through_critic(keras.layers.LayerNormalization) > 0.05
    assert through_critic(layers.LayerNormalization) < 1e-6
