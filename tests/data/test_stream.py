import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import order
from kgan.checks import InputError
from kgan.data.arrays import Arrays
from kgan.data.stream import Stream
from tests.forked import python


def numbered(size=10):
    """Examples whose only value is their index."""
    return Arrays(np.arange(size, dtype=np.float32)[:, None], np.arange(size))


def values(dataset):
    return [batch.reshape(-1).tolist() for batch in dataset.as_numpy_iterator()]


def flat(dataset):
    return [value for batch in values(dataset) for value in batch]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 7])
def test_starts_anywhere_as_if_it_had_come_there(start, shuffle):
    stream = Stream(numbered(), 3, seed=7, shuffle=shuffle)  # three batches an epoch
    there = values(stream.batches().skip(start).take(10 - start))
    assert values(stream.batches(start, 10)) == values(stream.batches(start).take(10 - start)) == there


def test_images_and_labels_are_bitwise_the_same_from_anywhere():
    random = np.random.default_rng(0)
    stream = Stream(Arrays(random.integers(0, 256, (7, 4, 4, 3), dtype=np.uint8), np.arange(7)), 2, labels=True)
    for here, there in zip(stream.batches(4, 9), stream.batches().skip(4).take(5), strict=True):
        for a, b in zip(here, there, strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_epoch_holds_an_example_at_most_once():
    stream = Stream(numbered(), 3)
    for epoch in range(5):
        seen = flat(stream.batches(3 * epoch, 3 * epoch + 3))
        assert len(seen) == len(set(seen)) == 9
        assert set(seen) <= set(range(10))


def test_every_example_comes_in_time():
    seen = flat(Stream(numbered(), 3).batches(0, 60))
    assert set(seen) == set(range(10))


def test_order_changes_with_epoch_and_seed_and_nothing_else():
    source = numbered(100)
    first, second = values(Stream(source, 50).batches(0, 2)), values(Stream(source, 50).batches(2, 4))
    assert first != second
    assert first != values(Stream(source, 50, seed=1).batches(0, 2))
    keras.utils.set_random_seed(123)
    assert first == values(Stream(source, 50).batches(0, 2))


def test_an_epoch_is_the_permutation_that_is_documented():
    stream = Stream(numbered(), 3, seed=7)
    epoch = order.permutation(10, 7, 1).numpy()
    assert sorted(epoch) == list(range(10))
    assert values(stream.batches(5, 6)) == [epoch[6:9].tolist()]


def test_without_shuffling_in_stored_order():
    assert values(Stream(numbered(), 4, shuffle=False).batches(0, 3)) == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2, 3]]


def test_length_is_known():
    stream = Stream(numbered(), 3)
    assert (stream.batch_size, stream.batches_per_epoch) == (3, 3)
    assert stream.batches(2, 9).cardinality() == 7
    assert stream.batches(4, 4).cardinality() == 0
    assert stream.batches(2).cardinality() == tf.data.INFINITE_CARDINALITY


def test_options_keep_fit_from_waiting_and_let_it_shard():
    options = Stream(numbered(), 3).batches().options()
    assert options.autotune.enabled is False
    assert options.experimental_distribute.auto_shard_policy == tf.data.experimental.AutoShardPolicy.DATA


def test_uint8_is_scaled_and_float_is_not():
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    scaled = next(iter(Stream(Arrays(images), 3, shuffle=False).batches()))
    assert scaled.dtype == tf.float32 and scaled.shape == (3, 1, 1, 1)
    np.testing.assert_allclose(scaled.numpy().reshape(-1), [-1.0, -0.6, 1.0], rtol=1e-6)
    points = np.array([[300.0, -7.0]], np.float32)
    np.testing.assert_array_equal(next(iter(Stream(Arrays(points), 1).batches())), points)


def test_labels_go_with_their_examples():
    x, y = next(iter(Stream(numbered(), 10, labels=True).batches()))
    assert y.dtype == tf.int32 and y.shape == (10,)
    assert x.numpy().reshape(-1).tolist() == y.numpy().tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size: got 0, wanted at least 1"),
        ({"batch_size": 11}, "batch_size: got 11, wanted at most 10, the number of examples"),
    ],
)
def test_refuses_a_batch_size(arguments, message):
    with pytest.raises(InputError) as error:
        Stream(numbered(), **arguments)
    assert str(error.value) == message


def test_refuses_labels_that_are_not_there():
    with pytest.raises(InputError, match="labels: got True, but this dataset has no labels"):
        Stream(Arrays(np.zeros((4, 2), np.float32)), 2, labels=True)


def test_refuses_a_place_that_is_not():
    stream = Stream(numbered(), 3)
    with pytest.raises(InputError, match="start: got -1, wanted at least 0"):
        stream.batches(-1)
    with pytest.raises(InputError, match="stop: got 2, wanted at least start, 3"):
        stream.batches(3, 2)


REPLICAS = """
import os, sys
os.environ["KGAN_CACHE"] = sys.argv[1]
import numpy as np, tensorflow as tf
from PIL import Image
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from kgan.data.arrays import Arrays
from kgan.data.files import Files
from kgan.data.stream import Stream
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
images = np.random.default_rng(0).integers(0, 256, (10, 2, 2, 1), dtype=np.uint8)
for i, image in enumerate(images):
    os.makedirs(f"{sys.argv[1]}/{i % 2}", exist_ok=True)
    Image.fromarray(image[..., 0]).save(f"{sys.argv[1]}/{i % 2}/{i}.png")
for source in (Arrays(images, np.arange(10)), Files(sys.argv[1], None)):
    stream = Stream(source, 4, labels=True)
    alone = list(stream.batches(1, 6))
    together = list(strategy.experimental_distribute_dataset(stream.batches(1, 6)))
    assert len(alone) == len(together) == 5
    for one, many in zip(alone, together):
        for whole, parts in zip(one, many):
            parts = strategy.experimental_local_results(parts)
            assert [len(part) for part in parts] == [2, 2], parts
            np.testing.assert_array_equal(whole, np.concatenate(parts))
print("equal")
"""


@pytest.mark.slow
def test_two_replicas_share_the_global_batch(tmp_path):
    # In a process of its own: devices are split before TensorFlow starts, and a process has one strategy.
    script = tmp_path / "replicas.py"
    script.write_text(textwrap.dedent(REPLICAS))
    said, _ = python(script, tmp_path / "images")
    assert said.strip() == "equal"
