"""`load`: the data sets by name."""

import math
import os
import re
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kgan.checks import InputError, unknown, whole
from kgan.data.chosen import Chosen
from kgan.data.digits import Stacked, digits
from kgan.data.files import Files
from kgan.data.folder import pictures
from kgan.data.idx import NAMES as IDX_NAMES
from kgan.data.images import IN_MEMORY
from kgan.data.lazily import Many
from kgan.data.mixtures import mixture
from kgan.data.npz import npz
from kgan.data.pairs import Domains, Pairs
from kgan.data.records import records
from kgan.data.shards import Shards
from kgan.data.stream import Source, Stream, check_labels, served

KNOWN = (
    *("digits", "domains:DIR_A,DIR_B", "fashion_mnist", "grid", "images:DIR", "mnist", "npz:FILE"),
    *("pairs:DIR", "pairs:DIR_A,DIR_B", "ring", "stacked_digits", "tfds:NAME", "tfrecord:DIR"),
)
LARGEST = 4096  # pixels on a side


def load(
    name: str,
    split: str = "train",
    batch_size: int | None = None,
    *,
    resolution: int | Sequence[int] | str | None = None,
    labels: bool = False,
    seed: int = 0,
    shuffle: bool = True,
    data_dir: str | os.PathLike | None = None,
    rows: np.ndarray | None = None,
) -> tf.data.Dataset:
    """A data set by name, as a `tf.data.Dataset`.

    Images are float32 of shape (height, width, channels) in [-1, 1], points float32 of shape (2,), unscaled; with
    `labels` an element is a tuple (x, label), the label int32. Pairs and domains are dicts {"a": x, "b": y}. A
    `batch_size` puts the batch axis before them.

    Args:
      name:
        "digits": scikit-learn's 1,797 handwritten digits, resized from 8x8 to 28x28 or `resolution`.
        "stacked_digits": three of them in the three channels, 128,000 times; the label is their number, 0 to 999.
        "fashion_mnist", "mnist", "tfds:NAME": by tensorflow_datasets, downloaded if absent (offline, see
          `import_idx`). In memory if the decoded images take at most 4 GiB, else streamed from disk.
        "images:DIR": the pictures under a folder, by sorted name, as a viewer shows them: see `kgan.data.files.Files`.
          The label is the sub-folder's place, where each picture is in one. More than 50,000 are decoded as they are
          asked for: see `kgan.data.lazily`.
        "tfrecord:DIR": the pictures in TFRecord shards, read as they are asked for: see `kgan.data.shards.Shards`.
        "npz:FILE": arrays `images` (or `x`, `x_train`, or the only one) and `labels` (or `y`, `y_train`).
        "ring", "grid": 100,000 points of a mixture of 8 or 25 Gaussians in the plane; the label is the mode.
        "pairs:DIR", "pairs:DIR_A,DIR_B": two pictures that belong together: see `kgan.data.pairs.Pairs`.
        "domains:DIR_A,DIR_B": two pictures that do not, each domain in its own order: `kgan.data.pairs.Domains`.
      split: "train"; "test" where the source has one; for tensorflow_datasets any of its splits and slices.
        The digits have no official split: "train" is all of them.
      batch_size: None gives single examples in stored order. Else one pass in batches of this size, the remainder
        left out; `dataset.stream` is then a `Stream`, which goes on with other orders in the epochs after.
      resolution: to which images are cut (the largest centred part with these proportions) and resized: a side in
        pixels, (height, width) or "HEIGHTxWIDTH", each at most 4,096; None keeps the size of the source (28 for the
        digits; the side of the first image's square for files, and where sizes differ).
      labels: whether elements hold the label.
      seed: the order of the batches, and the points of a mixture, are a function of it; from 0 on.
      shuffle: False keeps batches in stored order.
      data_dir: where tensorflow_datasets keeps its data; None is its own default.
      rows: whole numbers (n,): take these examples, by their places in stored order, each as often as it stands there.

    Returns:
      The dataset. It has `num_classes` and `class_names` (a tuple of strings), None where they are not known.

    Raises:
      InputError: an unknown name or split, data that are absent or cannot be read, labels that do not exist, a
        resolution for points, and numbers out of range (a batch larger than the data or than 4 GiB, say).
    """
    if batch_size is not None:
        batch_size = whole("batch_size", batch_size)
    size = None if resolution is None else sides(resolution)
    source = _open(str(name), split, size, whole("seed", seed, least=0), data_dir)
    if rows is not None:
        source = Chosen(source, rows)
    check_labels(source, labels)
    if batch_size is None:
        dataset = served(source.examples(labels))
    else:
        stream = Stream(source, batch_size, labels=labels, seed=seed, shuffle=shuffle)
        dataset = stream.batches(0, stream.batches_per_epoch)
        dataset.stream = stream
        _check_size(dataset)
    dataset.num_classes, dataset.class_names = source.num_classes, source.class_names
    return dataset


def _open(
    name: str, split: str, resolution: tuple[int, int] | None, seed: int, data_dir: str | os.PathLike | None
) -> Source | Domains:
    data_dir = None if data_dir is None else os.path.expanduser(data_dir)
    match name.partition(":"):
        case "digits", "", _:
            _only_train(split)
            return digits(resolution)
        case "stacked_digits", "", _:
            _only_train(split)
            return Stacked(digits(resolution), seed)
        case (("ring" | "grid"), "", _):
            _only_train(split)
            if resolution is not None:
                got = "x".join(map(str, resolution))
                raise InputError(f"resolution: got {got}, but {name!r} holds points, not images; wanted None")
            return mixture(name, seed)
        case "images", ":", folder if folder:
            _only_train(split)
            listing = pictures(folder)
            return Many(listing, resolution) if listing.many else Files(listing, resolution)
        case "pairs", ":", folder if folder:
            _only_train(split)
            return Pairs(folder, resolution)
        case "domains", ":", folders if folders:
            _only_train(split)
            return Domains(folders, resolution)
        case "tfrecord", ":", folder if folder:
            _only_train(split)
            return Shards(folder, resolution)
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


def sides(resolution: int | Sequence[int] | str) -> tuple[int, int]:
    """(height, width) of a resolution as `load` takes it: 32, "32", "64x96" or (64, 96).

    Raises:
      InputError: for anything else, or a side outside 1 to 4,096.
    """
    wanted = f"wanted a side or (height, width) in pixels, 64 or 64x96, say, from 1 to {LARGEST}"
    size = resolution
    if isinstance(size, str):
        match = re.fullmatch(r"(\d{1,9})(?:x(\d{1,9}))?", size)
        size = [int(side) for side in match.groups(match[1])] if match else []
    elif not isinstance(size, tuple | list):
        size = [size, size]
    try:
        height, width = (whole("resolution", side, most=LARGEST) for side in size)
    except ValueError:
        raise InputError(f"resolution: got {resolution!r}, {wanted}") from None
    return height, width


def sample_shape(dataset: tf.data.Dataset) -> tuple[int, ...]:
    """The shape of the samples of a dataset, or of its batches, that `load` has made without labels.

    Raises:
      InputError: for a dataset of pairs or of domains, whose samples are several arrays.
    """
    spec = dataset.element_spec
    if not isinstance(spec, tf.TensorSpec):
        raise InputError(f"dataset: its samples are {', '.join(spec)} at a time; wanted single ones")
    return tuple(spec.shape)


def _check_size(dataset: tf.data.Dataset) -> None:
    specs = tf.nest.flatten(dataset.element_spec)
    size = sum(math.prod(spec.shape) * spec.dtype.size for spec in specs)
    if size > IN_MEMORY:
        what = f"a batch takes {size / 2**30:,.0f} GiB; wanted at most {IN_MEMORY / 2**30:g}"
        raise InputError(f"batch_size: {what}, by a smaller batch or resolution")
