"""What `fit` makes of arrays."""

import itertools

import numpy as np
import pytest

from kgan import batches
from kgan.checks import InputError


def test_none_in_a_batch():
    with pytest.raises(InputError, match="data: a batch holds None"):
        batches.rows((np.zeros((2, 3)), None))


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
