"""What a played trajectory says: did it come to the equilibrium, which is 0, and at what rate?

Distances wobble within a turn around the equilibrium, so peaks are compared: the largest distance in the last fifth
of the play with the largest in the fifth before its middle, half a play earlier.
"""

import numpy as np

ARRIVED = 1e-9  # of the first distance: rounding keeps some games from coming nearer


def peaks(points: np.ndarray) -> tuple[float, float]:
    """The largest distances from 0 in the fifth before the middle and in the last fifth of points (rounds + 1, 2)."""
    distances, rounds = np.hypot(*points.T), len(points) - 1
    early = distances[3 * rounds // 10 : rounds // 2]
    late = distances[8 * rounds // 10 : rounds]
    return float(early.max()), float(late.max())


def rate(points: np.ndarray) -> float:
    """The factor by which a round changes the distance, over the second half of the play."""
    early, late = peaks(points)
    return (late / early) ** (2 / (len(points) - 1))


def outcome(points: np.ndarray) -> str:
    """ "converges", "circles" (keeps its distance) or "goes away" (ends far beyond where it began).

    Any shrinking counts as convergence, so that 1/sqrt(n) does: over half a play it shrinks by sqrt(3/8).
    """
    (early, late), first = peaks(points), np.hypot(*points[0])
    if late < 0.95 * early or late < ARRIVED * first:
        return "converges"
    return "goes away" if late > 1.5 * first else "circles"
