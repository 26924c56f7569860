"""What runs are measured with."""

import numpy as np
import pytest

import kgan
from kgan.commands import judge


@pytest.mark.parametrize("labels", [False, True])
def test_held_out_data_are_not_those_of_training(labels):
    """Of a data set without a test split: the rows that are left, if they make a batch."""
    where = {"resolution": 8, "labels": labels}
    every = kgan.data.load("digits", batch_size=1797, shuffle=False, resolution=8).get_single_element().numpy()
    rows = np.random.default_rng(0).permutation(1797)[:1700]
    batch = judge.held_out("digits", 64, rows, **where)
    images = (batch[0] if labels else batch).reshape(64, -1)
    places = [np.flatnonzero((every.reshape(1797, -1) == image).all(1)) for image in images]
    assert all(len(found) for found in places)
    assert not set(np.concatenate(places)) & set(rows), "no image of training, which has no doubles among the others"
    few = judge.held_out("digits", 64, np.arange(1750), **where)  # 47 are left
    whole = judge.held_out("digits", 64, **where)
    for one, other in zip(few if labels else [few], whole if labels else [whole], strict=True):
        np.testing.assert_array_equal(one, other)
