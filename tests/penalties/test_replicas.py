"""No penalty depends on the number of replicas: not its value, its gradients or its state."""

import pathlib

import pytest

from tests.forked import python
from tests.penalties import cases

SCRIPT = pathlib.Path(__file__).with_name("replicas_script.py")


@pytest.mark.slow
def test_two_replicas_see_what_one_sees():
    said, _ = python(SCRIPT)
    differences = dict(line.split("\t") for line in said.splitlines() if "\t" in line)
    assert {name.rsplit(" ", 1)[0] for name in differences} == set(cases.PENALTIES)
    assert {name: d for name, d in differences.items() if not float(d) < 1e-4} == {}
