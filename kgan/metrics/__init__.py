"""How good a GAN is: one file a metric."""

from kgan.metrics.density_coverage import coverage_ceiling, density_coverage
from kgan.metrics.duality_gap import duality_gap
from kgan.metrics.estimate import Estimate
from kgan.metrics.frechet import Moments, frechet_distance, frechet_jackknife
from kgan.metrics.inception_score import inception_score
from kgan.metrics.kernel import kernel_distance
from kgan.metrics.precision_recall import precision_recall

__all__ = [
    "Estimate",
    "Moments",
    "coverage_ceiling",
    "density_coverage",
    "duality_gap",
    "frechet_distance",
    "frechet_jackknife",
    "inception_score",
    "kernel_distance",
    "precision_recall",
]
