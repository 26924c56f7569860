"""A folder of PNG and JPEG files, decoded as they are needed."""

import os
from pathlib import Path

import tensorflow as tf

from kgan.checks import InputError
from kgan.data.images import fit_square
from kgan.data.stream import Stream, index_batches

_SUFFIXES = {".png", ".jpg", ".jpeg"}
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class Files:
    """A source of the PNG and JPEG files under `folder` (recursively, hidden files excepted), by sorted name.

    Each image's centre square is resized to `resolution` (None: the side of the first image's square). They are RGB,
    unless the first image is greyscale: then all have one channel.

    Raises:
      InputError: a missing or empty folder; a file that is not a PNG or a JPEG by its first bytes (every file is
        looked at); a first image that cannot be decoded. A later file that turns out to be damaged stops the
        iteration with a `tf.errors.InvalidArgumentError` that names it.
    """

    labelled = False

    def __init__(self, folder: str | os.PathLike, resolution: int | None) -> None:
        root = Path(folder).expanduser()
        if not root.is_dir():
            raise InputError(f"dataset: no such folder: {root}")
        paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES and not p.name.startswith("."))
        if not paths:
            raise InputError(f"dataset: no image in folder {root}; wanted PNG or JPEG files")
        for path in paths:
            _check_signature(path)
        height, width, channels = _first_shape(paths[0])
        self.size = len(paths)
        self.channels = 1 if channels < 3 else 3
        self.resolution = resolution or min(height, width)
        with tf.device("CPU:0"):
            self.paths = tf.constant([str(path) for path in paths])

    def examples(self, labels: bool) -> tf.data.Dataset:
        return self._decoded(tf.data.Dataset.range(self.size))

    def batches(self, stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
        decoded = self._decoded(index_batches(stream, start, stop).unbatch())
        count = tf.data.INFINITE_CARDINALITY if stop is None else stop - start
        batched = decoded.batch(stream.batch_size, drop_remainder=True)
        return batched.apply(tf.data.experimental.assert_cardinality(count))

    def _decoded(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        read = lambda index: (self._read(self.paths[index]),)  # noqa: E731
        return indices.map(read, num_parallel_calls=os.cpu_count(), deterministic=True)

    def _read(self, path: tf.Tensor) -> tf.Tensor:
        # A decoder's error does not say which file it was reading. So a file that fails gives no element here,
        # and the one that takes its place fails by name.
        one = tf.data.Dataset.from_tensors(path)
        named = one.map(self._decode).ignore_errors().concatenate(one.map(self._fail))
        return named.take(1).get_single_element()

    def _decode(self, path: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(tf.io.read_file(path), channels=self.channels, expand_animations=False)
        return tf.ensure_shape(fit_square(image, self.resolution), (self.resolution, self.resolution, self.channels))

    def _fail(self, path: tf.Tensor) -> tf.Tensor:
        failure = tf.debugging.Assert(False, [tf.strings.join(["unreadable image: ", path])])
        with tf.control_dependencies([failure]):
            return tf.zeros((self.resolution, self.resolution, self.channels), tf.uint8)


def _check_signature(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise InputError(f"dataset: unreadable image: {path} ({error.strerror})") from error
    if not head.startswith(_SIGNATURES):
        raise InputError(f"dataset: unreadable image: {path} (neither a PNG nor a JPEG by its first bytes)")


def _first_shape(path: Path) -> tuple[int, int, int]:
    try:
        return tuple(tf.io.decode_image(tf.io.read_file(str(path)), expand_animations=False).shape)
    except tf.errors.InvalidArgumentError as error:
        raise InputError(f"dataset: unreadable image: {path} (it cannot be decoded)") from error
