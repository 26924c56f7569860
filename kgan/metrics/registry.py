"""The metrics by name, as they look at what a feature network saw of reals and of fakes."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kgan.checks import InputError
from kgan.metrics.bins import statistically_different_bins
from kgan.metrics.birthday import birthday_paradox
from kgan.metrics.classification import classification_accuracy
from kgan.metrics.density_coverage import coverage_ceiling, density_coverage
from kgan.metrics.frechet import Moments, frechet_jackknife
from kgan.metrics.inception_score import inception_score
from kgan.metrics.intra_class import intra_class_distance
from kgan.metrics.kernel import kernel_distance
from kgan.metrics.modes import mode_ceilings, mode_coverage, mode_coverage_of_labels
from kgan.metrics.ms_ssim import ms_ssim
from kgan.metrics.networks import Modes, Network
from kgan.metrics.path_length import perceptual_path_length
from kgan.metrics.precision_recall import precision_recall
from kgan.metrics.sliced_wasserstein import sliced_wasserstein, sliced_wasserstein_pyramid


@dataclasses.dataclass
class Seen:
    """Samples as a network saw them; what no metric asked for is None.

    Attributes:
        total: how many reals there are in all, where these are but half of them.
        folds: the moments of the features, the samples dealt out in turn: reals to 2 folds, fakes to more.
        features: (n, d).
        probabilities: (n, K).
        images: (n, height, width, channels).
        labels: whole numbers (n,): the reals' classes, those that fakes were asked for.
        generator: of fakes, where it is at hand, a `kgan.sampling.Sampler`.
    """

    network: Network
    count: int
    folds: Sequence[Moments] = ()
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    images: np.ndarray | None = None
    labels: np.ndarray | None = None
    generator: Any | None = None
    total: int = 0

    @property
    def moments(self) -> Moments:
        return functools.reduce(Moments.merge, self.folds)

    def half(self, which: int) -> "Seen":
        """Of reals: every other sample."""
        parts = (self.features, self.probabilities, self.images, self.labels)
        parts = [None if x is None else x[which::2] for x in parts]
        count = (self.count + 1 - which) // 2
        return Seen(self.network, count, self.folds[which : which + 1], *parts, total=self.total)


@dataclasses.dataclass(frozen=True)
class Metric:
    """How a metric is had.

    Attributes:
        compute: of the reals and the fakes, its values by name.
        better: "lower", "higher" or None (neither in itself), by the same names, or their beginnings.
        needs: "moments", "features", "probabilities", "images", "modes", "labels" (and features), or "generator"; of
            reals, which have none, a metric of the last kind is not taken.
        perfect: of the reals and the fakes, what samples of the reals' own law are expected to have, where it is known.
    """

    compute: Callable[[Seen, Seen], Mapping[str, float]]
    better: Mapping[str, str | None]
    needs: str = "features"
    perfect: Callable[[Seen, Seen], Mapping[str, float]] = lambda real, fake: {}

    def direction(self, name: str) -> str | None:
        return next(better for start, better in self.better.items() if name.startswith(start))


def _bins(real: Seen, fake: Seen) -> dict[str, float]:
    bins = min(100, max(2, real.total // 40))  # the same for half of the reals
    seen = statistically_different_bins(real.features, fake.features, bins)
    return {"ndb_share": seen["ndb_share"], "ndb_js": seen["js"]}


def _pyramid(real: Seen, fake: Seen) -> dict[str, float]:
    patches = min(128, max(1, 100_000 // real.total))  # the authors' are 2 million, whose sorting takes minutes
    return {f"swd_{level}": d for level, d in sliced_wasserstein_pyramid(real.images, fake.images, patches).items()}


def _classes(real: Seen, fake: Seen) -> dict[str, float]:
    seen = mode_coverage_of_labels(fake.probabilities.argmax(1), fake.probabilities.shape[1])
    return {"classes": seen["modes"], "class_kl": seen["reverse_kl"]}


def _path_length(real: Seen, fake: Seen) -> dict[str, float]:
    sampler = fake.generator
    return {"ppl": perceptual_path_length(sampler.of_latents, fake.network, sampler.latent_dim)}


def _modes(real: Seen, fake: Seen) -> dict[str, float]:
    assert isinstance(real.network, Modes)
    return mode_coverage(fake.features, real.network.centres, real.network.sigma)


def _perfect_modes(real: Seen, fake: Seen) -> dict[str, float]:
    return mode_ceilings(fake.count, *real.network.centres.shape)


METRICS = {
    "fid": Metric(lambda r, f: {"fid": frechet_jackknife(r.moments, f.folds)}, {"fid": "lower"}, "moments"),
    "kid": Metric(lambda r, f: {"kid": kernel_distance(r.features, f.features)}, {"kid": "lower"}),
    "inception_score": Metric(
        lambda r, f: {"inception_score": inception_score(f.probabilities)},
        {"inception_score": "higher"},
        "probabilities",
    ),
    "precision_recall": Metric(
        lambda r, f: precision_recall(r.features, f.features), {"precision": "higher", "recall": "higher"}
    ),
    "density_coverage": Metric(
        lambda r, f: density_coverage(r.features, f.features),
        {"density": "higher", "coverage": "higher"},
        perfect=lambda r, f: {"density": 1.0, "coverage": coverage_ceiling(r.count, f.count)},
    ),
    "sliced_wasserstein": Metric(
        lambda r, f: {"sliced_wasserstein": sliced_wasserstein(r.features, f.features)},
        {"sliced_wasserstein": "lower"},
    ),
    "swd": Metric(_pyramid, {"swd": "lower"}, "images"),
    "ms_ssim": Metric(lambda r, f: {"ms_ssim": ms_ssim(f.images)}, {"ms_ssim": None}, "images"),
    "bins": Metric(_bins, {"ndb": "lower"}),
    "birthday": Metric(
        lambda r, f: {"support": birthday_paradox(f.features, r.features)["support"]}, {"support": None}
    ),
    "classes": Metric(_classes, {"classes": "higher", "class_kl": "lower"}, "probabilities"),
    "cas": Metric(
        lambda r, f: {"cas": classification_accuracy(f.features, f.labels, r.features, r.labels)},
        {"cas": "higher"},
        "labels",
    ),
    "intra_fid": Metric(
        lambda r, f: intra_class_distance(r.features, r.labels, f.features, f.labels), {"intra_fid": "lower"}, "labels"
    ),
    # Not "lower": a generator of one sample has 0.
    "ppl": Metric(_path_length, {"ppl": None}, "generator"),
    "modes": Metric(
        _modes, {"modes": "higher", "high_quality": "higher", "reverse_kl": "lower"}, "modes", _perfect_modes
    ),
}


def check_generator(metrics: Mapping[str, Metric], generator: Any | None) -> None:
    """Raises an `InputError` for a metric that asks of samples what their generator, a `Sampler`, does not have.

    None stands for samples alone.
    """
    for name, metric in metrics.items():
        if metric.needs == "generator" and generator is None:
            raise InputError(f"metrics: {name!r} wants a generator, here are only samples")
        if metric.needs == "generator" and generator.latent_dim is None:
            raise InputError(f"metrics: {name!r} goes along normal latents, and this generator has none")
        if metric.needs == "labels" and (generator is None or generator.classes is None):
            raise InputError(f"metrics: {name!r} wants samples of classes that were asked for, by a conditional game")
