"""How the players move: one file a rule."""

from kgan.updates.alternating import Alternating
from kgan.updates.base import Update
from kgan.updates.competitive import CompetitiveGradient
from kgan.updates.consensus import Consensus
from kgan.updates.extragradient import Extragradient
from kgan.updates.lookahead import Lookahead
from kgan.updates.momentum import Momentum
from kgan.updates.optimistic import Optimistic
from kgan.updates.simultaneous import Simultaneous
from kgan.updates.symplectic import SymplecticGradientAdjustment
from kgan.updates.unrolled import Unrolled

UPDATES = {
    "alternating": Alternating,
    "simultaneous": Simultaneous,
    "extragradient": Extragradient,
    "optimistic": Optimistic,
    "consensus": Consensus,
    "symplectic": SymplecticGradientAdjustment,
    "lookahead": Lookahead,
    "unrolled": Unrolled,
    "competitive": CompetitiveGradient,
}

__all__ = [
    "UPDATES",
    "Alternating",
    "CompetitiveGradient",
    "Consensus",
    "Extragradient",
    "Lookahead",
    "Momentum",
    "Optimistic",
    "Simultaneous",
    "SymplecticGradientAdjustment",
    "Unrolled",
    "Update",
]
