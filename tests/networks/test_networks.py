"""The contract of network builders."""

import inspect

import keras
import numpy as np
import pytest

import kgan
from kgan.checks import InputError

SHAPES = [(28, 28, 1), (32, 32, 3), (16, 16, 1), (24, 40, 3)]


@pytest.mark.parametrize("name", kgan.networks.NETWORKS)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_ranges(name, shape):
    make_generator, make_discriminator = kgan.networks.NETWORKS[name]
    generator, discriminator = make_generator(shape, latent_dim=8, width=4), make_discriminator(shape, width=4)
    assert generator.input_shape == (None, 8) and generator.output_shape == (None, *shape)
    assert discriminator.input_shape == (None, *shape) and discriminator.output_shape == (None, 1)
    assert generator.inputs[0].name == "latents" and discriminator.inputs[0].name == "samples"
    images = generator(50 * np.random.default_rng(0).normal(size=(3, 8)).astype("float32"))
    assert np.abs(images).max() <= 1.0
    assert np.isfinite(discriminator(images)).all()


@pytest.mark.parametrize("name", kgan.networks.NETWORKS)
def test_round_trips_through_keras_files(name, tmp_path):
    for make in kgan.networks.NETWORKS[name]:
        model = make((16, 16, 1), width=4)
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
        np.testing.assert_array_equal(model(x), loaded(x))


def test_points():
    generator, discriminator = kgan.networks.mlp_generator((2,), 3), kgan.networks.mlp_discriminator((2,))
    assert generator.output_shape == (None, 2) and discriminator.input_shape == (None, 2)
    far = generator(100 * np.ones((1, 3), "float32"))
    assert np.abs(far).max() > 1.0  # no tanh: points may lie anywhere


@pytest.mark.parametrize("normalization", [None, "batch", "spectral"])
@pytest.mark.parametrize("make", [kgan.networks.dcgan_discriminator, kgan.networks.mlp_discriminator])
def test_normalizations(make, normalization):
    layers = [type(layer).__name__ for layer in make((16, 16, 1), width=4, normalization=normalization).layers]
    assert ("BatchNormalization" in layers) == (normalization == "batch")
    assert ("SpectralNormalization" in layers) == (normalization == "spectral")


def test_published_sizes():
    """Layer by layer from Miyato et al. 2018, table 4, at 32 x 32 x 3 with 256 maps in G and 128 in D."""
    conv = lambda i, o, k: i * o * k * k + o  # noqa: E731
    block = 2 * conv(256, 256, 3) + conv(256, 256, 1) + 2 * 2 * 256
    generator = 129 * 4 * 4 * 256 + 3 * block + 2 * 256 + conv(256, 3, 3)
    first = conv(3, 128, 3) + conv(128, 128, 3) + conv(3, 128, 1)
    discriminator = (
        first + 2 * conv(128, 128, 3) + conv(128, 128, 1) + 2 * 2 * conv(128, 128, 3) + 128
    )  # the authors' last layer has no bias
    for model, expected in (
        (kgan.networks.sngan_generator((32, 32, 3), 128, width=256), generator),
        (kgan.networks.sngan_discriminator((32, 32, 3), width=128), discriminator),
    ):
        assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == expected


@pytest.mark.parametrize("make", [kgan.networks.dcgan_generator, kgan.networks.sngan_discriminator])
def test_bad_input(make):
    with pytest.raises(InputError, match=r"image_shape: 27 x 27 cannot be halved .* wanted even sizes from 8 on"):
        make((27, 27, 1))
    with pytest.raises(InputError, match=r"image_shape: wanted \(height, width, channels\), got \(28, 28\)"):
        make((28, 28))


BUILDERS = [make for pair in kgan.networks.NETWORKS.values() for make in pair]


@pytest.mark.parametrize("make", BUILDERS, ids=lambda make: make.__name__)
def test_every_builder_wants_whole_numbers(make):
    shape, *numbers = inspect.signature(make).parameters
    numbers = [name for name in numbers if name not in ("normalization", "condition")]
    assert "width" in numbers
    for name in numbers:
        for value in (-1, 1.5, "a"):
            with pytest.raises(InputError, match=f"^{name}: wanted a whole number from . on, got {value!r}"):
                make((16, 16, 1), **{name: value})
    for value in ((16.0, 16.0, 1), (16, 16, 0), "abc"):
        with pytest.raises(InputError, match=f"^{shape}: wanted"):
            make(value)


def test_unknown_normalization():
    with pytest.raises(InputError, match="normalization: unknown name 'spectrl'; did you mean 'spectral'"):
        kgan.networks.mlp_generator(normalization="spectrl")
    for make, name in ((kgan.networks.mlp_generator, "instance"), (kgan.networks.sngan_discriminator, "batch")):
        with pytest.raises(InputError, match=f"normalization: unknown name '{name}'.* known: None, "):
            make(normalization=name)  # which would have no effect, or find no positions


PICTURES = [kgan.networks.cyclegan_generator, kgan.networks.unet_generator, kgan.networks.patch_discriminator]


@pytest.mark.parametrize("make", [*BUILDERS, *PICTURES], ids=lambda make: make.__name__)
def test_no_two_kernels_start_alike(make):
    """As those would whose layers share an initializer."""
    kernels = [v.numpy() for v in make((64, 64, 3), width=4).trainable_variables if v.numpy().std() > 0.0]
    for number, one in enumerate(kernels):
        assert not any(np.array_equal(one, other) for other in kernels[:number]), one.shape
