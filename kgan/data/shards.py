"""TFRecord shards of encoded pictures, any of which is read by its number."""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kgan import cache
from kgan.checks import InputError
from kgan.data.lazily import Lazy
from kgan.data.picture import Picture, printable, show

SUFFIXES = (".tfrecord", ".tfrecords")
IMAGES, LABELS = ("image", "image/encoded"), ("label", "image/class/label")
CLASSES = "classes.txt"
HEAD, TAIL = 12, 4  # bytes before a record: its length and that one's checksum; after it: its own checksum


class Shards(Lazy):
    """The records of the files *.tfrecord or *.tfrecord-00001-of-00100 in a folder, by sorted name.

    A record is a `tf.train.Example` with an encoded picture in "image" or "image/encoded" and, where DIR/classes.txt
    names the classes, a line each, its class's number in "label" or "image/class/label". Where each record lies is
    found once, by their heads, and kept in the cache as long as the files' names, sizes and times are the same: sixteen
    bytes of memory a record. A batch is read record by record, wherever they lie.

    Args:
      folder: its path.
      resolution: (height, width) or None; see `Lazy`.

    Raises:
      InputError: a folder without such files, a file that is no TFRecord or is cut off, by its name; a record that
        holds no picture, by its number.
    """

    def __init__(self, folder: str, resolution: tuple[int, int] | None) -> None:
        root = Path(os.path.expanduser(folder))
        self.files = sorted(path for path in root.glob("*") if _is_shard(path)) if root.is_dir() else []
        if not self.files:
            raise InputError(f"dataset: no TFRecord shard in {printable(str(root))}; wanted files *.tfrecord")
        stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in map(Path.resolve, self.files)]
        found = cache.kept(f"shards/{cache.digest(chr(0).join(stamps).encode('utf-8', 'surrogateescape'))}", self._find)
        self.shard, self.begin, self.length = found["shard"], found["begin"], found["length"]
        self._opened: dict[int, int] = {}
        names = root / CLASSES
        if names.exists():
            self.class_names = tuple(names.read_text(encoding="utf-8").split("\n"))
            self.class_names = tuple(name for name in self.class_names if name.strip())
            self.labelled, self.num_classes = True, len(self.class_names)
        else:
            self.unlabelled = f"{printable(str(names))} would name the classes, a line each"
        super().__init__(len(self.shard), resolution)

    def picture(self, number: int) -> Picture:
        content = _feature(self._example(number), IMAGES, "bytes_list")
        if content is None:
            raise InputError(f"dataset: {self.name(number)} has no picture in {' or '.join(map(repr, IMAGES))}")
        return show(self.name(number), content)

    def name(self, number: int) -> str:
        shard = int(self.shard[number])
        first = int(np.searchsorted(self.shard, shard))
        return f"record {number - first} of {printable(str(self.files[shard]))}"

    def label(self, number: int) -> int:
        label = _feature(self._example(number), LABELS, "int64_list")
        if label is None or not 0 <= label < self.num_classes:
            what = f"the label {label}" if label is not None else f"no label in {' or '.join(map(repr, LABELS))}"
            raise InputError(f"dataset: {self.name(number)} has {what}; {CLASSES} names {self.num_classes} classes")
        return label

    def _example(self, number: int) -> tf.train.Example:
        shard = int(self.shard[number])
        if shard not in self._opened:
            self._opened[shard] = os.open(self.files[shard], os.O_RDONLY)
        content = os.pread(self._opened[shard], int(self.length[number]), int(self.begin[number]))
        try:
            return tf.train.Example.FromString(content)
        except Exception as error:  # protobuf's, of many kinds
            raise InputError(f"dataset: {self.name(number)} is no tf.train.Example: {error}") from error

    def _find(self) -> dict[str, np.ndarray]:
        """Of each record: in which shard it lies, where it begins there, and its length."""
        places = [(number, *place) for number, path in enumerate(self.files) for place in _records(path)]
        if not places:
            raise InputError(f"dataset: the shards in {printable(str(self.files[0].parent))} have no records")
        shard, begin, length = np.array(places, np.int64).T
        return {"shard": shard.astype(np.int32), "begin": begin, "length": length.astype(np.int32)}


def _is_shard(path: Path) -> bool:
    return path.suffix in SUFFIXES or re.search(r"\.tfrecords?-\d+-of-\d+$", path.name) is not None


def _records(path: Path) -> Iterator[tuple[int, int]]:
    """Where each record of a file begins, and its length."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place < size:
            file.seek(place)
            head = file.read(HEAD)
            length = struct.unpack("<Q", head[:8])[0] if len(head) == HEAD else size
            if place + HEAD + length + TAIL > size:
                what = "is cut off, or no TFRecord (compressed ones are none)"
                raise InputError(f"dataset: {printable(str(path))} {what} at byte {place}")
            yield place + HEAD, length
            place += HEAD + length + TAIL


def _feature(example: tf.train.Example, names: tuple[str, ...], kind: str) -> Any:
    """The only value of the first of the features that is there."""
    for name in names:
        values = getattr(example.features.feature[name], kind).value if name in example.features.feature else []
        if len(values) == 1:
            return values[0]
    return None
