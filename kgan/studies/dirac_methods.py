"""The methods of the study `dirac`, and what theory says of each: its linear field, and what that does not tell."""

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from kgan.analysis import DiracGAN
from kgan.updates import Alternating, Consensus, Extragradient, Simultaneous, Update

STEP, ROUNDS, START = 0.2, 1000, (1.0, 1.0)
RULES = {"simultaneous": Simultaneous, "alternating": Alternating, "extragradient": Extragradient}
LATE = 0.8 * ROUNDS  # where the last fifth of a play begins
CLIP, TARGET = 1.0, 0.3


@dataclasses.dataclass(frozen=True)
class Beyond:
    """What is known of a method beyond its linear field: what the play comes to and, if known, its swing."""

    outcome: str
    why: str
    swing: float | None = None


@dataclasses.dataclass(frozen=True)
class Method:
    """A training method as a Dirac-GAN, and what theory says of it.

    Attributes:
        name: as the table has it.
        setting: of `DiracGAN`.
        slope: a.
        damping: g; None if the field has no derivative at 0.
        consensus: the weight of consensus optimisation, if the method is that.
        rules: the update rules it is played by.
        step: the learning rate of both players.
        beyond: by rule, what the linear field does not tell.
    """

    name: str
    setting: Mapping = dataclasses.field(default_factory=dict)
    slope: float = 0.5
    damping: float | None = 0.0
    consensus: float = 0.0
    rules: Mapping[str, Callable[[], Update]] = dataclasses.field(default_factory=lambda: RULES)
    step: float = STEP
    beyond: Mapping[str, Beyond] = dataclasses.field(default_factory=dict)

    def game(self) -> DiracGAN:
        """The game, at its equilibrium."""
        return DiracGAN(**self.setting, learning_rate=self.step)

    def eigenvalues(self) -> np.ndarray | None:
        """Of the field's Jacobian at 0: -g/2 +- sqrt(g^2/4 - a^2); with consensus, -w a^2 +- i a."""
        a, g, w = self.slope, self.damping, self.consensus
        if g is None:
            return None
        centre, square = (-w * a**2, -(a**2)) if w else (-g / 2, g**2 / 4 - a**2)
        return centre + np.array([-1, 1]) * np.sqrt(complex(square))

    def radius(self, rule: str) -> float | None:
        """The spectral radius of one round at 0."""
        a, g, h, eigenvalues = self.slope, self.damping, self.step, self.eigenvalues()
        if g is None or eigenvalues is None:
            return None
        multipliers = {
            "simultaneous": 1 + h * eigenvalues,
            "extragradient": 1 + h * eigenvalues + (h * eigenvalues) ** 2,
            "alternating": np.roots([1, -(2 - h * g - h**2 * a**2), 1 - h * g]),
        }
        return float(np.abs(multipliers[rule]).max())

    def expected(self, rule: str) -> Beyond:
        """What the play should come to."""
        radius = self.radius(rule)
        if rule in self.beyond or radius is None:
            return self.beyond[rule]
        if abs(radius - 1) < 1e-9:
            return Beyond("circles", "ρ = 1")
        return Beyond("converges", "ρ < 1", 0.0) if radius < 1 else Beyond("leaves 0", "ρ > 1")


def wgan_gp_swing(weight: float, target: float) -> float:
    """How far theta swings in the cycle of WGAN-GP's flow, psi' = -theta - weight (|psi| - target) sign(psi).

    On either side of psi = 0 the flow is linear, a damped rotation with frequency omega = sqrt(1 - weight^2/4) around
    theta = -+ weight target. Half a turn takes pi/omega and shrinks the distance from there by q; that the end be the
    start's mirror image wants swing = weight target (1 + q)/(1 - q).
    """
    shrink = np.exp(-0.5 * weight * np.pi / np.sqrt(1 - weight**2 / 4))
    return float(weight * target * (1 + shrink) / (1 - shrink))


def wgan_swing(step: float, start: tuple[float, float]) -> float:
    """How far theta swings in alternating play, which keeps theta^2 + step theta psi + psi^2: the ellipse's extent."""
    theta, psi = start
    return float(np.sqrt((theta**2 + step * theta * psi + psi**2) / (1 - step**2 / 4)))


GP_CYCLE = Beyond(
    "circles", "no equilibrium of the field: θ swings by about γτ·coth(πγ/4ω)", wgan_gp_swing(1.0, TARGET)
)
METHODS = [
    Method(
        "GAN",
        beyond={"alternating": Beyond("circles", "the flow keeps θ² + ψ²", float(np.hypot(*START)))},
    ),
    Method(
        "NSGAN",
        {"loss": "non_saturating"},
        beyond={
            "simultaneous": Beyond("circles", "θ² + ψ² → 2h", float(np.sqrt(2 * STEP))),
            "alternating": Beyond("converges", "slowly: θ² + ψ² ≈ 8/(hn)", float(np.sqrt(8 / (STEP * LATE)))),
        },
    ),
    Method(
        "WGAN",
        {"loss": "wasserstein"},
        slope=1.0,
        beyond={"alternating": Beyond("circles", "keeps θ² + hθψ + ψ²", wgan_swing(STEP, START))},
    ),
    Method(
        "WGAN, clipped",
        {"loss": "wasserstein", "clip": CLIP},
        slope=1.0,
        beyond={
            "simultaneous": Beyond("circles", "ρ > 1, but |ψ| ≤ c"),
            "alternating": Beyond("circles", "the ellipse that touches |ψ| = c", CLIP),
        },
    ),
    Method(
        "WGAN-GP",
        # The penalty has no 1/2: a weight of 1/2 is a gamma of 1.
        {"loss": "wasserstein", "penalties": [f"gradient_penalty(weight=0.5, target={TARGET})"]},
        slope=1.0,
        damping=None,
        beyond=dict.fromkeys(RULES, GP_CYCLE),
    ),
    Method("Instance noise, σ = 1", {"noise": 1.0}, damping=1.0**2 / 2),
    Method("R1, γ = 0.3 < critical", {"penalties": ["r1(gamma=0.3)"]}, damping=0.3),
    Method("R1, γ = 1, critical", {"penalties": ["r1(gamma=1)"]}, damping=1.0),
    Method("R1, γ = 2 > critical", {"penalties": ["r1(gamma=2)"]}, damping=2.0),
    Method("R2, γ = 0.3", {"penalties": ["r2(gamma=0.3)"]}, damping=0.3),
    Method("NSGAN + R1, γ = 0.3", {"loss": "non_saturating", "penalties": ["r1(gamma=0.3)"]}, damping=0.3),
    Method("GAN + consensus, γ = 1", consensus=1.0, rules={"simultaneous": lambda: Consensus(1.0)}),
]
LONG_STEP = Method("R1, γ = 0.3, h = 1.3", {"penalties": ["r1(gamma=0.3)"]}, damping=0.3, step=1.3)
