"""The rules of the study `bilinear`, each with the closed form of |lambda|, its factor a round."""

import dataclasses
from collections.abc import Callable

import numpy as np

from kgan.analysis import BilinearGame
from kgan.analysis.games import GradientDescent
from kgan.distribute import functional
from kgan.updates import (
    Alternating,
    CompetitiveGradient,
    Consensus,
    Extragradient,
    Lookahead,
    Momentum,
    Optimistic,
    Simultaneous,
    SymplecticGradientAdjustment,
    Unrolled,
    Update,
)

Descent = functional(Momentum)


def extragradient(s: float) -> float:
    """|1 + i s - s^2| (Gidel et al. 2019, proposition 2)."""
    return np.sqrt(1 - s**2 + s**4)


def optimistic(s: float) -> float:
    """The larger root of l^2 - (1 + 2 i s) l + i s, a double root at s = 1/2, where the rule is fastest."""
    if s <= 0.5:
        return np.sqrt((1 + np.sqrt(1 - 4 * s**2)) / 2)
    return np.sqrt(0.25 + (s + np.sqrt(4 * s**2 - 1) / 2) ** 2)


def consensus(s: float, weight: float = 1.0) -> float:
    """|1 - weight s a + i s|, with a = 1."""
    return np.sqrt((1 - weight * s) ** 2 + s**2)


def lookahead(s: float, k: int, alpha: float = 0.5) -> float:
    """|(1 - alpha) + alpha (1 + i s)^k|, per round: the k-th root."""
    r, phi = np.sqrt(1 + s**2), np.arctan(s)
    square = (1 - alpha) ** 2 + alpha**2 * r ** (2 * k) + 2 * alpha * (1 - alpha) * r**k * np.cos(k * phi)
    return square ** (1 / (2 * k))


def unrolled(s: float, k: int) -> float:
    """Trace 2 - 2 k s^2, determinant 1 - (2 k - 1) s^2."""
    return np.abs(np.roots([1, -(2 - 2 * k * s**2), 1 - (2 * k - 1) * s**2])).max()


def momentum(s: float, b1: float, b2: float) -> float:
    """Alternating play (Gidel et al. 2019b): (l - 1)^2 (l - b1)(l - b2) + l^3 s^2 = 0."""
    return np.abs(np.roots(np.poly([1, 1, b1, b2]) + np.array([0, s**2, 0, 0, 0]))).max()


@dataclasses.dataclass(frozen=True)
class Rule:
    """An update rule and its closed form.

    Attributes:
        name: as the table has it.
        make: a fresh rule.
        factor: |lambda| of a round as a function of s.
        formula: the same in print.
        converges: when, in print.
        rounds: how many rounds the linear map is taken over; |lambda| is its root.
        momentum: of x and y.
    """

    name: str
    make: Callable[[], Update]
    factor: Callable[[float], float]
    formula: str
    converges: str
    rounds: int = 1
    momentum: tuple[float, float] | None = None

    def game(self, s: float) -> BilinearGame:
        """The game, at its equilibrium, with a = 1 and learning rate s."""
        if self.momentum is None:
            return BilinearGame(1.0, learning_rate=s)
        descents = [Descent(s, b) if b else GradientDescent(s) for b in self.momentum]
        return BilinearGame(1.0, learning_rate=s, optimizers=descents)

    def cost(self) -> float:
        """Gradient evaluations in a round: 1 for one player's gradient, 2 for a product with its Jacobian."""
        return float(self.make().cost(self.game(1.0)))


OGDA = "|λ|² = (1 + √(1 − 4s²))/2 up to s = 1/2, then 1/4 + (s + √(4s² − 1)/2)²"
LOOKAHEAD = "|λ|²ᵏ = (1 − α)² + α²r²ᵏ + 2α(1 − α)rᵏ cos kφ; r = √(1 + s²), φ = atan s"
RULES = [
    Rule("simultaneous", Simultaneous, lambda s: np.sqrt(1 + s**2), "|λ|² = 1 + s²", "never"),
    Rule("alternating", Alternating, lambda s: 1.0, "|λ| = 1", "never; bounded iff s < 2"),
    Rule("extragradient", Extragradient, extragradient, "|λ|² = 1 − s² + s⁴", "s < 1"),
    Rule("extragradient, past", lambda: Extragradient(past=True), optimistic, OGDA, "s < 1/√3 = 0.577"),
    Rule("optimistic", Optimistic, optimistic, OGDA, "s < 1/√3 = 0.577"),
    Rule("consensus, γ = 1", lambda: Consensus(1.0), consensus, "|λ|² = (1 − s)² + s²", "s < 1"),
    Rule("symplectic, λ = 1", lambda: SymplecticGradientAdjustment(1.0), consensus, "|λ|² = (1 − s)² + s²", "s < 1"),
    *(
        Rule(
            f"lookahead, k = {k}, α = 1/2",
            lambda k=k: Lookahead(Simultaneous(), k, 0.5),
            lambda s, k=k: lookahead(s, k),
            LOOKAHEAD,
            "the right side < 1",
            rounds=k,
        )
        for k in (5, 6)
    ),
    Rule(
        "unrolled, K = 5",
        lambda: Unrolled(5),
        lambda s: unrolled(s, 5),
        "λ² − (2 − 2Ks²)λ + 1 − (2K − 1)s² = 0",
        "(4K − 1)s² < 4: s < 0.459",
    ),
    # Two iterations solve two variables exactly.
    Rule("competitive", lambda: CompetitiveGradient(2), lambda s: 1 / np.sqrt(1 + s**2), "|λ|² = 1/(1 + s²)", "always"),
    Rule(
        "alternating, momentum −1/2 (x)",
        Alternating,
        lambda s: momentum(s, -0.5, 0.0),
        "(λ − 1)²(λ − β₁)(λ − β₂) + λ³s² = 0",
        "s < √2 (for these β)",
        momentum=(-0.5, 0.0),
    ),
]
