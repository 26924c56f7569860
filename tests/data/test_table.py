"""Tables as samples and back: nothing is lost but what a mode's ends clip, and what was never seen is refused."""

import numpy as np
import pytest

from kgan import networks, random
from kgan.checks import InputError
from kgan.data import Table

RANDOM = np.random.default_rng(0)
TWO = np.concatenate([RANDOM.normal(-5, 0.5, 300), RANDOM.normal(20, 2, 100)])
COLUMNS = {"size": TWO, "kind": np.array(["a", "b", "c", "b"] * 100), "count": np.arange(400) % 7}


@pytest.fixture(scope="module")
def table():
    return Table(COLUMNS, modes=4)


def test_there_and_back(table):
    rows = table.encode(COLUMNS)
    assert rows.shape == (400, table.width) and rows.dtype == np.float32 and np.abs(rows).max() <= 1.0
    back = table.decode(rows)
    np.testing.assert_array_equal(back["kind"], COLUMNS["kind"])
    for name in ("size", "count"):
        np.testing.assert_allclose(back[name], COLUMNS[name], atol=1e-3)
    np.testing.assert_array_equal(rows, table.encode(COLUMNS))


def test_a_number_is_told_by_its_mode_and_its_place_in_it(table):
    kinds = [kind for kind, _ in table.parts]
    assert kinds == ["tanh", "softmax", "softmax", "tanh", "softmax"] and table.parts[2] == ("softmax", 3)
    rows = table.encode(COLUMNS)
    modes = rows[:, 1 : 1 + table.parts[1][1]].argmax(1)
    assert set(modes[:300]).isdisjoint(modes[300:])  # the two clusters have modes of their own
    assert (rows[:, 1 : 1 + table.parts[1][1]].sum(1) == 1).all()
    # In its mode a number is (x - mean) / (4 std), of a std that the mixture's prior widens.
    for mode in set(modes):
        mine, place = TWO[modes == mode], rows[modes == mode, 0]
        if len(mine) > 10:
            slope, _ = np.polyfit(mine, place, 1)
            assert 1.0 < 1.0 / (4 * slope * mine.std()) < 2.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda t: t.encode({**COLUMNS, "kind": ["d"] * 400}),
            "kind has a category never seen, 'd'; known",
        ),
        (lambda t: t.encode({"size": TWO}), "columns: wanted size, kind, count, got size"),
        (lambda t: Table({"a": [1.0, np.nan]}), "columns: a holds a NaN"),
        (lambda t: Table({"a": [1.0], "b": [1.0, 2.0]}), "columns: wanted as many rows in each"),
        (lambda t: t.decode(np.zeros((2, 3))), r"rows: wanted \(num, \d+\), got \(2, 3\)"),
        (lambda t: networks.table_generator([("tan", 1)]), r"parts: wanted .* got \('tan', 1\)"),
    ],
)
def test_bad_input(table, call, message):
    with pytest.raises(InputError, match=message):
        call(table)


def test_the_head_draws_codes_with_their_probabilities():
    head = networks.table.TableHead([("tanh", 1), ("softmax", 3)])
    shares = np.array([0.5, 0.3, 0.2])
    inputs = np.tile([0.5, *np.log(shares)], (4000, 1)).astype("float32")
    random.reseed([head], random.key(1))
    first = head(inputs).numpy()
    np.testing.assert_allclose(first[:, 0], np.tanh(0.5), rtol=1e-6)
    np.testing.assert_allclose(first[:, 1:].sum(1), 1.0, rtol=1e-5)
    found = np.bincount(first[:, 1:].argmax(1), minlength=3) / 4000
    np.testing.assert_allclose(found, shares, atol=4 * np.sqrt(0.25 / 4000))
    random.reseed([head], random.key(1))
    np.testing.assert_array_equal(head(inputs), first)
