"""What every rule has to do beyond theory: train a GAN, resume to the bit, play the same on two devices."""

import pathlib

import numpy as np
import pytest

from kgan.updates import UPDATES
from tests import rules_script
from tests.forked import python

SCRIPT = pathlib.Path(rules_script.__file__)


def run(*arguments):
    python(SCRIPT, *arguments)
    return dict(np.load(arguments[0]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Each rule's run on one device, never interrupted; and what goes on from one that was."""
    folder = tmp_path_factory.mktemp("whole")
    return run(folder / "out.npz", 1, folder / "runs")


def test_every_rule_is_listed_in_the_script():
    assert set(UPDATES) <= set(rules_script.RULES)


@pytest.mark.slow
def test_every_rule_trains_and_says_what_it_costs(whole):
    costs = {name: whole[f"{name}/logs"][1, 0] for name in rules_script.RULES}
    assert costs["alternating"] == costs["simultaneous"] == costs["optimistic"] == costs["extragradient_past"] == 2
    assert costs["extragradient"] == costs["lookahead"] == 4
    assert costs["consensus"] == 6 and costs["symplectic"] == 10 and costs["unrolled"] == 8
    ends = {name: whole[f"{name}/3"] for name in rules_script.RULES}
    distinct = {name: end.tobytes() for name, end in ends.items()}
    assert len(set(distinct.values())) == len(distinct)  # no rule is another in disguise


@pytest.mark.slow
def test_every_rule_resumes_to_the_bit(whole):
    resumed = {name.removeprefix("resumed/"): value for name, value in whole.items() if name.startswith("resumed/")}
    states = {name for name in whole if not name.startswith("resumed/") and not name.endswith("/logs")}
    assert resumed.keys() == states and {name.split("/")[0] for name in states} == set(rules_script.RULES)
    for name, value in resumed.items():
        np.testing.assert_array_equal(value, whole[name], err_msg=name)


@pytest.mark.slow
def test_every_rule_gives_the_same_weights_on_two_devices(whole, tmp_path):
    two = run(tmp_path / "out.npz", 2)
    for name, value in two.items():
        np.testing.assert_allclose(value, whole[name], rtol=1e-5, atol=1e-5, err_msg=name)
