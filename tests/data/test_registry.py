import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError


def test_batched_is_one_pass_of_the_stream():
    dataset = kgan.data.load("digits", batch_size=500, labels=True, seed=3)
    assert isinstance(dataset, tf.data.Dataset) and isinstance(dataset.stream, kgan.data.Stream)
    assert dataset.cardinality() == dataset.stream.batches_per_epoch == 3
    assert dataset.element_spec == (tf.TensorSpec((500, 28, 28, 1)), tf.TensorSpec((500,), tf.int32))
    for here, there in zip(dataset, dataset.stream.batches().take(3), strict=True):
        np.testing.assert_array_equal(here[0], there[0])
        np.testing.assert_array_equal(here[1], there[1])


def test_unbatched_is_in_stored_order():
    dataset = kgan.data.load("digits", labels=True)
    assert dataset.cardinality() == 1797
    assert dataset.element_spec == (tf.TensorSpec((28, 28, 1)), tf.TensorSpec((), tf.int32))
    images, labels = next(iter(dataset.batch(40)))
    again, same = next(iter(kgan.data.load("digits", batch_size=40, labels=True, shuffle=False)))
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, same)


def test_keras_takes_it():
    import keras

    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(kgan.data.load("digits", batch_size=256, labels=True, resolution=8), verbose=0)
    assert np.isfinite(history.history["loss"][0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "fashon_mnist"}, "dataset: unknown name 'fashon_mnist'; did you mean 'fashion_mnist'?"),
        ({"name": "images"}, "dataset: unknown name 'images'; did you mean 'images:DIR'?"),
        ({"name": "images:"}, "dataset: unknown name 'images:'; did you mean 'images:DIR'?"),
        ({"name": "digits:8"}, "dataset: unknown name 'digits:8'; did you mean 'digits'?"),
        ({"name": None}, "dataset: unknown name 'None'"),
        ({"batch_size": 0}, "batch_size: wanted a whole number from 1 on, got 0"),
        ({"batch_size": 1798}, "batch_size: got 1798, wanted at most 1797, the number of examples"),
        ({"batch_size": "64"}, "batch_size: wanted a whole number from 1 on, got '64'"),
        ({"batch_size": 2.5}, "batch_size: wanted a whole number from 1 on, got 2.5"),
        ({"seed": None}, "seed: wanted a whole number from 0 on, got None"),
        ({"name": "ring", "seed": -1}, "seed: wanted a whole number from 0 on, got -1"),
        ({"resolution": 4096}, "resolution: 1797 digits of 4096x4096x1 take 112 GiB; wanted at most 4 GiB"),
        (
            {"name": "stacked_digits", "resolution": 64, "batch_size": 128_000},
            "batch_size: a batch takes 6 GiB; wanted",
        ),
        ({"name": "pairs:x"}, "dataset: no such folder: x"),
        ({"name": "domains:x"}, "dataset: got one folder, x; wanted two: domains:DIR_A,DIR_B"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError) as error:
        kgan.data.load(**{"name": "digits", **arguments})
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "resolution",
    [0, 4097, 10**30, -3, "0", "64x", "x64", "64x96x3", "1e2", "", (8,), (8, 8, 8), (8, "8"), 8.0, True, [[8]]],
)
def test_refuses_a_resolution(resolution):
    with pytest.raises(InputError, match=r"^resolution: got .*, wanted a side or \(height, width\) in pixels"):
        kgan.data.load("digits", resolution=resolution)


@pytest.mark.parametrize("resolution", [(8, 12), [8, 12], "8x12"])
def test_a_resolution_of_two_sides(resolution):
    images = next(iter(kgan.data.load("digits", batch_size=5, resolution=resolution, shuffle=False))).numpy()
    assert images.shape == (5, 8, 12, 1)
    square = next(iter(kgan.data.load("digits", batch_size=5, resolution="12", shuffle=False))).numpy()
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), square[:, 2:10].mean(axis=(1, 2, 3)), atol=0.05)


def test_a_data_set_knows_its_classes():
    digits = kgan.data.load("digits", batch_size=8)
    assert digits.num_classes == digits.stream.source.num_classes == 10
    assert digits.class_names == tuple("0123456789")
    assert kgan.data.load("ring").num_classes == 8


def test_stacked_digits_are_three_digits_each_of_its_label():
    stacked = kgan.data.load("stacked_digits", batch_size=500, resolution=8, labels=True, seed=3)
    assert stacked.stream.source.size == 128_000
    assert stacked.num_classes == 1000 and stacked.class_names[7] == "007"
    singles, classes = next(iter(kgan.data.load("digits", batch_size=1797, resolution=8, labels=True, shuffle=False)))
    known = {image.tobytes(): int(label) for image, label in zip(singles.numpy(), classes, strict=True)}
    images, labels = next(iter(stacked))
    assert images.shape == (500, 8, 8, 3)
    for image, label in zip(images.numpy(), labels.numpy(), strict=True):
        a, b, c = (known[np.ascontiguousarray(image[..., k : k + 1]).tobytes()] for k in range(3))
        assert 100 * a + 10 * b + c == label
    every = stacked.stream.source.y.numpy()
    assert len(np.unique(every)) == 1000 and 0 <= every.min() <= every.max() <= 999
    again = kgan.data.load("stacked_digits", resolution=8, seed=4).take(1)
    assert not np.array_equal(next(iter(again)), images[0])


def test_the_shape_of_a_sample(tmp_path):
    Image.new("RGB", (8, 4)).save(tmp_path / "a.png")
    assert kgan.data.sample_shape(kgan.data.load(f"images:{tmp_path}", resolution="4x8")) == (4, 8, 3)
    with pytest.raises(InputError, match="dataset: its samples are a, b at a time; wanted single ones"):
        kgan.data.sample_shape(kgan.data.load(f"pairs:{tmp_path}"))
