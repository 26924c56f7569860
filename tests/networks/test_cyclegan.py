"""CycleGAN's generator: the published number of weights, any size, what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.checks import InputError
from kgan.networks import cyclegan_generator


def test_published_sizes():
    """c7s1-64, d128, d256, R256 (nine), u128, u64, c7s1-3: 11.378 M weights, as the authors' code counts them.

    Their biases at the end of the nine residual blocks, which have no effect, are left out here.
    """
    conv = lambda i, o, k: i * o * k * k + o  # noqa: E731
    ends = conv(3, 64, 7) + conv(64, 3, 7)
    between = conv(64, 128, 3) + conv(128, 256, 3) + conv(256, 128, 3) + conv(128, 64, 3)
    model = cyclegan_generator((256, 256, 3))
    assert ends + between + 9 * 2 * conv(256, 256, 3) == 11378179
    assert model.count_params() == 11378179 - 9 * 256


@pytest.mark.parametrize(
    ("shape", "blocks"), [((128, 128, 3), 6), ((128, 256, 3), 9), ((252, 252, 3), 6), ((None, None, 3), 6)]
)
def test_as_many_blocks_as_in_the_paper(shape, blocks):
    adds = [layer for layer in cyclegan_generator(shape, width=1).layers if isinstance(layer, keras.layers.Add)]
    assert len(adds) == blocks


def test_any_size_and_other_channels(tmp_path):
    model = cyclegan_generator((None, None, 3), channels=1, width=2, blocks=1)
    assert model.inputs[0].name == "images"
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    for size in ((8, 8), (20, 32)):
        images = 3.0 * np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
        translated = model(images).numpy()
        assert translated.shape == (2, *size, 1) and np.abs(translated).max() <= 1.0
        np.testing.assert_array_equal(loaded(images), translated)
    assert cyclegan_generator((8, 12, 2), width=2, blocks=0).output_shape == (None, 8, 12, 2)


def test_every_weight_has_a_gradient():
    """None is undone by a normalisation behind it: biases are where nothing follows but tanh."""
    model = cyclegan_generator((16, 16, 1), width=4, blocks=2)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1)).astype("float32")
    for v in model.trainable_variables:
        v.assign(v.numpy() + 0.3 * np.random.default_rng(1).normal(size=v.shape))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - 0.5))
    largest = [float(tf.reduce_max(tf.abs(g))) for g in tape.gradient(loss, model.trainable_variables)]
    assert min(largest) > 1e-3 * max(largest)


def test_bad_input():
    for arguments, message in (
        ({"image_shape": (30, 32, 3)}, "image_shape: wanted sizes from 8 on, divisible by 4, got 30 x 32"),
        ({"image_shape": (4, 4, 3)}, "image_shape: wanted sizes from 8 on, divisible by 4, got 4 x 4"),
        ({"image_shape": (32, 32)}, r"image_shape: wanted \(height, width, channels\), got \(32, 32\)"),
        ({"channels": 0}, "channels: wanted a whole number from 1 on, got 0"),
        ({"blocks": -1}, "blocks: wanted a whole number from 0 on, got -1"),
        ({"width": "a"}, "width: wanted a whole number from 1 on, got 'a'"),
    ):
        with pytest.raises(InputError, match=f"^{message}"):
            cyclegan_generator(**arguments)
