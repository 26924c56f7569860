"""Numbers, shares, whole numbers, booleans; messages of one line."""

import keras
import numpy as np
import pytest

from kgan import checks, memory
from kgan.checks import InputError
from kgan.schedules import Linear


@pytest.mark.parametrize(
    "value", [None, "1", True, [1], 1j, float("nan"), float("inf"), 1e300, 10**400, -1, len, float]
)
def test_numbers(value):
    with pytest.raises(InputError, match="x: wanted a number from 0 on, got"):
        checks.number("x", value, 0.0)


def test_numbers_are_floats_and_schedules_are_taken():
    assert isinstance(checks.number("x", 3), float) and checks.number("x", np.float32(0.5)) == 0.5
    schedule = Linear(0.0, 1.0, 3)
    assert checks.number("x", schedule) is checks.share("x", schedule) is schedule
    with pytest.raises(InputError):  # callable, with a config, but no schedule
        checks.number("x", keras.layers.Dense(1))


@pytest.mark.parametrize("value", [None, "1", True, 1.0, 0, 2**31, 10**30, float("nan")])
def test_whole_numbers(value):
    with pytest.raises(InputError, match="x: wanted a whole number from 1"):
        checks.whole("x", value)


@pytest.mark.parametrize("value", [None, 7, 1, "no", [], np.array(True)])
def test_booleans(value):
    with pytest.raises(InputError, match="x: wanted True or False, got"):
        checks.boolean("x", value)
    assert checks.boolean("x", np.bool_(True)) is True


def test_a_message_is_one_line_and_not_long():
    message = str(InputError(f"x: wanted a number, got {np.zeros((90, 90))!r}; give one"))
    assert len(message.splitlines()) == 1 and len(message) < checks.LONGEST + 10
    assert message.startswith("x: wanted a number, got array([[0., ") and message.endswith("; give one")


def test_what_does_not_fit_in_memory_is_refused():
    memory.check("num", "samples", memory.total())
    with pytest.raises(InputError, match=r"num: samples take [\d,]+ GiB, this machine has [\d,]+ GiB"):
        memory.check("num", "samples", memory.total() + 1)
