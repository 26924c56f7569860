"""How good a GAN is: one file a metric."""

from kgan.metrics.bins import statistically_different_bins
from kgan.metrics.birthday import birthday_paradox
from kgan.metrics.classification import classification_accuracy
from kgan.metrics.density_coverage import coverage_ceiling, density_coverage
from kgan.metrics.duality_gap import duality_gap
from kgan.metrics.estimate import Estimate
from kgan.metrics.evaluation import Evaluator
from kgan.metrics.frechet import Moments, frechet_distance, frechet_jackknife
from kgan.metrics.inception_score import inception_score
from kgan.metrics.intra_class import intra_class_distance
from kgan.metrics.kernel import kernel_distance
from kgan.metrics.modes import mode_ceilings, mode_coverage, mode_coverage_of_labels
from kgan.metrics.ms_ssim import ms_ssim
from kgan.metrics.networks import Modes, Network, network, train_classifier
from kgan.metrics.path_length import perceptual_path_length
from kgan.metrics.precision_recall import precision_recall
from kgan.metrics.registry import METRICS
from kgan.metrics.result import Evaluation, Result
from kgan.metrics.sliced_wasserstein import sliced_wasserstein, sliced_wasserstein_pyramid

__all__ = [
    "METRICS",
    "Estimate",
    "Evaluation",
    "Evaluator",
    "Modes",
    "Moments",
    "Network",
    "Result",
    "birthday_paradox",
    "classification_accuracy",
    "coverage_ceiling",
    "density_coverage",
    "duality_gap",
    "frechet_distance",
    "frechet_jackknife",
    "inception_score",
    "intra_class_distance",
    "kernel_distance",
    "mode_ceilings",
    "mode_coverage",
    "mode_coverage_of_labels",
    "ms_ssim",
    "network",
    "perceptual_path_length",
    "precision_recall",
    "sliced_wasserstein",
    "sliced_wasserstein_pyramid",
    "statistically_different_bins",
    "train_classifier",
]
