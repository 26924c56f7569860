"""How good a GAN is: one file a metric."""

from kgan.metrics.duality_gap import duality_gap

__all__ = ["duality_gap"]
