"""Penalties: what a player minimises beside its loss. `penalty(discriminator, real, fake, seed) -> scalar`.

`discriminator` maps samples (batch, ...) to float32 logits; `real` and `fake` are float32 of equal shape, or
structures of that, of which the gradient penalties make one vector a sample; `seed` is
a stateless seed, int32 (2,). The scalar, weight included, is added to what the discriminator minimises. A penalty that
looks at more of the game, or that the generator minimises, defines `discriminator_term(play)` and
`generator_term(play)` instead: see `Penalty` and `Play`. Gradient norms are per sample, over all of a sample's pixels
and channels, and summed, not averaged over pixels.

Some penalties have an `interval`: with k > 1 the penalty is computed in every k-th round only and weighs k times as
much (lazy regularisation, Karras et al. 2020, appendix B). Because it is added to the adversarial loss in one
optimizer step, not taken as a step of its own, the optimizer's settings need no correction.

Weights are numbers from 0 on, or `kgan.schedules`: anything else raises an `InputError` when the penalty is made.
"""

from kgan.penalties.base import EPSILON, Penalty, Play, Stateful, squared_gradient_norms
from kgan.penalties.classification import Classification
from kgan.penalties.consistency import BalancedConsistency, Consistency, LatentConsistency, Shift
from kgan.penalties.drift import Drift
from kgan.penalties.feature_matching import FeatureMatching
from kgan.penalties.gradient import R1, R1R2, R2, Dragan, GradientPenalty, LipschitzPenalty, squared_slopes
from kgan.penalties.information import Information
from kgan.penalties.lecam import LeCam
from kgan.penalties.orthogonal import OrthogonalRegularization
from kgan.penalties.path_length import PathLength
from kgan.spec import resolve

__all__ = [
    "EPSILON",
    "PENALTIES",
    "R1",
    "R1R2",
    "R2",
    "BalancedConsistency",
    "Classification",
    "Consistency",
    "Dragan",
    "Drift",
    "FeatureMatching",
    "GradientPenalty",
    "Information",
    "LatentConsistency",
    "LeCam",
    "LipschitzPenalty",
    "OrthogonalRegularization",
    "PathLength",
    "Penalty",
    "Play",
    "Shift",
    "Stateful",
    "get",
    "squared_gradient_norms",
    "squared_slopes",
]

PENALTIES = {
    penalty.name: penalty
    for penalty in (
        GradientPenalty,
        LipschitzPenalty,
        Dragan,
        R1,
        R2,
        R1R2,
        Consistency,
        BalancedConsistency,
        LatentConsistency,
        LeCam,
        OrthogonalRegularization,
        PathLength,
        Drift,
        FeatureMatching,
        Classification,
        Information,
    )
}


def get(penalty: str | Penalty) -> Penalty:
    """The penalty that `penalty` names ("r1(gamma=10, interval=16)"), or `penalty` itself if it is callable.

    Raises:
        InputError: if the name is unknown, or an argument is of no use.
    """
    return resolve("penalties", penalty, PENALTIES)
