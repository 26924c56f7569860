"""What each layer computes, against closed forms, NumPy, Keras, TensorFlow and PyTorch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import layers
from kgan.checks import InputError

RNG = np.random.default_rng(0)
X = RNG.normal(1.0, 2.0, (4, 4, 6, 8)).astype("float32")


def affine(layer, x=X):
    """The layer, built, with a gamma and a beta of some value."""
    layer(x)
    rng = np.random.default_rng(1)
    for v in layer.trainable_variables:
        v.assign(rng.normal(size=v.shape))
    return layer


# Normalisation
LIKE_KERAS = {
    "layer": (layers.LayerNormalization, keras.layers.LayerNormalization, {}),
    "layer_axes": (layers.LayerNormalization, keras.layers.LayerNormalization, {"axis": [1, 3], "center": False}),
    "group": (layers.GroupNormalization, keras.layers.GroupNormalization, {"groups": 4, "epsilon": 1e-5}),
    "batch": (layers.BatchNormalization, keras.layers.BatchNormalization, {"momentum": 0.9, "scale": False}),
}


@pytest.mark.parametrize("name", LIKE_KERAS)
def test_normalisations_are_the_functions_of_keras(name):
    ours, theirs, settings = LIKE_KERAS[name]
    ours, theirs = affine(ours(**settings)), affine(theirs(**settings))
    for training in (True, True, False):
        np.testing.assert_allclose(
            ours(X, training=training), theirs(X, training=training), rtol=1e-4, atol=1e-5, err_msg=str(training)
        )
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)  # moving statistics


def test_group_and_instance_normalisation_equal_pytorchs():
    torch = pytest.importorskip("torch")
    x = torch.tensor(X.transpose(0, 3, 1, 2))
    group, instance = layers.GroupNormalization(2, epsilon=1e-5), layers.InstanceNormalization(epsilon=1e-5)
    for ours, theirs in ((group, torch.nn.GroupNorm(2, 8)), (instance, torch.nn.InstanceNorm2d(8))):
        np.testing.assert_allclose(ours(X), theirs(x).detach().numpy().transpose(0, 2, 3, 1), rtol=1e-4, atol=1e-5)


def test_batch_normalisation_moves_in_training_only_and_not_when_frozen():
    layer = layers.BatchNormalization(momentum=0.75)
    layer(X, training=True)
    np.testing.assert_allclose(layer.moving_mean, 0.25 * X.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.75 + 0.25 * X.var((0, 1, 2)), rtol=1e-5)
    before = [v.numpy() for v in layer.variables]
    layer(X)
    layer.trainable = False
    layer(X, training=True)
    for v, b in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(v, b)


def test_conditional_batch_normalisation_has_an_affine_map_for_each_class():
    layer = layers.ConditionalBatchNormalization(3)
    labels = np.array([2, 0, 2, 1])
    np.testing.assert_allclose(layer([X, labels], training=True), layers.BatchNormalization()(X, training=True))
    layer.gamma.assign(RNG.normal(size=(3, 8)))
    layer.beta.assign(RNG.normal(size=(3, 8)))
    standard = (X - X.mean((0, 1, 2))) / np.sqrt(X.var((0, 1, 2)) + 1e-3)
    gamma, beta = layer.gamma.numpy()[labels][:, None, None], layer.beta.numpy()[labels][:, None, None]
    np.testing.assert_allclose(layer([X, labels], training=True), gamma * standard + beta, rtol=1e-4, atol=1e-5)


def test_conditional_batch_normalisation_and_labels_out_of_range_as_its_docstring_has_it():
    layer = layers.ConditionalBatchNormalization(3)
    layer.build([(None, 8), (None,)])
    layer.beta.assign(np.repeat([[1.0], [2.0], [3.0]], 8, 1))
    x, labels = np.zeros((2, 8), "float32"), tf.constant([3, -1])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"is not in \[0, 3\)"):
        layer([x, labels])
    nearest = tf.function(lambda labels: layer([x, labels])[:, 0], jit_compile=True, autograph=False)
    np.testing.assert_array_equal(nearest(labels), [3.0, 1.0])


def test_float16_statistics_do_not_overflow():
    keras.config.set_dtype_policy("mixed_float16")
    x = tf.cast(300.0 * X, "float16")  # its squares are beyond float16
    for layer in (layers.LayerNormalization(), layers.InstanceNormalization(), layers.PixelNormalization()):
        assert np.isfinite(layer(x)).all()
    assert np.isfinite(layers.BatchNormalization()(x, training=True)).all()


def test_pixel_normalisation_makes_each_pixel_of_mean_square_one():
    y = layers.PixelNormalization()(X)
    np.testing.assert_allclose(y, X / np.sqrt((X**2).mean(-1, keepdims=True) + 1e-8), rtol=1e-5)
    assert not np.any(layers.PixelNormalization()(0.0 * X))


# Equalised learning rate
EQUALIZED = {
    "dense": (lambda **k: layers.EqualizedDense(64, **k), (2048, 30)),
    "conv": (lambda **k: layers.EqualizedConv2D(32, 3, padding="valid", **k), (32, 12, 12, 16)),
    "grouped": (lambda **k: layers.EqualizedConv2D(32, 3, padding="valid", groups=2, **k), (32, 12, 12, 16)),
    "transpose": (lambda **k: layers.EqualizedConv2DTranspose(32, 4, strides=2, **k), (32, 12, 12, 16)),
}


@pytest.mark.parametrize("name", EQUALIZED)
def test_equalised_layers_keep_unit_variance_times_gain_squared(name):
    make, shape = EQUALIZED[name]
    x = RNG.normal(size=shape).astype("float32")
    for gain in (1.0, 2.0**0.5):
        layer = make(gain=gain)
        y = layer(x).numpy()
        if y.ndim == 4:
            y = y[:, 4:-4, 4:-4]  # away from the border
        assert np.var(y) == pytest.approx(gain**2, rel=0.1)
        assert np.std(layer.kernel.numpy()) == pytest.approx(1.0, rel=0.1)


def test_equalised_convolution_is_the_convolution_with_the_scaled_kernel():
    layer = layers.EqualizedConv2D(5, 3, strides=2, padding="same")
    layer(X)
    layer.bias.assign(RNG.normal(size=5))
    kernel = layer.kernel.numpy() * np.sqrt(2.0 / (3 * 3 * 8))
    expected = tf.nn.conv2d(X, kernel, 2, "SAME") + layer.bias.numpy()
    np.testing.assert_allclose(layer(X), expected, rtol=1e-4, atol=1e-5)


# The batch
def test_minibatch_deviation_by_numpy():
    x = X[:6] if len(X) >= 6 else np.concatenate([X, 2.0 * X])[:6]
    for group, used in ((1, 1), (2, 2), (3, 3), (4, 3), (6, 6)):
        y = layers.MinibatchStdDev(group)(x).numpy()
        groups = x.reshape(used, 6 // used, *x.shape[1:])
        deviation = np.sqrt(groups.var(0) + 1e-8).mean((1, 2, 3))
        np.testing.assert_array_equal(y[..., :-1], x)
        expected = np.broadcast_to(np.tile(deviation, used)[:, None, None], y.shape[:-1])
        np.testing.assert_allclose(y[..., -1], expected, rtol=1e-5)


def test_minibatch_discrimination_by_numpy():
    x = RNG.normal(size=(5, 7))
    layer = layers.MinibatchDiscrimination(3, 2, dtype="float64")
    y = layer(x).numpy()
    m = (x @ layer.kernel.numpy()).reshape(5, 3, 2)
    expected = [[sum(np.exp(-np.abs(m[i, b] - m[j, b]).sum()) for j in range(5)) for b in range(3)] for i in range(5)]
    np.testing.assert_allclose(y, np.concatenate([x, expected], 1), rtol=1e-10)
    collapsed = layer(np.repeat(x[:1], 5, 0)).numpy()
    np.testing.assert_allclose(collapsed[:, 7:], 5.0)  # all alike: as many as the batch holds


# Attention
def test_attention_is_the_papers_formula_and_nothing_at_first():
    layer = layers.SelfAttention(dtype="float64")
    x = X.astype("float64")
    np.testing.assert_array_equal(layer(x), x)
    layer.gamma.assign(0.7)
    f, g, h, v = (part.kernel.numpy() for part in (layer.f, layer.g, layer.h, layer.v))
    assert f.shape == (8, 1) and v.shape == (1, 8)
    flat = x.reshape(4, 24, 8)
    scores = np.einsum("nic,njc->nij", flat @ f, flat @ g)
    weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)  # over i
    o = np.einsum("nij,nic->njc", weights, flat @ h) @ v
    np.testing.assert_allclose(layer(x), (0.7 * o + flat).reshape(x.shape), rtol=1e-8)


def test_spectral_attention_has_projections_of_norm_one():
    layer = layers.SelfAttention(spectral=True, dtype="float64")
    layer(X.astype("float64"))
    for part in (layer.f, layer.g, layer.h, layer.v):
        part.power_iteration(50)
        x = RNG.normal(size=(100, part.kernel.shape[0]))
        grown = np.linalg.norm(part(x), axis=1) / np.linalg.norm(x, axis=1)
        assert grown.max() <= 1.0 + 1e-6


# Resampling
def test_upsampling_is_tensorflows_bilinear_resizing_and_downsampling_its_antialiased_one_inside():
    np.testing.assert_allclose(
        layers.BlurUpsampling2D()(X), tf.image.resize(X, (8, 12), "bilinear"), rtol=1e-5, atol=1e-5
    )
    x = RNG.normal(size=(2, 12, 16, 3)).astype("float32")
    expected = tf.image.resize(x, (6, 8), "bilinear", antialias=True).numpy()
    np.testing.assert_allclose(
        layers.BlurDownsampling2D()(x)[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], rtol=1e-4, atol=1e-5
    )


def test_resampling_keeps_constants_and_ramps():
    x = np.full((1, 4, 6, 2), 3.0, "float32")
    np.testing.assert_allclose(layers.BlurUpsampling2D()(x), 3.0, rtol=1e-6)
    np.testing.assert_allclose(layers.BlurDownsampling2D()(x), 3.0, rtol=1e-6)
    ramp = np.broadcast_to(np.arange(16.0)[:, None, None] + 0.5, (1, 16, 16, 1)).astype("float32")
    down = layers.BlurDownsampling2D()(ramp)[0, :, 0, 0].numpy()
    np.testing.assert_allclose(down[1:-1], 2.0 * np.arange(1, 7) + 1.0, rtol=1e-6)  # the picture has not moved
    up = layers.BlurUpsampling2D()(ramp)[0, :, 0, 0].numpy()
    np.testing.assert_allclose(up[1:-1], 0.5 * np.arange(1, 31) + 0.25, rtol=1e-6)


def test_reflection_is_numpys():
    for padding in (0, 1, 3):
        expected = np.pad(X, ((0, 0), (padding, padding), (padding, padding), (0, 0)), mode="reflect")
        np.testing.assert_array_equal(layers.ReflectionPadding2D(padding)(X), expected)


BAD = {
    r"epsilon: wanted a number above 0, got 0\.0": lambda: layers.LayerNormalization(epsilon=0.0),
    "epsilon: wanted a number above 0, got 'a'": lambda: layers.LayerNormalization(epsilon="a"),
    "epsilon: wanted a number above 0, got -1": lambda: layers.PixelNormalization(-1),
    "axis: .* of shape .4, 4, 6, 8., other than the batch's, got 0": lambda: layers.LayerNormalization(axis=0)(X),
    "axis: wanted different axes .*, got 5": lambda: layers.LayerNormalization(axis=5)(X),
    "axis: wanted different axes .*, got -5": lambda: layers.LayerNormalization(axis=-5)(X),
    r"axis: wanted different axes .*, got \[1, -3\]": lambda: layers.LayerNormalization(axis=[1, -3])(X),
    "groups: wanted a divisor of the 8 channels, got 3": lambda: layers.GroupNormalization(3)(X),
    "groups: wanted a whole number from 1 on, got 'a'": lambda: layers.GroupNormalization("a"),
    r"groups: wanted a whole number from 1 on, got 2\.0": lambda: layers.GroupNormalization(2.0),
    "momentum: wanted a number from 0 on, got None": lambda: layers.BatchNormalization(momentum=None),
    "gain: wanted a number above 0, got -1": lambda: layers.EqualizedDense(3, gain=-1),
    "gain: wanted a number above 0, got 'a'": lambda: layers.EqualizedConv2D(3, 3, gain="a"),
    r"inputs: wanted \(batch, positions, channels\), got shape \(4, 8\)": lambda: layers.SelfAttention()(X[:, 0, 0]),
    r"inputs: wanted \(batch, height, width, channels\), got shape \(4, 6, 8\)": lambda: layers.BlurUpsampling2D()(
        X[:, 0]
    ),
    r"inputs: wanted \(batch, height, width, channels\), got shape \(4, 8\)": lambda: layers.BlurDownsampling2D()(
        X[:, 0, 0]
    ),
    r"inputs: wanted \(batch, positions, channels\)": lambda: layers.InstanceNormalization()(X[:, 0, 0]),
    r"momentum: wanted a number in \[0, 1\], got 1\.5": lambda: layers.BatchNormalization(momentum=1.5),
    "num_classes: wanted a whole number from 1 on, got 0": lambda: layers.ConditionalBatchNormalization(0),
    r"inputs: wanted \[x, labels\]": lambda: layers.ConditionalBatchNormalization(2)(X),
    "group_size: wanted a whole number from 1 on, got 0": lambda: layers.MinibatchStdDev(0),
    "features: wanted a whole number from 1 on": lambda: layers.MinibatchDiscrimination(0),
    r"inputs: wanted \(batch, n\)": lambda: layers.MinibatchDiscrimination()(X),
    "padding: wanted a whole number from 0 on, got -1": lambda: layers.ReflectionPadding2D(-1),
    "inputs: wanted maps larger than the padding 4, got 4 x 6": lambda: layers.ReflectionPadding2D(4)(X),
    r"inputs: wanted \(batch, height, width, channels\), got shape \(4, 6, 8": lambda: layers.ReflectionPadding2D()(
        X[:, 0]
    ),
    "inputs: wanted an even height and width": lambda: layers.BlurDownsampling2D()(X[:, 1:]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input(message):
    with pytest.raises(InputError, match=message):
        BAD[message]()
