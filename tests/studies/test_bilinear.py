"""The bilinear study: closed forms against the real rounds, at and around the steps where rules cease to converge."""

import pytest

from kgan.studies.bilinear import RULES, STEPS, linear
from tests.studies import page

BY_NAME = {rule.name: rule for rule in RULES}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Those of the page, by rule and step."""
    table = page.rows("bilinear", tmp_path_factory.mktemp("study"))
    assert len(table) == 60
    return {(row["rule"], float(row["s"])): row for row in table}


@pytest.mark.slow
@pytest.mark.parametrize("s", STEPS)
@pytest.mark.parametrize("name", BY_NAME)
def test_closed_forms_are_what_the_rounds_do(rows, name, s):
    row, factor = rows[name, s], float(BY_NAME[name].factor(s))
    assert float(row["factor_measured"]) == pytest.approx(factor, abs=1e-6)
    assert float(row["factor_predicted"]) == pytest.approx(factor)
    assert float(row["factor_per_evaluation"]) ** float(row["cost"]) == pytest.approx(factor)


def test_the_table_covers_what_was_asked():
    words = (
        "simul",
        "altern",
        "extra",
        "past",
        "optim",
        "consen",
        "symp",
        "k = 5",
        "k = 6",
        "unroll",
        "compet",
        "moment",
    )
    assert all(any(word in name for name in BY_NAME) for word in words) and len(RULES) == 12
    costs = {name: rule.cost() for name, rule in BY_NAME.items()}
    assert costs["simultaneous"] == costs["optimistic"] == 2 and costs["extragradient"] == 4


@pytest.mark.parametrize(
    ("name", "border"),
    [
        ("extragradient", 1.0),
        ("extragradient, past", 3**-0.5),
        ("optimistic", 3**-0.5),
        ("consensus, γ = 1", 1.0),
        ("symplectic, λ = 1", 1.0),
        ("unrolled, K = 5", (4 / 19) ** 0.5),
        ("alternating, momentum −1/2 (x)", 2**0.5),
    ],
)
def test_rules_converge_up_to_the_step_that_the_page_names(name, border):
    below, above = (linear(BY_NAME[name], s)["factor_measured"] for s in (border - 1e-3, border + 1e-3))
    assert below < 1 < above


@pytest.mark.parametrize(
    ("name", "s", "outcome"),
    [
        ("simultaneous", 0.1, "goes away"),
        ("alternating", 0.1, "circles"),
        ("alternating", 1.0, "circles"),
        ("extragradient", 0.1, "converges"),
        ("extragradient", 1.0, "circles"),
        ("optimistic", 0.5, "converges"),
        ("optimistic", 0.7, "goes away"),
        ("unrolled, K = 5", 0.5, "goes away"),
        ("lookahead, k = 6, α = 1/2", 0.5, "converges"),
        ("lookahead, k = 6, α = 1/2", 0.7, "goes away"),
        ("competitive", 1.0, "converges"),
        ("alternating, momentum −1/2 (x)", 0.1, "converges"),
    ],
)
def test_plays(rows, name, s, outcome):
    assert rows[name, s]["outcome"] == outcome
    assert float(rows[name, s]["factor_played"]) == pytest.approx(float(BY_NAME[name].factor(s)), abs=0.006)
