"""The Dirac study: formulas against the real rounds, and plays that fail where they should."""

import dataclasses

import numpy as np
import pytest

from kgan.analysis import trajectory
from kgan.studies.dirac import linear, played
from kgan.studies.dirac_methods import CLIP, LONG_STEP, METHODS, ROUNDS, RULES, START, Method
from tests.studies import page

BY_NAME = {method.name: method for method in [*METHODS, LONG_STEP]}
ROWS = [(method, rule) for method in BY_NAME.values() for rule in method.rules]


def play(method, rule, rounds=ROUNDS):
    return played(method, rule, trajectory(method.game().set(*START), method.rules[rule](), rounds))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Those of the page, by method and rule."""
    table = page.rows("dirac", tmp_path_factory.mktemp("study"))
    assert len(table) == 37
    return {(row["method"], row["rule"]): row for row in table}


@pytest.mark.slow
@pytest.mark.parametrize(("method", "rule"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_formulas_are_what_the_rounds_do(rows, method, rule):
    row = rows[method.name, rule]
    if method.name == "WGAN-GP":  # no derivative at 0, so nothing to compare
        kinds = [f"{what}_{how}" for what in ("eigenvalues", "radius") for how in ("predicted", "measured")]
        assert [row[kind] for kind in kinds] == [""] * 4
        return
    measured, predicted = ([complex(v) for v in row[f"eigenvalues_{w}"].split()] for w in ("measured", "predicted"))
    np.testing.assert_allclose(predicted, method.eigenvalues(), atol=1e-9)
    np.testing.assert_allclose(np.poly(measured), np.poly(predicted), rtol=0, atol=1e-6)
    assert float(row["radius_predicted"]) == pytest.approx(method.radius(rule))
    assert float(row["radius_measured"]) == pytest.approx(method.radius(rule), abs=1e-6)


def test_the_table_covers_what_was_asked():
    assert len(METHODS) == 12 and len(ROWS) == 37
    for method in METHODS:
        assert set(method.rules) == ({"simultaneous"} if method.consensus else set(RULES))
    # below, at and above the critical weight: complex, double, real
    below, critical, above = (BY_NAME[f"R1, γ = {name}"] for name in ("0.3 < critical", "1, critical", "2 > critical"))
    assert below.eigenvalues()[0].imag and np.ptp(critical.eigenvalues()) == 0 == np.abs(above.eigenvalues().imag).max()


@pytest.mark.parametrize("rule", RULES)
def test_wgan_gp_does_not_converge(rows, rule):
    row = rows["WGAN-GP", rule]
    assert row["outcome"] == row["expected"] == "circles"


@pytest.mark.parametrize("rule", ["simultaneous", "alternating"])
def test_clipping_only_bounds_the_circle(rows, rule):
    row = rows["WGAN, clipped", rule]
    assert row["outcome"] == row["expected"] == "circles"
    if rule == "alternating":
        assert float(row["swing_measured"]) == pytest.approx(CLIP, abs=1e-3)


def test_without_a_penalty_the_rule_decides(rows):
    outcomes = {rule: rows["GAN", rule]["outcome"] for rule in RULES}
    assert outcomes == {"simultaneous": "goes away", "alternating": "circles", "extragradient": "converges"}


def test_alternation_allows_a_longer_step(rows):
    assert rows[LONG_STEP.name, "simultaneous"]["outcome"] == "circles"  # from 0 to a cycle: not convergence
    assert rows[LONG_STEP.name, "alternating"]["outcome"] == "converges"


def test_nsgan_has_a_cycle_or_comes_slowly(rows):
    for rule, outcome in (("simultaneous", "circles"), ("alternating", "converges")):
        row = rows["NSGAN", rule]
        assert row["outcome"] == row["expected"] == outcome
        assert float(row["swing_measured"]) == pytest.approx(float(row["swing_predicted"]), rel=0.05)


def test_wgan_keeps_its_ellipse(rows):
    row = rows["WGAN", "alternating"]
    assert float(row["swing_measured"]) == pytest.approx(float(row["swing_predicted"]), rel=1e-3)


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
