"""What `fit` makes of arrays, and of datasets that do not know their rank."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from kgan import batches
from kgan.checks import InputError


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
    monkeypatch.setattr(batches, "BYTES", 4 * 8 * 9)  # four at a time
    assert served() == expected
    monkeypatch.setattr(batches, "TOGETHER", 1)
    assert served() == expected
