"""What `fit` makes of arrays, and of datasets that do not know their rank."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from kgan import batches, order
from kgan.checks import InputError
from kgan.data import Stream, load


def test_none_in_a_batch():
    with pytest.raises(InputError, match="data: a batch holds None"):
        batches.rows((np.zeros((2, 3)), None))


def test_an_unknown_rank_is_that_of_the_first_batch():
    """A network that is traced for them wants to know it."""
    spec = (tf.TensorSpec(None, "float32"), tf.TensorSpec(None, "int32"))
    data = tf.data.Dataset.from_generator(lambda: iter([(np.zeros((4, 3)), np.zeros(4))]), output_signature=spec)
    for served in (batches.feed(data).batches(0), batches.finite("x", data)):
        assert [part.shape.as_list() for part in served.element_spec] == [[None, 3], [None]]


@pytest.mark.parametrize("start", [0, 5])
def test_batches_are_the_same_however_many_are_made_at_a_time(start, monkeypatch):
    """Over the ends of epochs, of three batches each, with what is left over."""
    x, y = np.arange(20.0).reshape(10, 2), {"number": np.arange(10)}

    def served():
        data = batches.feed(x, y, 3, seed=4).batches(start)
        return [(a.tolist(), b["number"].tolist()) for a, b in itertools.islice(data.as_numpy_iterator(), 9)]

    expected = []
    for number in range(start, start + 9):
        epoch, place = divmod(number, 3)
        rows = batches.permutation(10, 4, epoch).numpy()[3 * place :][:3]
        expected.append((x[rows].tolist(), rows.tolist()))
    assert served() == expected
    monkeypatch.setattr(batches, "BYTES", 2 * 8 * 9)  # two at a time, also over the end of an epoch
    assert served() == expected
    monkeypatch.setattr(batches, "TOGETHER", 1)
    assert served() == expected


def test_not_many_epochs_are_ordered_for_one(monkeypatch):
    """Of a small array a short `fit` would make sixty batches in advance, and an order for each of their epochs."""
    ordered = []

    def permutation(count, seed, epoch):
        ordered.append(int(epoch))
        return order.permutation(count, seed, epoch)

    monkeypatch.setattr(batches, "permutation", permutation)
    data = batches.feed(np.zeros((8, 2)), None, 4).batches(0)
    assert len(list(itertools.islice(data, 2))) == 2
    assert max(ordered) <= 4  # that one, and what is fetched ahead


def test_what_is_looked_at_first_is_where_a_run_begins(monkeypatch):
    """The pipeline that shows `fit` a batch is the one that it plays: another takes as long to make."""
    data, batches_of, made = load("ring", batch_size=4), Stream.batches, []
    monkeypatch.setattr(Stream, "batches", lambda self, start: made.append(start) or batches_of(self, start))
    feed = batches.feed(data)
    np.testing.assert_array_equal(next(iter(feed.batches(0))), feed.first)
    assert made == [0]
    feed.batches(3)
    assert made == [0, 3]
