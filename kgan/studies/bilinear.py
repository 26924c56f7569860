"""How fast does each update rule converge on the bilinear game min_x max_y a x y?

A round is a linear map of (x, y) and of what the rule remembers. Its eigenvalues depend on the learning rate eta and
on the game's a only through s = eta a, and |lambda|, the largest modulus, is the factor by which a round shrinks the
distance from the equilibrium x = y = 0. For x'A y, s = eta sigma for each singular value sigma of A.
"""

from pathlib import Path

import numpy as np

from kgan.analysis import round_matrix, trajectory
from kgan.studies import bilinear_page
from kgan.studies.bilinear_rules import RULES, Rule
from kgan.studies.outcome import outcome, rate

STEPS = [0.1, 0.3, 0.5, 0.7, 1.0]
ROUNDS, START = 300, (1.0, 1.0)


def linear(rule: Rule, s: float) -> dict:
    """The closed form, and the spectral radius of the rule's own rounds."""
    matrix = round_matrix(rule.game(s), rule.make(), rule.rounds)
    factor = float(rule.factor(s))
    measured = float(np.abs(np.linalg.eigvals(matrix)).max() ** (1 / rule.rounds))
    return {"rule": rule.name, "s": s, "factor_predicted": factor, "factor_measured": measured}


def played(rule: Rule, s: float, points: np.ndarray) -> dict:
    """What a play came to, and the price of its rounds."""
    factor, cost, came = float(rule.factor(s)), rule.cost(), outcome(points)
    converges = factor < 1 - 1e-9
    return {
        "factor_played": rate(points),
        "converges_predicted": converges,
        "outcome": came,
        "agree": converges == (came == "converges"),
        "cost": cost,
        "factor_per_evaluation": factor ** (1 / cost),
    }


def run(folder: Path) -> None:
    """Plays every rule at every step size; writes the study into `folder`."""
    rows = []
    for rule in RULES:
        for s in STEPS:
            points = trajectory(rule.game(s).set(*START), rule.make(), ROUNDS)
            rows.append(linear(rule, s) | played(rule, s, points))
        mine = rows[-len(STEPS) :]
        print(f"{rule.name}: " + ", ".join(f"s = {row['s']} {row['outcome']}" for row in mine), flush=True)
    bilinear_page.write(folder, RULES, rows, START, ROUNDS)
