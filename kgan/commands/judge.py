"""An evaluator by names: what `kgan train --metrics` and `kgan evaluate` judge by."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kgan import data, metrics
from kgan.checks import InputError
from kgan.metrics.evaluation import DEFAULT


def evaluator(
    dataset: str,
    metric_names: Sequence[str],
    *,
    features: str | None = None,
    num: int = 10_000,
    split: str = "train",
    data_dir: str | None = None,
    resolution: int | None = None,
    progress: bool = False,
) -> metrics.Evaluator:
    """Compares samples with `num` random reals of a data set.

    Args:
        dataset, split, data_dir, resolution: as `kgan.data.load` takes them.
        metric_names: none for the default ones.
        features: the network, as `kgan.metrics.network` takes it. Default: for the ring and the grid their modes,
            for other points themselves; for grey images with labels a classifier trained on them, else Inception.
        num: samples of each.
        progress: show a bar.

    Raises:
        InputError: for what the data, the network or the metrics cannot do.
    """
    where = {"split": split, "data_dir": data_dir, "resolution": resolution}
    shape = tuple(data.load(dataset, **where).element_spec.shape)
    images = labels = None
    network = known_modes(dataset) if features is None else None
    if network is not None:
        metric_names = metric_names or ("modes", "fid", "precision_recall", "density_coverage")
    else:
        features = features or _default(dataset, shape, where)
        if features.startswith("classifier"):
            images, labels = labelled(dataset, **where)
        network = metrics.network(features, images, labels)
    size = data.load(dataset, batch_size=1, **where).stream.source.size
    reals = data.load(dataset, batch_size=_batch(min(size, num)), **where)
    return metrics.Evaluator(reals, network, metric_names or DEFAULT, min(num, size), progress)


def names(text: str | None) -> list[str]:
    """What stands between the commas."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def known_modes(dataset: str) -> metrics.Modes | None:
    """The modes of the ring and the grid; None for other data."""
    return metrics.Modes(*data.modes(dataset)) if dataset in ("ring", "grid") else None


def some(batches: tf.data.Dataset, num: int) -> np.ndarray:
    """The first `num` samples of a dataset of batches; all, if they are fewer."""
    taken = batches.take(-(-num // batches.stream.batch_size))
    return np.concatenate(list(taken.as_numpy_iterator()))[:num]


def _default(dataset: str, shape: tuple, where: dict) -> str:
    if len(shape) == 1:
        return "raw"
    if shape[-1] == 1:
        try:
            data.load(dataset, labels=True, **where)
        except InputError:
            return "inception"
        return "classifier"
    return "inception"


def labelled(dataset: str, **where: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The whole data set and its labels; None twice, if it has none."""
    try:
        examples = data.load(dataset, labels=True, **where).batch(1000)
    except InputError:
        return None, None
    parts = list(examples.as_numpy_iterator())
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def _batch(num: int) -> int:
    """A batch size, at most 1,000, of which `num` is a multiple or nearly so: batches leave a remainder out."""
    return max(size for size in range(1, min(num, 1000) + 1) if num % size <= num // 100)
