"""An evaluator by names: what `kgan train --metrics` and `kgan evaluate` judge by."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import data, metrics
from kgan.checks import InputError, lookup
from kgan.metrics.evaluation import DEFAULT
from kgan.metrics.registry import check_generator
from kgan.sampling import Sampler


def evaluator(
    dataset: str,
    metric_names: Sequence[str],
    *,
    features: str | None = None,
    num: int = 10_000,
    split: str = "train",
    data_dir: str | None = None,
    resolution: int | Sequence[int] | str | None = None,
    progress: bool = False,
    generator: Sampler | None = None,
    part: str | None = None,
) -> metrics.Evaluator:
    """Compares samples with `num` random reals of a data set.

    Args:
        dataset, split, data_dir, resolution: as `kgan.data.load` takes them.
        metric_names: none for the default ones.
        features: the network, as `kgan.metrics.network` takes it. Default: for the ring and the grid their modes,
            for other points themselves; for grey images with labels a classifier trained on them, else Inception.
        num: samples of each.
        progress: show a bar.
        generator: whose samples these will be; None for samples alone.
        part: of data of two pictures at a time, the one that samples are to be like: "a" or "b".

    Raises:
        InputError: for what the data, the network or the metrics cannot do.
    """
    where = {"split": split, "data_dir": data_dir, "resolution": resolution}
    asked = {name: lookup("metrics", name, metrics.METRICS) for name in metric_names}
    for name, metric in asked.items():  # before a classifier is trained
        if metric.needs == "modes" and not known_modes(dataset):
            raise InputError(f"metrics: {name!r} wants data with known modes (ring or grid), got {dataset!r}")
    check_generator(asked, generator)
    labels = any(metric.needs == "labels" for metric in asked.values())
    if features is None and known_modes(dataset):
        metric_names = metric_names or ("fid", "modes", "precision_recall", "density_coverage")
    look = network(dataset, features, part, **where)
    batches, num = reals(dataset, num, labels=labels, part=part, **where)
    return metrics.Evaluator(batches, look, metric_names or DEFAULT, num, progress, _described(dataset, part, **where))


def _described(
    dataset: str,
    part: str | None,
    split: str,
    data_dir: str | None,
    resolution: int | Sequence[int] | str | None,
) -> str:
    """`fashion_mnist`; `fashion_mnist test at 14` where the split is not "train", the resolution not its own."""
    own, at = _shape(dataset, part, split=split, data_dir=data_dir), ""
    if resolution is not None and own[:2] != (size := data.sides(resolution)):
        at = " at " + "x".join(map(str, dict.fromkeys(size)))
    return f"{dataset}{f' {part}' if part else ''}{'' if split == 'train' else f' {split}'}{at}"


def _shape(dataset: str, part: str | None, **where: Any) -> tuple[int, ...]:
    """The shape of one of the samples; of two pictures at a time, of one part."""
    loaded = data.load(dataset, **where)
    return data.sample_shape(loaded) if part is None else tuple(_part(loaded, part).element_spec.shape)


def _part(loaded: tf.data.Dataset, part: str) -> tf.data.Dataset:
    if not isinstance(loaded.element_spec, dict):
        raise InputError("dataset: this generator translates; wanted pairs:DIR or domains:DIR_A,DIR_B")
    return loaded.map(tf.autograph.experimental.do_not_convert(lambda pictures: pictures[part]))


def network(dataset: str, features: str | None = None, part: str | None = None, **where: Any) -> metrics.Network:
    """A network by name, trained on the data set's labels if it has to be; default as `evaluator` says."""
    if features is None and (known := known_modes(dataset)):
        return known
    features = features or _default(dataset, part, where)
    trained = features.startswith("classifier")
    return metrics.network(features, *(labelled(dataset, **where) if trained else (None, None)))


def reals(
    dataset: str, num: int, labels: bool = False, part: str | None = None, **where: Any
) -> tuple[tf.data.Dataset, int]:
    """Batches of reals in random order, and how many to take: `num`, or (but for a hundredth) all if they are fewer."""
    num = min(num, data.load(dataset, batch_size=1, **where).stream.source.size)
    batch = _batch(num)
    loaded = data.load(dataset, batch_size=batch, labels=labels, **where)
    return loaded if part is None else _part(loaded, part), num - num % batch


def sides(shape: Sequence[int]) -> Sequence[int] | None:
    """The resolution at which reals are as large as samples of a shape; None where these are no images."""
    return shape[:2] if len(shape) == 3 else None


def names(text: str | None) -> list[str]:
    """What stands between the commas."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def known_modes(dataset: str) -> metrics.Modes | None:
    """The modes of the ring and the grid; None for other data."""
    return metrics.Modes(*data.modes(dataset)) if dataset in ("ring", "grid") else None


def some(batches: tf.data.Dataset, num: int) -> Any:
    """The first `num` samples of a dataset of batches, a structure of arrays as they are; all, if they are fewer."""
    taken = list(batches.take(-(-num // batches.stream.batch_size)).as_numpy_iterator())
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts)[:num], *taken)


def held_out(dataset: str, batch_size: int, rows: np.ndarray | None = None, **where: Any) -> Any:
    """A batch of the data set's test split; where there is none, of the data that are not in `rows`, which are trained
    on, if they leave a batch; else of the data themselves.
    """
    try:
        test = data.load(dataset, split="test", batch_size=batch_size, **where)
    except InputError:
        if rows is not None:
            size = int(data.load(dataset, **where).cardinality())
            rows = np.setdiff1d(np.arange(size), rows)
            rows = rows if len(rows) >= batch_size else None
        test = data.load(dataset, batch_size=batch_size, rows=rows, **where)
    return keras.tree.map_structure(lambda part: part.numpy(), next(iter(test)))


def _default(dataset: str, part: str | None, where: dict) -> str:
    shape = _shape(dataset, part, **where)
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
