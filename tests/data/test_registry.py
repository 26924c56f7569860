import numpy as np
import pytest
import tensorflow as tf

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
        ({"batch_size": 0}, "batch_size: got 0, wanted at least 1"),
        ({"batch_size": 1798}, "batch_size: got 1798, wanted at most 1797, the number of examples"),
        ({"batch_size": "64"}, "batch_size: got '64', wanted an integer"),
        ({"batch_size": 2.5}, "batch_size: got 2.5, wanted an integer"),
        ({"resolution": 0}, "resolution: got 0, wanted at least 1"),
        ({"seed": None}, "seed: got None, wanted an integer"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(InputError) as error:
        kgan.data.load(**{"name": "digits", **arguments})
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
