"""The Dirac study: formulas against the real rounds, and plays that fail where they should."""

import dataclasses

import numpy as np
import pytest

from kgan.analysis import trajectory
from kgan.studies.dirac import linear, played
from kgan.studies.dirac_methods import CLIP, LONG_STEP, METHODS, ROUNDS, RULES, START, Method

BY_NAME = {method.name: method for method in [*METHODS, LONG_STEP]}
ROWS = [(method, rule) for method in BY_NAME.values() for rule in method.rules]


def play(method, rule, rounds=ROUNDS):
    return played(method, rule, trajectory(method.game().set(*START), method.rules[rule](), rounds))


@pytest.mark.parametrize(("method", "rule"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_formulas_are_what_the_rounds_do(method, rule):
    row = linear(method, rule)
    if method.name == "WGAN-GP":  # no derivative at 0, so nothing to compare
        assert row["eigenvalues_predicted"] is row["eigenvalues_measured"] is row["radius_measured"] is None
        return
    np.testing.assert_allclose(
        np.poly(row["eigenvalues_measured"]), np.poly(row["eigenvalues_predicted"]), rtol=0, atol=1e-6
    )
    assert row["radius_measured"] == pytest.approx(row["radius_predicted"], abs=1e-6)


def test_the_table_covers_what_was_asked():
    assert len(METHODS) == 12 and len(ROWS) == 37
    for method in METHODS:
        assert set(method.rules) == ({"simultaneous"} if method.consensus else set(RULES))
    # below, at and above the critical weight: complex, double, real
    below, critical, above = (BY_NAME[f"R1, γ = {name}"] for name in ("0.3 < critical", "1, critical", "2 > critical"))
    assert below.eigenvalues()[0].imag and np.ptp(critical.eigenvalues()) == 0 == np.abs(above.eigenvalues().imag).max()


@pytest.mark.parametrize("rule", RULES)
def test_wgan_gp_does_not_converge(rule):
    row = play(BY_NAME["WGAN-GP"], rule)
    assert row["outcome"] == row["expected"] == "circles" and row["agree"]


@pytest.mark.parametrize("rule", ["simultaneous", "alternating"])
def test_clipping_only_bounds_the_circle(rule):
    row = play(BY_NAME["WGAN, clipped"], rule)
    assert row["outcome"] == row["expected"] == "circles"
    if rule == "alternating":
        assert row["swing_measured"] == pytest.approx(CLIP, abs=1e-3)


def test_without_a_penalty_the_rule_decides():
    outcomes = {rule: play(BY_NAME["GAN"], rule)["outcome"] for rule in RULES}
    assert outcomes == {"simultaneous": "goes away", "alternating": "circles", "extragradient": "converges"}


def test_alternation_allows_a_longer_step():
    assert play(LONG_STEP, "simultaneous")["outcome"] == "circles"  # away from 0 to a cycle: not convergence
    assert play(LONG_STEP, "alternating")["outcome"] == "converges"


def test_nsgan_has_a_cycle_or_comes_slowly():
    method = BY_NAME["NSGAN"]
    for rule, outcome in (("simultaneous", "circles"), ("alternating", "converges")):
        row = play(method, rule)
        assert row["outcome"] == row["expected"] == outcome
        assert row["swing_measured"] == pytest.approx(row["swing_predicted"], rel=0.05)


def test_wgan_keeps_its_ellipse():
    row = play(BY_NAME["WGAN"], "alternating")
    assert row["swing_measured"] == pytest.approx(row["swing_predicted"], rel=1e-3)


@pytest.mark.slow
def test_the_swing_of_wgan_gp_is_that_of_its_flow():
    """The formula is for small steps: ten times smaller, ten times nearer."""
    method = BY_NAME["WGAN-GP"]
    errors = []
    for step, rounds in ((0.2, 500), (0.02, 4000)):
        row = play(dataclasses.replace(method, step=step), "simultaneous", rounds)
        errors.append(abs(row["swing_measured"] / row["swing_predicted"] - 1))
    assert errors[1] < 0.02 and 5 < errors[0] / errors[1] < 20


def test_a_wrong_theory_is_found_out():
    """The comparison can fail: a damping that the game has not."""
    wrong = Method("R1 that is not there", damping=0.3)
    row = linear(wrong, "simultaneous") | play(wrong, "simultaneous")
    assert abs(row["radius_measured"] - row["radius_predicted"]) > 0.01 and not row["agree"]
