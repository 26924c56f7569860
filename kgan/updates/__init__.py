"""How the players move: one file a rule."""

from kgan.updates.alternating import Alternating
from kgan.updates.base import Update
from kgan.updates.simultaneous import Simultaneous

UPDATES = {
    "alternating": Alternating,
    "simultaneous": Simultaneous,
}

__all__ = ["UPDATES", "Alternating", "Simultaneous", "Update"]
