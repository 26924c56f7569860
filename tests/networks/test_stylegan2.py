"""StyleGAN2's networks against a restatement of the authors' formulas in NumPy, on the same weights, in float64."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.networks import stylegan2_discriminator, stylegan2_generator
from kgan.networks.stylegan2_layers import ModulatedConv2D, StyleConv2D, StyleDense, ToRGB

SHAPE, DIM = (8, 8, 2), 3
SLOPE = float(np.float32(0.2))  # TensorFlow's is an attribute of its operation, in float32
FILTER = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64.0


def conv(x, kernel, stride=1):
    """Of NHWC by (height, width, in, out), without a border."""
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], (1, 2))[:, ::stride, ::stride]
    return np.einsum("bhwiyx,yxio->bhwo", windows, kernel)


def bordered(x, before, after):
    return np.pad(x, [(0, 0), (before, after), (before, after), (0, 0)])


def blurred(x, gain=1.0):
    return conv(x, gain * FILTER[:, :, None, None] * np.eye(x.shape[-1]))


def with_zeros(x):
    """A zero behind each pixel, in both directions."""
    result = np.zeros((len(x), 2 * x.shape[1], 2 * x.shape[2], x.shape[3]))
    result[:, ::2, ::2] = x
    return result


def leaky(x):
    return np.sqrt(2) * np.where(x > 0, x, SLOPE * x)


def dense(layer, x):
    rate = layer.lr_multiplier
    x = x @ (layer.kernel.numpy() * rate / np.sqrt(x.shape[1])) + rate * layer.bias.numpy()
    return leaky(x) if layer.activated else x


def modulated(layer, x, style):
    style = style @ layer.affine.numpy() / np.sqrt(style.shape[1]) + layer.shift.numpy()
    rows = []
    for row, s in zip(x, style, strict=True):
        kernel = layer.kernel.numpy() * s[:, None]
        kernel = kernel / np.sqrt((kernel**2).sum((0, 1, 2)) + 1e-8)
        up = layer.up
        rows.append(
            conv(blurred(bordered(with_zeros(row[None]), 3, 2), 4.0) if up else bordered(row[None], 1, 1), kernel)
        )
    noise = layer.strength.numpy() * layer.noise.numpy()
    return leaky(np.concatenate(rows) + noise + layer.bias.numpy())


def to_rgb(layer, x, style):
    style = style @ layer.affine.numpy() / np.sqrt(style.shape[1]) + layer.shift.numpy()
    return conv(x * style[:, None, None] / np.sqrt(x.shape[-1]), layer.kernel.numpy()) + layer.bias.numpy()


def convolved(layer, x):
    kernel = layer.kernel.numpy() / np.sqrt(np.prod(layer.kernel.shape[:3]))
    border = layer.size // 2
    if layer.down:
        x = conv(blurred(bordered(x, border + 1, border + 1)), kernel, 2)
    else:
        x = conv(bordered(x, border, border), kernel)
    return layer.gain * (leaky(x + layer.bias.numpy()) if layer.activated else x)


def deviation(x, groups):
    """Sample i with i + groups, and so on: the mean deviation of each group as one more map."""
    parts = x.reshape(-1, groups, *x.shape[1:])
    each = np.sqrt(((parts - parts.mean(0)) ** 2).mean(0) + 1e-8).mean((1, 2, 3))
    maps = np.tile(each, len(parts))[:, None, None, None] * np.ones((*x.shape[:3], 1))
    return np.concatenate([x, maps], -1)


@pytest.fixture
def shaken():
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)

    def shake(model):
        for v in model.weights:
            if not v.path.endswith("seed_generator_state"):
                v.assign(v.numpy() + 0.3 * rng.normal(size=v.shape))
        return model

    yield shake
    keras.config.set_floatx("float32")


def of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_the_generator(shaken):
    generator = shaken(stylegan2_generator(SHAPE, DIM, width=3, mapping_layers=2))
    rng = np.random.default_rng(1)
    z, psi = rng.normal(size=(3, DIM)), np.array([1.0, 0.7, 0.0])
    w = z / np.sqrt((z**2).mean(1, keepdims=True) + 1e-8)
    for layer in of(generator.get_layer("mapping"), StyleDense):
        assert layer.lr_multiplier == 0.01
        w = dense(layer, w)
    mean = generator.get_layer("truncated").mean.numpy()
    w = mean + psi[:, None] * (w - mean)

    synthesis = generator.get_layer("synthesis")
    styles = w[:, None] + 0.5 * rng.normal(size=(3, 4, DIM))  # other ones in each layer
    (first, up, second), (rgb, finer) = of(synthesis, ModulatedConv2D), of(synthesis, ToRGB)
    assert (first.up, up.up, second.up) == (False, True, False)
    constant = next(v.numpy() for v in synthesis.weights if v.path.endswith("constant"))
    x = modulated(first, np.tile(constant, (3, 1, 1, 1)), styles[:, 0])
    images = to_rgb(rgb, x, styles[:, 1])
    x = modulated(second, modulated(up, x, styles[:, 1]), styles[:, 2])
    images = blurred(bordered(with_zeros(images), 2, 1), 4.0) + to_rgb(finer, x, styles[:, 3])
    np.testing.assert_allclose(synthesis(styles), images, rtol=1e-10, atol=1e-10)
    same = synthesis(np.tile(w[:, None], (1, 4, 1))).numpy()
    np.testing.assert_allclose(generator([z, psi]), np.clip(same, -1, 1), rtol=1e-8, atol=1e-8)


def test_the_discriminator(shaken):
    critic = shaken(stylegan2_discriminator(SHAPE, width=3))
    samples = np.random.default_rng(1).uniform(-1, 1, (8, *SHAPE))
    convs, (hidden, last) = of(critic, StyleConv2D), of(critic, StyleDense)
    (shortcut,) = (layer for layer in convs if layer.size == 1 and layer.down)
    from_rgb, first, down, final = (layer for layer in convs if layer is not shortcut)
    x = convolved(from_rgb, samples)
    x = convolved(shortcut, x) + convolved(down, convolved(first, x))
    x = convolved(final, deviation(x, 2))
    logits = dense(last, dense(hidden, x.reshape(8, -1)))
    assert (shortcut.gain, down.gain) == pytest.approx((np.sqrt(0.5), np.sqrt(0.5)))
    np.testing.assert_allclose(critic(samples), logits, rtol=1e-10, atol=1e-10)


def test_the_numbers_of_the_first_weights():
    keras.utils.set_random_seed(0)
    generator = stylegan2_generator((16, 16, 1), 64, width=32)
    slow = of(generator.get_layer("mapping"), StyleDense)
    assert len(slow) == 8 and all(np.std(layer.kernel.numpy()) == pytest.approx(100.0, rel=0.1) for layer in slow)
    convs = of(generator.get_layer("synthesis"), ModulatedConv2D)
    assert all(np.std(layer.kernel.numpy()) == pytest.approx(1.0, rel=0.1) for layer in convs)
    assert all((layer.shift.numpy() == 1).all() and layer.strength.numpy() == 0 for layer in convs)
    # Of an untrained network, maps and pictures have about unit size at every layer: what the scaling is for.
    images = generator.get_layer("synthesis")(np.random.default_rng(0).normal(size=(16, 6, 64)))
    assert 0.5 < np.std(images) < 5.0


def test_noise_is_a_function_of_the_seed_in_training_and_constant_otherwise():
    keras.utils.set_random_seed(0)
    synthesis = stylegan2_generator((8, 8, 1), 4, width=4).get_layer("synthesis")
    for layer in of(synthesis, ModulatedConv2D):
        layer.strength.assign(1.0)
    styles = tf.ones((2, 4, 4))

    def drawn(seed, training=True):
        kgan.random.reseed([synthesis], kgan.random.key(seed))
        return synthesis(styles, training=training).numpy()

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert np.abs(drawn(1) - drawn(2)).max() > 0.1
    assert np.abs(drawn(1)[0] - drawn(1)[1]).max() > 0.1
    np.testing.assert_array_equal(drawn(1, training=False), drawn(2, training=False))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: stylegan2_generator((30, 30, 1), width=0), "width: wanted a whole number from 1 on, got 0"),
        (lambda: stylegan2_generator((9, 9, 1)), "image_shape: 9 x 9 cannot be halved"),
        (lambda: stylegan2_generator((8, 8, 1), mapping_layers=0), "layers: wanted a whole number from 1 on, got 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message):
        make()
