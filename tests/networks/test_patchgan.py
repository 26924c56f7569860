"""PatchGAN: what a logit sees, measured; sizes; the published number of weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.checks import InputError
from kgan.networks import patch_discriminator


@pytest.mark.parametrize(("depth", "side"), [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_a_patch_of_the_papers_size(depth, side):
    """The support of its gradient; without normalisation, whose statistics are of the whole map."""
    model = patch_discriminator((None, None, 1), width=2, depth=depth, normalization=None)
    x = tf.constant(np.random.default_rng(0).uniform(-1, 1, (1, 160, 160, 1)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = model(x)
        centre = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    rows, columns = np.nonzero(tape.gradient(centre, x)[0, :, :, 0].numpy())
    for along in (rows, columns):
        assert along.max() - along.min() + 1 == side
    assert len(rows) == side**2


def count(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def test_published_sizes():
    """C64-C128-C256-C512 and a logit, as the authors' code counts them: 2.765 M for CycleGAN, 2.769 M for pix2pix."""
    kernel = lambda i, o: 4 * 4 * i * o  # noqa: E731
    body = kernel(64, 128) + kernel(128, 256) + kernel(256, 512) + kernel(512, 1) + 1
    shifts = 128 + 256 + 512
    assert count(patch_discriminator()) == kernel(3, 64) + 64 + body + shifts == 2764737
    paired = patch_discriminator(source_shape=(None, None, 3), normalization="batch")
    assert count(paired) == kernel(6, 64) + 64 + body + 2 * shifts == 2768705


def test_any_size_and_pairs(tmp_path):
    model = patch_discriminator(width=2)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 40, 64, 3)).astype("float32")
    assert model(images).shape == (2, 5, 8, 1) and model.inputs[0].name == "samples"
    assert model.output_shape == (None, None, None, 1)
    pair = patch_discriminator((40, 64, 3), (40, 64, 1), width=2, normalization="spectral")
    assert [x.name for x in pair.inputs] == ["samples", "images"] and pair.output_shape == (None, 5, 8, 1)
    pair.save(tmp_path / "m.keras")
    loaded, given = keras.saving.load_model(tmp_path / "m.keras"), {"samples": images, "images": images[..., :1]}
    np.testing.assert_array_equal(loaded(given), pair(given))
    assert np.abs(pair(given) - pair({"samples": images, "images": -images[..., :1]})).max() > 0.0


def test_where_normalisation_stands():
    for normalization, kind in (("instance", "InstanceNormalization"), ("batch", "BatchNormalization")):
        names = [type(layer).__name__ for layer in patch_discriminator(width=2, normalization=normalization).layers]
        step = ["Conv2D", kind, "LeakyReLU"]
        assert names == ["InputLayer", "Conv2D", "LeakyReLU", *step, *step, *step, "Conv2D"]


def test_bad_input():
    for arguments, message in (
        ({"image_shape": (64, 64)}, r"image_shape: wanted \(height, width, channels\), got \(64, 64\)"),
        ({"image_shape": (64, 8, 3)}, "image_shape: wanted sizes from 16 on, got 64 x 8"),
        ({"image_shape": (64, 64, None)}, "image_shape: wanted a whole number from 1 on, got None"),
        ({"source_shape": (32, 32, 3), "image_shape": (64, 64, 3)}, r"source_shape: wanted the size of \(64, 64, 3\)"),
        ({"depth": 0}, "depth: wanted a whole number from 1 on, got 0"),
        ({"width": 1.5}, r"width: wanted a whole number from 1 on, got 1\.5"),
        ({"normalization": "group"}, "normalization: unknown name 'group'"),
    ):
        with pytest.raises(InputError, match=f"^{message}"):
            patch_discriminator(**arguments)
