"""Which training methods of GANs do actually converge? (Mescheder, Geiger, Nowozin 2018), on the Dirac-GAN.

Real data are the point 0, the generator makes the point theta, and D(x) = psi x. Near the equilibrium
theta = psi = 0 every method below that is differentiable there follows the linear field

    theta' = a psi,    psi' = -a theta - g psi

with a the slope of its loss at 0 and g its damping: all that a method adds to the game is one number. (The paper's D
has the other sign: psi here is -psi there.)
"""

from pathlib import Path

import numpy as np

from kgan.analysis import round_matrix, spectrum, trajectory
from kgan.studies import dirac_page
from kgan.studies.dirac_methods import LONG_STEP, METHODS, ROUNDS, START, Method
from kgan.studies.outcome import outcome, peaks


def linear(method: Method, rule: str) -> dict:
    """What theory says of the field and of a round at 0, and what they are."""
    smooth = method.damping is not None
    play = method.rules[rule]
    field = spectrum(method.game(), play() if method.consensus else None) if smooth else None
    matrix = round_matrix(method.game(), play()) if smooth else None
    return {
        "method": method.name,
        "rule": rule,
        "step": method.step,
        "eigenvalues_predicted": method.eigenvalues(),
        "eigenvalues_measured": field,
        "radius_predicted": method.radius(rule),
        "radius_measured": float(np.abs(np.linalg.eigvals(matrix)).max()) if smooth else None,
    }


def played(method: Method, rule: str, points: np.ndarray) -> dict:
    """What theory says of the play, and what it came to."""
    expected, came = method.expected(rule), outcome(points)
    return {
        "expected": expected.outcome,
        "because": expected.why,
        "outcome": came,
        "first_distance": float(np.hypot(*points[0])),
        "last_distance": peaks(points)[1],
        "swing_predicted": expected.swing,
        "swing_measured": float(np.abs(points[int(0.8 * (len(points) - 1)) :, 0]).max()),
        "agree": (expected.outcome == "converges") == (came == "converges"),
    }


def run(folder: Path) -> None:
    """Plays every method by every rule; writes the study into `folder`."""
    rows, paths = [], {}
    for method in [*METHODS, LONG_STEP]:
        for rule, play in method.rules.items():
            points = trajectory(method.game().set(*START), play(), ROUNDS)
            paths[method.name, rule] = points
            rows.append(linear(method, rule) | played(method, rule, points))
        mine = rows[-len(method.rules) :]
        print(f"{method.name}: " + ", ".join(f"{row['rule']} {row['outcome']}" for row in mine), flush=True)
    print("drawing the phase portraits", flush=True)
    dirac_page.write(folder, METHODS, rows, paths)
