"""How good a GAN is: one file a metric."""

from kgan.metrics.duality_gap import duality_gap
from kgan.metrics.frechet import Moments, frechet_distance

__all__ = ["Moments", "duality_gap", "frechet_distance"]
