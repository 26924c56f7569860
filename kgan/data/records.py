"""Data sets of tensorflow_datasets (TFDS): in memory where they fit, else streamed from their records."""

import difflib
import math
import os
import re
import socket
import urllib.parse
import urllib.request
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import tensorflow as tf

from kgan.checks import InputError, unknown
from kgan.data.arrays import Arrays
from kgan.data.images import IN_MEMORY, as_shown, fit
from kgan.data.stream import Stream

SHUFFLE_BUFFER = 8192  # encoded examples


def tfds_quietly() -> ModuleType:
    """The module tensorflow_datasets (imported here, as it takes its time), its progress bars off."""
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    return tfds


def prepared(data_dir: str | os.PathLike | None = None) -> tuple[Path, list[str]]:
    """Where TFDS keeps its data, None being its own default, and the names of the data sets that are ready there."""
    folder = Path(data_dir or tfds_quietly().core.constants.DATA_DIR).expanduser()
    found = [
        path.relative_to(folder).parts for depth in (2, 3) for path in folder.glob(f"{'*/' * depth}dataset_info.json")
    ]
    return folder, sorted({"/".join(parts[:-2]) for parts in found})  # NAME/VERSION, or NAME/CONFIG/VERSION


def records(
    name: str, split: str, resolution: tuple[int, int] | None, data_dir: str | None, hint: str = ""
) -> "Arrays | Records":
    """A prepared TFDS data set, which is downloaded first if it is absent and can be.

    Its feature "image" (or the only image) are the examples, its integer feature "label" the labels. Images keep
    their size if all have the same and `resolution` is None; else their centre is cut and resized to `resolution`
    (height, width; None: the side of the first image's square). Images of 16 bits are served as float, with all of
    their bits; what is transparent lies on white, and a warning says so. `hint` tells what else to do where data are
    absent.

    Raises:
      InputError: an unknown name, version or split, data that are absent and cannot be fetched or are damaged, or no
        image of 8 or 16 bits in them.
    """
    builder = _prepared(name, data_dir, hint)
    damaged = f"dataset: {name!r} in {builder.data_path} is damaged"
    if not builder.info.splits:
        raise InputError(f"{damaged}: no split is known; remove that folder to prepare it again")
    try:
        size = builder.info.splits[split].num_examples
    except Exception as error:  # of many kinds: an unknown name, a slice that is none, what is no string
        raise unknown("split", split, builder.info.splits) from error
    try:
        source = Records(builder, split, size, resolution)
        bytes_decoded = size * math.prod(source.shape) * source.itemsize
        return source.loaded() if bytes_decoded <= IN_MEMORY else source
    except tf.errors.OpError as error:
        reason = re.sub(r"\{\{.*?\}\} | \[Op:.*", "", _first_line(error))
        raise InputError(f"{damaged}: {reason}; remove that folder to prepare it again") from error


class Records:
    """A source that reads a TFDS split in order, shuffles the encoded examples in a buffer and then decodes them."""

    unlabelled = ""

    def __init__(self, builder: Any, split: str, size: int, resolution: tuple[int, int] | None) -> None:
        if size <= 0:  # a slice may end before it begins
            raise InputError(f"split: {split!r} of {builder.name!r} is empty; wanted at least one example")
        self.size = size
        key, label = _features(builder)
        self.labelled = label is not None
        self.num_classes = getattr(label, "num_classes", None)
        self.class_names = None if self.num_classes is None else tuple(label.names)
        self._builder, self._split, self._key = builder, split, key
        self._image = builder.info.features[key]
        *own, channels = self._image.shape
        if resolution is None and None not in own:
            resolution = tuple(own)
        elif resolution is None:
            first = next(iter(self._encoded(labels=False)))[0]
            resolution = (min(self._image.decode_example(first).shape[:2]),) * 2
        transparent = channels in (2, 4)
        self.shape = (*resolution, channels - transparent)
        self.itemsize = 1 if self._image.np_dtype == "uint8" else 4
        if transparent:
            warnings.warn(
                f"dataset: the images of {builder.name!r} have transparency; it is put on white", stacklevel=2
            )

    def examples(self, labels: bool) -> tf.data.Dataset:
        return self._decoded(self._encoded(labels))

    def batches(self, stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
        encoded = self._encoded(stream.labels)
        epoch_size = stream.batches_per_epoch * stream.batch_size
        first_epoch, skipped = divmod(start, stream.batches_per_epoch)

        @tf.autograph.experimental.do_not_convert
        def epoch(number: tf.Tensor) -> tf.data.Dataset:
            dataset = encoded
            if stream.shuffle:
                # The order also depends on the seed of the graph, which would be the process's global seed.
                tf.compat.v1.set_random_seed(1)
                key = tf.stack([tf.constant(stream.seed, tf.int64), number])
                seed = tf.random.stateless_uniform([], key, maxval=tf.int64.max, dtype=tf.int64, alg="philox")
                dataset = dataset.shuffle(SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=False)
            skip = tf.where(number == first_epoch, tf.constant(skipped * stream.batch_size, tf.int64), 0)
            return dataset.take(epoch_size).skip(skip)

        records, size, each = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch), stream.batch_size, 1
        if (part := stream.part) is not None:  # what is another's is read, but not decoded
            records = part.of(records.batch(size, drop_remainder=True)).unbatch()
            size, each = size // part.replicas, part.replicas // part.workers
        batched = self._decoded(records).batch(size, drop_remainder=True)
        if stop is None:
            return batched.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        count = (stop - start) * each
        return batched.take(count).apply(tf.data.experimental.assert_cardinality(count))

    def loaded(self) -> Arrays:
        """The whole split, decoded into memory."""
        with tf.device("CPU:0"):
            columns = zip(*self.examples(self.labelled).batch(1024), strict=True)
            arrays = Arrays(*(tf.concat(pieces, axis=0) for pieces in columns))
        if self.num_classes is not None:
            arrays.num_classes, arrays.class_names = self.num_classes, self.class_names
        return arrays

    def _encoded(self, labels: bool) -> tf.data.Dataset:
        tfds = tfds_quietly()
        keys = [self._key, "label"] if labels else [self._key]
        dataset = self._builder.as_dataset(
            split=self._split,
            decoders={self._key: tfds.decode.SkipDecoding()},
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),  # stored order
        )
        return dataset.map(
            tf.autograph.experimental.do_not_convert(lambda example: tuple(example[key] for key in keys))
        )

    def _decoded(self, encoded: tf.data.Dataset) -> tf.data.Dataset:
        @tf.autograph.experimental.do_not_convert
        def decode(image: tf.Tensor, *labels: tf.Tensor) -> tuple[tf.Tensor, ...]:
            image = as_shown(self._image.decode_example(image))
            if tuple(image.shape) != self.shape:
                image = fit(image, self.shape[:2])
            return (tf.ensure_shape(image, self.shape), *(tf.cast(label, tf.int32) for label in labels))

        return encoded.map(decode, num_parallel_calls=os.cpu_count(), deterministic=True)


def _prepared(name: str, data_dir: str | None, hint: str) -> Any:
    tfds = tfds_quietly()
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        near = difflib.get_close_matches(name, tfds.list_builders(with_community_datasets=False), n=1, cutoff=0.4)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"dataset: tensorflow_datasets has no {name!r}{meant}") from error
    except Exception as error:  # of many kinds: a version that is not there, a package that is missing, damaged files
        reason = re.sub(r"^Failed to construct dataset .*?\}\": ", "", _first_line(error))
        where = "" if isinstance(error, ValueError) else f" (data_dir: {data_dir or tfds.core.constants.DATA_DIR})"
        raise InputError(f"dataset: {name!r}: {reason}{where}") from error
    if not builder.data_path.exists():
        absent = f"dataset: {name!r} is not in {builder.data_path.parent} and could not be downloaded"
        if host := _unreachable(type(builder).url_infos or ()):
            raise InputError(f"{absent}: no network ({host} cannot be reached){hint}")
        try:
            builder.download_and_prepare()
        except Exception as error:  # of many kinds: network, checksum, a missing package, files to fetch by hand
            raise InputError(f"{absent}: {type(error).__name__}: {_first_line(error)}{hint}") from error
    return builder


def _unreachable(urls: Any) -> str | None:
    """The host of the first web address if it (or the proxy before it) does not answer within seconds.

    TFDS itself would try again for minutes.
    """
    for url in urls:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            continue
        proxy = urllib.request.getproxies().get(parts.scheme)
        if proxy and not urllib.request.proxy_bypass(parts.hostname):
            parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            socket.create_connection((parts.hostname, port), timeout=5).close()
            return None
        except OSError:
            return parts.hostname
    return None


def _features(builder: Any) -> tuple[str, Any]:
    """The name of the image feature, and the feature of the label, None if there is none."""
    tfds = tfds_quietly()
    features = dict(builder.info.features) if isinstance(builder.info.features, tfds.features.FeaturesDict) else {}
    images = [key for key, feature in features.items() if isinstance(feature, tfds.features.Image)]
    if "image" not in images and len(images) != 1:
        raise InputError(f"dataset: {builder.name!r} has no image named 'image'; its features: {', '.join(features)}")
    key = "image" if "image" in images else images[0]
    dtype = tf.as_dtype(features[key].np_dtype)
    if dtype not in (tf.uint8, tf.uint16):
        raise InputError(f"dataset: the images of {builder.name!r} have dtype {dtype.name}; wanted uint8 or uint16")
    label = features.get("label")
    scalar = label is not None and label.shape == () and tf.as_dtype(label.np_dtype).is_integer
    return key, label if scalar else None


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")
