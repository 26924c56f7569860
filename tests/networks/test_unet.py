"""pix2pix's U-Net: sizes, where dropout and normalisation stand, that dropout stays on."""

import keras
import numpy as np
import pytest

from kgan.checks import InputError
from kgan.networks import unet_generator

IMAGES = np.random.default_rng(0).uniform(-1, 1, (2, 16, 24, 2)).astype("float32")


def test_published_sizes():
    """Weights of the paper's 256 x 256 network, 54.414 M as the authors' code counts them, with batch normalisation.

    That has a gain for each map, which the next convolution makes up for, and no bias for the first map and the
    bottleneck.
    """
    maps = [64, 128, 256, 512, 512, 512, 512, 512]
    down = [3, *maps]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64)]
    kernels = sum(i * o for i, o in [*zip(down, maps, strict=False), *up, (128, 3)]) * 4 * 4
    shifts = sum(maps[1:7]) + sum(o for _, o in up)
    assert kernels + 2 * shifts + 3 == 54413955
    model = unet_generator()
    assert model.count_params() == kernels + shifts + 3 + 64 + 512
    assert model.output_shape == (None, 256, 256, 3)
    smallest = min(np.prod(layer.output.shape[1:3]) for layer in model.layers if hasattr(layer, "kernel"))
    assert smallest == 1


@pytest.mark.parametrize(
    ("shape", "depth", "bottleneck"), [((28, 28, 1), 2, (7, 7)), ((64, 96, 3), 5, (2, 3)), ((2, 2, 1), 1, (1, 1))]
)
def test_as_deep_as_the_sizes_allow(shape, depth, bottleneck):
    model = unet_generator(shape, channels=2, width=2)
    down = [layer for layer in model.layers if type(layer) is keras.layers.Conv2D]
    assert len(down) == depth and down[-1].output.shape[1:3] == bottleneck
    assert model.inputs[0].name == "images" and model.output_shape == (None, *shape[:2], 2)


def test_order_of_layers():
    """As in the authors' code; a decoder block's skip passes through its ReLU too."""
    names = [type(layer).__name__ for layer in unet_generator((32, 32, 3), width=2).layers]
    norm, up = "InstanceNormalization", ["ReLU", "Conv2DTranspose", "InstanceNormalization"]
    encoder = ["Conv2D", *["LeakyReLU", "Conv2D", norm] * 3, "LeakyReLU", "Conv2D"]
    decoder = [*[*up, "LastingDropout", "Concatenate"] * 3, *up, "Concatenate"]
    assert names == ["InputLayer", *encoder, *decoder, "ReLU", "Conv2DTranspose", "Activation"]


def test_dropout_stays_on_and_after_loading_too(tmp_path):
    model = unet_generator((16, 24, 2), channels=1, width=4)
    model.save(tmp_path / "m.keras")
    for network in (model, keras.saving.load_model(tmp_path / "m.keras")):
        one, other = network(IMAGES, training=False).numpy(), network(IMAGES, training=False).numpy()
        assert one.shape == (2, 16, 24, 1) and np.abs(one).max() <= 1.0
        assert np.abs(one - other).max() > 1e-4


def test_the_bottleneck_of_one_pixel_is_heard():
    model = unet_generator((8, 8, 1), width=4)
    bottleneck = [layer for layer in model.layers if type(layer) is keras.layers.Conv2D][-1]
    seen = keras.Model(model.inputs, bottleneck.output)([IMAGES[:, :8, :8, :1]]).numpy()
    assert seen.shape[1:3] == (1, 1) and np.abs(seen[0] - seen[1]).max() > 1e-6


def test_bad_input():
    for arguments, message in (
        ({"source_shape": (27, 28, 1)}, r"source_shape: wanted sizes divisible by 2, got \(27, 28, 1\)"),
        ({"source_shape": (24, 24, 1), "depth": 4}, r"source_shape: wanted sizes divisible by 16, got \(24, 24, 1\)"),
        ({"source_shape": (None, 32, 1)}, r"source_shape: wanted a height and width, got \(None, 32, 1\)"),
        ({"source_shape": (32, 32)}, r"source_shape: wanted \(height, width, channels\), got \(32, 32\)"),
        ({"depth": 0}, "depth: wanted a whole number from 1 on, got 0"),
        ({"channels": "a"}, "channels: wanted a whole number from 1 on, got 'a'"),
        ({"width": -1}, "width: wanted a whole number from 1 on, got -1"),
    ):
        with pytest.raises(InputError, match=f"^{message}"):
            unet_generator(**arguments)
