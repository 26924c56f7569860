"""SpectralNormalization: the six properties that the usual implementations lack, and what surrounds them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.layers import SpectralNormalization
from tests import numeric

LAYERS = {
    "dense": (lambda: keras.layers.Dense(5), (7,)),
    "conv1d": (lambda: keras.layers.Conv1D(5, 3), (6, 4)),
    "conv2d": (lambda: keras.layers.Conv2D(5, 3, strides=2, padding="same"), (6, 6, 4)),
    "conv2d_transpose": (lambda: keras.layers.Conv2DTranspose(3, 4, 2, padding="same"), (3, 3, 5)),
    "depthwise": (lambda: keras.layers.DepthwiseConv2D(3, depth_multiplier=2), (6, 6, 4)),
    "einsum": (lambda: keras.layers.EinsumDense("ab,bc->ac", 5, bias_axes="c"), (7,)),
    "einsum_heads": (lambda: keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3)), (4, 7)),
    "embedding": (lambda: keras.layers.Embedding(7, 5), (3,)),
    "separable": (lambda: keras.layers.SeparableConv2D(5, 3, depth_multiplier=2), (6, 6, 4)),
}


def build(name, dtype="float32", **kwargs):
    make, shape = LAYERS[name]
    layer = SpectralNormalization(make(), **kwargs)
    keras.config.set_dtype_policy(dtype)
    layer.layer.dtype_policy = keras.DTypePolicy(dtype)
    x = np.random.default_rng(0).normal(size=(2, *shape)).astype("float64" if dtype == "float64" else "float32")
    if name == "embedding":
        x = np.array([[0, 3, 6], [1, 1, 2]])
    layer(x)
    return layer, x


def matrix(name, kernel):
    """The kernel with output channels as columns, written independently of the layer."""
    if name == "conv2d_transpose":
        kernel = np.moveaxis(kernel, -2, -1)
    if name == "depthwise" or kernel.shape == (3, 3, 4, 2):  # the separable convolution's first
        kernel = kernel.reshape(*kernel.shape[:-2], -1)
    if name == "einsum_heads":
        kernel = kernel.reshape(7, 6)
    return kernel.reshape(-1, kernel.shape[-1])


# (a)
@pytest.mark.parametrize("name", LAYERS)
def test_gradient_is_that_of_the_normalised_kernel_by_finite_differences(name):
    layer, x = build(name, "float64")
    assert len(layer.kernels) == (2 if name == "separable" else 1)
    weights = tf.constant(np.random.default_rng(1).normal(size=layer(x).shape))

    def loss():
        return tf.reduce_sum(weights * tf.sin(layer(x)))

    for kernel in layer.kernels:
        with tf.GradientTape() as tape:
            tape.watch(kernel.value)
            value = loss()
        found = tape.gradient(value, kernel.value).numpy()
        start = kernel.numpy()

        def at(array, kernel=kernel):
            kernel.assign(array)
            return float(loss())

        expected = numeric.gradient(at, start)
        kernel.assign(start)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


# (b)
def test_three_calls_in_a_step_see_the_same_function_and_change_nothing():
    layer, x = build("conv2d")
    before = [v.numpy() for v in layer.variables]
    outputs = [layer(x, training=True).numpy() for _ in range(3)]
    layer(x, training=False)
    np.testing.assert_array_equal(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])
    for v, b in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(v.numpy(), b)


# (c)
def test_a_generator_step_leaves_the_discriminators_bytes_and_a_discriminator_step_moves_u_once():
    gan = kgan.SNGAN(
        kgan.networks.dcgan_generator((8, 8, 1), 4, width=4),
        kgan.networks.dcgan_discriminator((8, 8, 1), width=4, normalization="spectral"),
        latent_dim=4,
    )
    gan.compile(n_critic=1)
    real = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    d, g = gan.game.players
    round = kgan.game.Round(tf.constant(real))
    before = [v.numpy() for v in gan.discriminator.variables]
    g.move(gan.game.gradients(g, round)[0])
    for v, b in zip(gan.discriminator.variables, before, strict=True):
        np.testing.assert_array_equal(v.numpy(), b)

    layer = next(layer for layer in gan.discriminator.layers if isinstance(layer, SpectralNormalization))
    u = layer.u.numpy()
    d.move(gan.game.gradients(d, round)[0])
    m = matrix("conv2d", layer.kernel.numpy())
    v = m @ u / np.linalg.norm(m @ u)
    once = m.T @ v / np.linalg.norm(m.T @ v)
    np.testing.assert_allclose(layer.u.numpy(), once, rtol=1e-5, atol=1e-6)


# (d)
@pytest.mark.parametrize("name", LAYERS)
def test_the_largest_singular_value_is_one_by_numpy(name):
    layer, x = build(name, "float64")
    layer.power_iteration(200)
    assert_divided_by_numpys_sigma(layer, LAYERS[name][0](), lambda kernel: matrix(name, kernel), x)


def assert_divided_by_numpys_sigma(layer, plain, matrix, *inputs):
    """That the layer is the `plain` one with each of its kernels divided by its largest singular value."""
    plain.dtype_policy = keras.DTypePolicy("float64")
    plain(*inputs)
    kernels = {id(kernel) for kernel in layer.kernels}
    for target, source in zip(plain.weights, layer.layer.weights, strict=True):
        value = source.numpy()
        if id(source) in kernels:
            value = value / np.linalg.svd(matrix(value), compute_uv=False)[0]
        target.assign(value)
    np.testing.assert_allclose(layer(*inputs), plain(*inputs), rtol=1e-6, atol=1e-9)


def test_the_four_projections_of_multi_head_attention_each_have_norm_one():
    keras.config.set_dtype_policy("float64")
    make = lambda: keras.layers.MultiHeadAttention(2, 3, value_dim=4)  # noqa: E731
    layer, rng = SpectralNormalization(make()), np.random.default_rng(0)
    query, value, key = (rng.normal(size=(2, n, size)) for n, size in ((5, 7), (4, 6), (4, 8)))
    assert layer(query, value, key).shape == (2, 5, 7)
    assert [kernel.shape for kernel in layer.kernels] == [(7, 2, 3), (8, 2, 3), (6, 2, 4), (2, 4, 7)]
    before = [v.numpy() for v in layer.us]
    layer.power_iteration(200)
    assert not any(np.array_equal(v, b) for v, b in zip(layer.us, before, strict=True))

    def matrix(kernel):  # heads and their size are inputs of the last, outputs of the others
        return kernel.reshape(8, 7) if kernel.shape == (2, 4, 7) else kernel.reshape(kernel.shape[0], -1)

    assert_divided_by_numpys_sigma(layer, make(), matrix, query, value, key)


def test_warm_up_makes_sigma_good_at_once():
    layer, _ = build("dense")
    m = matrix("dense", layer.kernel.numpy())
    sigma = layer.v.numpy() @ m @ layer.u.numpy()
    assert 0.9 < sigma / np.linalg.svd(m, compute_uv=False)[0] <= 1.0 + 1e-6


# (f)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_under_mixed_precision_the_float32_master_is_untouched_and_sigma_is_float32(policy):
    layer, x = build("dense")
    reference = layer(x).numpy()
    keras.config.set_dtype_policy(policy)
    mixed = SpectralNormalization(keras.layers.Dense(5))
    model = keras.Sequential([keras.Input((7,)), mixed])
    for target, source in zip(mixed.variables, layer.variables, strict=True):
        target.assign(source.numpy())
    before = mixed.kernel.numpy()
    output = model(x, training=True)
    assert output.dtype == policy.removeprefix("mixed_")
    assert mixed.kernel.dtype == mixed.u.dtype == "float32"
    np.testing.assert_array_equal(mixed.kernel.numpy(), before)
    np.testing.assert_allclose(tf.cast(output, "float32"), reference, rtol=2e-2, atol=2e-2)


def test_a_zero_kernel_stays_zero_and_recovers():
    layer, x = build("dense")
    layer.kernel.assign(np.zeros((7, 5)))
    layer.power_iteration()
    assert np.isfinite(layer(x)).all() and not np.any(layer(x))
    layer.kernel.assign(np.random.default_rng(0).normal(size=(7, 5)))
    layer.power_iteration(100)
    normalised = layer.kernel.numpy() / (layer.v.numpy() @ layer.kernel.numpy() @ layer.u.numpy())
    assert np.linalg.svd(normalised, compute_uv=False)[0] == pytest.approx(1.0, abs=1e-5)


def test_round_trips_through_keras_files(tmp_path):
    model = keras.Sequential([keras.Input((6, 6, 1)), SpectralNormalization(keras.layers.Conv2D(4, 3), 2)])
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 1))
    np.testing.assert_array_equal(model(x), loaded(x))
    assert loaded.layers[0].power_iterations == 2
    assert len(loaded.variables) == len(model.variables) == 4  # kernel, bias, u, v


def test_works_under_xla():
    layer, x = build("conv2d")

    @tf.function(jit_compile=True, autograph=False)
    def step():
        layer.power_iteration()
        return layer(x)

    np.testing.assert_allclose(step(), layer(x), rtol=1e-4, atol=1e-5)


def test_a_wrapped_float64_layer_that_begins_a_nested_model_is_not_truncated():
    keras.config.set_dtype_policy("float64")
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False))
    x = np.random.default_rng(0).normal(size=(2, 5))
    inputs = keras.Input((5,), dtype="float64")
    model = keras.Model(inputs, keras.Sequential([layer])(inputs))
    np.testing.assert_array_equal(model(x), layer(x))


def test_bad_input():
    with pytest.raises(InputError, match=r"wants one of .*'kernel'.* has none"):
        SpectralNormalization(keras.layers.ReLU())(np.zeros((1, 3), "float32"))
    with pytest.raises(InputError, match="wrap the layers inside it"):
        SpectralNormalization(keras.Sequential([keras.layers.Dense(1)]))(np.zeros((1, 3), "float32"))
    for number in (0, 1.5):
        with pytest.raises(InputError, match=f"power_iterations: wanted a whole number from 1 on, got {number}"):
            SpectralNormalization(keras.layers.Dense(1), number)
    with pytest.raises(InputError, match="layer: wanted a Keras layer, got 'dense'"):
        SpectralNormalization("dense")


@pytest.mark.parametrize(
    "layer",
    [
        kgan.layers.EqualizedDense(4),
        kgan.layers.EqualizedConv2D(4, 3),
        kgan.layers.EqualizedConv2DTranspose(4, 3),
    ],
)
def test_an_equalised_layer_is_refused_because_its_scale_would_stay(layer):
    with pytest.raises(InputError, match=rf"layer: '{layer.name}' \({type(layer).__name__}\) is equalised"):
        SpectralNormalization(layer)(np.zeros((1, 4, 4, 2), "float32"))
