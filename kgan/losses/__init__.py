"""Adversarial losses: pure functions of logits.

A loss has two methods, `discriminator(real_logits, fake_logits)` and `generator(real_logits, fake_logits)`. Both
return a scalar to minimise: a mean over the batch (and over patches, if the discriminator judges patches). Logits
are float32 of any shape (batch, ...), unbounded, and large means "real". D(x) in the formulas is the logit; sigma is
the sigmoid. Losses that take a loss, the `base`, nest: "top_k(label_smoothing(hinge), share=0.75)".
"""

from kgan.losses.base import LOSSES, Loss, Separable, Wrapper, at, get, separable
from kgan.losses.classic import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein
from kgan.losses.fgan import DIVERGENCES, FGAN
from kgan.losses.labels import FlippedLabels, LabelSmoothing, NoisyLabels
from kgan.losses.relativistic import Relativistic, RelativisticAverage
from kgan.losses.top_k import TopK

LOSSES |= {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
    "fgan": FGAN,
    "relativistic": Relativistic,
    "relativistic_average": RelativisticAverage,
    "label_smoothing": LabelSmoothing,
    "flipped_labels": FlippedLabels,
    "noisy_labels": NoisyLabels,
    "top_k": TopK,
}

__all__ = [
    "DIVERGENCES",
    "FGAN",
    "LOSSES",
    "FlippedLabels",
    "Hinge",
    "LabelSmoothing",
    "LeastSquares",
    "Loss",
    "Minimax",
    "NoisyLabels",
    "NonSaturating",
    "Relativistic",
    "RelativisticAverage",
    "Separable",
    "TopK",
    "Wasserstein",
    "Wrapper",
    "at",
    "get",
    "separable",
]
