"""`load`: the data sets by name."""

import operator
import os
from typing import Any

import tensorflow as tf

from kgan.checks import InputError, unknown
from kgan.data.digits import digits
from kgan.data.files import Files
from kgan.data.idx import NAMES as IDX_NAMES
from kgan.data.mixtures import mixture
from kgan.data.npz import npz
from kgan.data.records import records
from kgan.data.stream import Source, Stream, check_labels, served

KNOWN = ("digits", "fashion_mnist", "grid", "images:DIR", "mnist", "npz:FILE", "ring", "tfds:NAME")


def load(
    name: str,
    split: str = "train",
    batch_size: int | None = None,
    *,
    resolution: int | None = None,
    labels: bool = False,
    seed: int = 0,
    shuffle: bool = True,
    data_dir: str | os.PathLike | None = None,
) -> tf.data.Dataset:
    """A data set by name, as a `tf.data.Dataset`.

    Images are float32 of shape (height, width, channels) in [-1, 1], points float32 of shape (2,), unscaled; with
    `labels` an element is a tuple (x, label), the label int32. A `batch_size` puts the batch axis before them.

    Args:
      name:
        "digits": scikit-learn's 1,797 handwritten digits, resized from 8x8 to 28x28 or `resolution`.
        "fashion_mnist", "mnist", "tfds:NAME": by tensorflow_datasets, downloaded if absent (offline, see
          `import_idx`). In memory if the decoded images take at most 4 GiB, else streamed from disk.
        "images:DIR": the PNG and JPEG files under a folder, by sorted name, cut to their centre square. No labels.
        "npz:FILE": arrays `images` (or `x`, `x_train`, or the only one) and `labels` (or `y`, `y_train`).
        "ring", "grid": 100,000 points of a mixture of 8 or 25 Gaussians in the plane; the label is the mode.
      split: "train"; "test" where the source has one; for tensorflow_datasets any of its splits and slices.
        The digits have no official split: "train" is all of them.
      batch_size: None gives single examples in stored order. Else one pass in batches of this size, the remainder
        left out; `dataset.stream` is then a `Stream`, which goes on with other orders in the epochs after.
      resolution: side in pixels to which images are cut (centre square) and resized; None keeps the size of the
        source (28 for the digits; the side of the first image's square where sizes differ).
      labels: whether elements hold the label.
      seed: the order of the batches, and the points of a mixture, are a function of it.
      shuffle: False keeps batches in stored order.
      data_dir: where tensorflow_datasets keeps its data; None is its own default.

    Raises:
      InputError: an unknown name or split, data that are absent or cannot be read, labels that do not exist, a
        resolution for points, and numbers out of range (a batch larger than the data, say).
    """
    if batch_size is not None:
        batch_size = _positive("batch_size", batch_size)
    if resolution is not None:
        resolution = _positive("resolution", resolution)
    source = _open(str(name), split, resolution, _integer("seed", seed), data_dir)
    check_labels(source, labels)
    if batch_size is None:
        return served(source.examples(labels))
    stream = Stream(source, batch_size, labels=labels, seed=seed, shuffle=shuffle)
    dataset = stream.batches(0, stream.batches_per_epoch)
    dataset.stream = stream
    return dataset


def _open(name: str, split: str, resolution: int | None, seed: int, data_dir: str | os.PathLike | None) -> Source:
    data_dir = None if data_dir is None else os.path.expanduser(data_dir)
    match name.partition(":"):
        case "digits", "", _:
            _only_train(split)
            return digits(resolution)
        case (("ring" | "grid"), "", _):
            _only_train(split)
            if resolution is not None:
                raise InputError(f"resolution: got {resolution}, but {name!r} holds points, not images; wanted None")
            return mixture(name, seed)
        case "images", ":", folder if folder:
            _only_train(split)
            return Files(folder, resolution)
        case "npz", ":", file if file:
            return npz(file, split, resolution)
        case "tfds", ":", dataset if dataset:
            return records(dataset, split, resolution, data_dir, _offline(dataset))
        case _ if name in IDX_NAMES:
            return records(name, split, resolution, data_dir, _offline(name))
    raise unknown("dataset", name, KNOWN)


def _offline(name: str) -> str:
    if name in IDX_NAMES:
        return f"; with its IDX files at hand: kgan data import --from=FOLDER --name={name}"
    return "; it can be prepared where there is a network, and its folder copied"


def _only_train(split: str) -> None:
    if split != "train":
        raise unknown("split", split, ["train"])


def _integer(argument: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise InputError(f"{argument}: got {value!r}, wanted an integer") from None


def _positive(argument: str, value: Any) -> int:
    if _integer(argument, value) < 1:
        raise InputError(f"{argument}: got {value}, wanted at least 1")
    return int(value)
