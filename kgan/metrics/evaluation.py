"""Metrics of a generator's samples, by streaming, each a number with its protocol."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tqdm

from kgan.cache import digest, kept
from kgan.checks import InputError, lookup, whole
from kgan.metrics.frechet import Moments
from kgan.metrics.networks import Modes, Network
from kgan.metrics.networks import network as by_name
from kgan.metrics.registry import METRICS, Metric, Seen, check_generator
from kgan.metrics.result import Evaluation, Result

DEFAULT = ("fid", "kid", "precision_recall", "density_coverage")
FOLDS = 10  # for the jackknife; FEW of them for features above SMALL dimensions, whose moments are large
FEW, SMALL, LARGEST = 5, 512, 8192


class Evaluator:
    """Compares generators with the same reals, in the same features.

    What the network says of the reals is computed once, kept in the cache under the hashes of the samples and of the
    network, and compared with itself, half against half.

    Args:
        reals: a dataset of batches in random order, as `kgan.data.load` makes, with labels for the metrics that want
            them. Or an array.
        network: a `Network`, or the name of one that has to be trained on nothing: "raw", "inception".
        metrics: names in `METRICS`.
        num: how many samples of each are compared; all the reals, if they are fewer.
        progress: show a bar.
        data: what the reals are, for the numbers' protocol: "digits", say.

    Attributes:
        sample_shape: of one real.
        directions: the values' names, with "lower", "higher" or None, which is better.

    Raises:
        InputError: for an unknown metric, or one that the network, the samples or their labels have nothing for; no
            reals; a `num` below 2.
    """

    def __init__(
        self,
        reals: "tf.data.Dataset | np.ndarray",
        network: Network | str,
        metrics: Sequence[str] = DEFAULT,
        num: int = 10_000,
        progress: bool = False,
        data: str = "",
    ) -> None:
        self.network, self.num = by_name(network), whole("num", num, least=2)
        self.progress, self.data = progress, data
        self.metrics = {name: lookup("metrics", name, METRICS) for name in metrics}
        if not self.metrics:
            raise InputError("metrics: wanted one or more names, got none")
        self._needs = {metric.needs for metric in self.metrics.values()}
        first, labels = next(iter(_samples(reals, 1)), (None, None))
        if first is None:
            raise InputError("reals: wanted two samples or more, got none")
        self.sample_shape = first.shape[1:]
        self._check(first, labels)
        self.reals = self._reals(reals)
        if self.reals.count < 2:
            raise InputError(f"reals: wanted two samples or more, got {self.reals.count}")
        self._baseline = self._values(self.reals.half(0), self.reals.half(1))
        self.reals.folds = [self.reals.moments] if self.reals.folds else []
        self.directions = {name: metric.direction(name) for name, (_, metric) in self._baseline.items()}
        for metric in self.metrics.values():
            self.directions |= metric.better if metric.needs == "generator" else {}

    def __call__(
        self,
        fakes: Iterable[np.ndarray],
        weights: str = "ema",
        epoch: int = 0,
        step: int = 0,
        generator: Any | None = None,
    ) -> Evaluation:
        """The metrics of batches of samples, of which the first `num` are taken.

        Args:
            fakes: float32 arrays (n, ...), in [-1, 1] if they are images; or pairs of them and labels, the classes that
                the generator was asked for (`Sampler.iter_labelled`).
            weights: whose samples they are: "ema", "raw", "exported" or "images".
            epoch, step: when.
            generator: for the metrics that ask it, a `kgan.sampling.Sampler`.

        Raises:
            InputError: for samples of another shape than the reals', fewer than two, or that are not finite; for a
                metric that wants a generator, without one.
        """
        if generator is not None or "generator" in self._needs:
            check_generator(self.metrics, generator)
        fakes = self._look(self._checked("fakes", _samples(fakes, self.num)), FOLDS, self.num, "fakes")
        if fakes.count < 2:
            raise InputError(f"fakes: wanted two samples or more, got {fakes.count}")
        if "labels" in self._needs and fakes.labels is None:
            raise InputError("fakes: wanted batches of (samples, labels) for these metrics, got samples alone")
        fakes.generator = generator
        perfect = {}
        for metric in self.metrics.values():
            perfect |= metric.perfect(self.reals, fakes)
        results = [
            Result(
                metric=name,
                value=float(value),
                network=self.network.label,
                n_real=self.reals.count,
                n_fake=fakes.count,
                weights=weights,
                resizer=self.network.resizer,
                hash=self.network.hash,
                data=self.data,
                error=getattr(value, "error", None),
                real=float(self._baseline[name][0]) if name in self._baseline else None,
                perfect=perfect.get(name),
                better=self.directions[name],
            )
            for name, (value, _) in self._values(self.reals, fakes).items()
        ]
        return Evaluation(results, self._classes(fakes), epoch, step)

    def _values(self, real: Seen, fake: Seen) -> dict[str, tuple[float, Metric]]:
        values = {}
        for metric in self.metrics.values():
            if metric.needs == "generator" and fake.generator is None:  # reals
                continue
            values |= {name: (value, metric) for name, value in metric.compute(real, fake).items()}
        return values

    def _classes(self, fakes: Seen) -> dict | None:
        if fakes.probabilities is None:
            return None
        count = fakes.probabilities.shape[1]
        shares = [
            (np.bincount(x.probabilities.argmax(1), minlength=count) / x.count).tolist() for x in (self.reals, fakes)
        ]
        return {"names": list(self.network.class_names), "real": shares[0], "fake": shares[1]}

    def check_generator(self, generator: Any | None) -> None:
        """Raises an `InputError` for a metric that wants more of a generator than it has; None for samples alone."""
        check_generator(self.metrics, generator)

    def _check(self, first: np.ndarray, labels: np.ndarray | None) -> None:
        for name, metric in self.metrics.items():
            if metric.needs == "modes" and not isinstance(self.network, Modes):
                raise InputError(f"metrics: {name!r} wants data with known modes (ring or grid)")
            if metric.needs == "probabilities" and self.network.class_names is None:
                raise InputError(f"metrics: {name!r} wants a network with classes, got {self.network.name!r}")
            if metric.needs == "images" and first.ndim != 4:
                raise InputError(f"metrics: {name!r} wants images, got samples of shape {first.shape[1:]}")
            if metric.needs == "labels" and labels is None:
                raise InputError(f"metrics: {name!r} wants reals with labels, got reals alone")

    def _checked(self, what: str, samples: Iterable[tuple]) -> Iterator[tuple]:
        for batch, labels in samples:
            if batch.shape[1:] != self.sample_shape:
                raise InputError(
                    f"{what}: wanted samples of the reals' shape {self.sample_shape}, got {batch.shape[1:]}"
                )
            if not np.isfinite(batch).all():
                raise InputError(f"{what}: wanted finite numbers, got NaN or infinity")
            yield batch, labels

    def _reals(self, reals: "tf.data.Dataset | np.ndarray") -> Seen:
        look = lambda: self._look(self._checked("reals", _samples(reals, self.num)), 2, self.num, "reals")  # noqa: E731
        if not self.network.costly or "images" in self._needs:
            return look()
        wanted = lambda batch, labels: (batch, labels) if "labels" in self._needs else (batch,)  # noqa: E731
        content = digest(
            *(digest(*wanted(*part)).encode() for part in _samples(reals, self.num)), str(sorted(self._needs)).encode()
        )
        return _unpacked(self.network, kept(f"reals-{self.network.hash}-{content}", lambda: _packed(look())))

    def _look(self, batches: Iterable[tuple], folds: int, num: int, what: str) -> Seen:
        """What the network sees, without keeping what no metric needs."""
        moments, count, lists = [], 0, {"features": [], "probabilities": [], "images": [], "labels": []}
        with tqdm.tqdm(total=num, desc=what, unit="", leave=False, disable=not self.progress) as bar:
            for batch, labels in batches:
                features, probabilities = self.network(batch)
                if "moments" in self._needs:
                    moments = moments or self._folds(folds, features.shape[1])
                    for fold, part in enumerate(moments):
                        part.add(features[(fold - count) % len(moments) :: len(moments)])
                if self._needs & {"features", "modes", "labels"}:
                    lists["features"].append(features)
                if probabilities is not None:
                    lists["probabilities"].append(probabilities)
                if "images" in self._needs:
                    lists["images"].append(batch)
                if "labels" in self._needs and labels is not None:
                    lists["labels"].append(labels)
                count += len(batch)
                bar.update(len(batch))
        arrays = (np.concatenate(part) if part else None for part in lists.values())
        return Seen(self.network, count, moments, *arrays, total=count)

    def _folds(self, count: int, dimension: int) -> list[Moments]:
        if dimension > LARGEST:
            raise InputError(
                f"metrics: 'fid' wants at most {LARGEST} features, {self.network.name!r} has {dimension}; try "
                "'random_projection'"
            )
        return [Moments(dimension) for _ in range(count if dimension <= SMALL else min(count, FEW))]


def _samples(source: Iterable, num: int) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """The first `num` samples of batches, or of an array, as float32 batches, with their labels or None."""
    if isinstance(source, np.ndarray):
        source = np.split(source, range(1000, len(source), 1000))
    for batch in source:
        batch, *labels = batch if isinstance(batch, tuple) else (batch,)
        batch = np.asarray(batch, "float32")[:num]
        if len(batch):
            yield batch, np.asarray(labels[0])[:num] if labels and labels[0] is not None else None
        num -= len(batch)
        if num <= 0:
            return


def _packed(seen: Seen) -> dict[str, np.ndarray]:
    arrays = {"features": seen.features, "probabilities": seen.probabilities, "labels": seen.labels}
    arrays = {name: value for name, value in arrays.items() if value is not None}
    for name in ("count", "mean", "scatter"):
        arrays[f"fold_{name}"] = np.array([getattr(fold, name) for fold in seen.folds])
    return {"count": np.array(seen.count), **arrays}


def _unpacked(network: Network, arrays: dict[str, np.ndarray]) -> Seen:
    folds = []
    for i, count in enumerate(arrays["fold_count"]):
        fold = Moments(arrays["fold_mean"].shape[1])
        fold.count, fold.mean, fold.scatter = int(count), arrays["fold_mean"][i], arrays["fold_scatter"][i]
        folds.append(fold)
    count = int(arrays["count"])
    seen = {name: arrays.get(name) for name in ("features", "probabilities", "labels")}
    return Seen(network, count, folds, **seen, total=count)
