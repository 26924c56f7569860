"""MNIST and Fashion-MNIST from their four IDX files into the format of tensorflow_datasets, without a network."""

import contextlib
import gzip
import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kgan.checks import InputError, unknown
from kgan.data.records import tfds_quietly

NAMES = ("fashion_mnist", "mnist")
_SPLITS = {"train": "train", "test": "t10k"}


def import_idx(
    folder: str | os.PathLike, name: str = "fashion_mnist", data_dir: str | os.PathLike | None = None
) -> Path:
    """Write the IDX files in `folder` where `tfds.load(name, data_dir=data_dir)` finds them. Returns that folder.

    Args:
      folder: holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
        t10k-labels-idx1-ubyte, each with or without .gz, with a "-" or a "." before idx.
      name: "fashion_mnist" or "mnist".
      data_dir: as in `tfds.load`; None is TFDS's own (~/tensorflow_datasets, or the variable TFDS_DATA_DIR).

    TFDS's own builder and writer write aside and rename, so a failure leaves nothing that looks like the data set.

    Raises:
      InputError: an unknown name; a missing folder or file; a file that is not IDX of the right kind, is truncated
        or does not fit the other; a data set that already exists.
    """
    if name not in NAMES:
        raise unknown("name", name, NAMES)
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"from: no such folder: {folder}")
    tfds = tfds_quietly()
    builder = tfds.builder(name, data_dir=None if data_dir is None else os.path.expanduser(data_dir))
    target = Path(builder.data_path)
    if target.exists():
        raise InputError(f"data_dir: {name!r} already exists in {target}; remove it to import it again")
    features = builder.info.features
    splits = {
        split: _read_split(folder, prefix, features["image"].shape, features["label"].num_classes)
        for split, prefix in _SPLITS.items()
    }
    builder._split_generators = lambda *_: {split: _examples(*arrays) for split, arrays in splits.items()}
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # TFDS would tell of a download
            builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    except OSError as error:
        raise InputError(f"data_dir: {target} cannot be written ({error.strerror or error})") from error
    return target


def _examples(images: np.ndarray, labels: np.ndarray) -> Iterator[tuple[int, dict]]:
    # The key is the index, as in TFDS's own builder: it decides the stored order.
    for key, (image, label) in enumerate(zip(images, labels, strict=True)):
        yield key, {"image": image, "label": int(label)}


def _read_split(folder: Path, prefix: str, shape: tuple[int, int, int], classes: int) -> tuple[np.ndarray, np.ndarray]:
    images_file, labels_file = _find(folder, f"{prefix}-images", 3), _find(folder, f"{prefix}-labels", 1)
    images, labels = _read(images_file, 3), _read(labels_file, 1)
    if images.shape[1:] != shape[:2]:
        raise InputError(f"from: {images_file} holds images of {images.shape[1:]} pixels; wanted {shape[:2]}")
    if len(images) != len(labels):
        raise InputError(f"from: {images_file} holds {len(images)} images, but {labels_file} {len(labels)} labels")
    if len(images) == 0:
        raise InputError(f"from: {images_file} holds no image; wanted at least one")
    if labels.max() >= classes:
        raise InputError(f"from: {labels_file} holds the label {labels.max()}; wanted 0 to {classes - 1}")
    return images.reshape(-1, *shape), labels


def _find(folder: Path, stem: str, rank: int) -> Path:
    names = [f"{stem}{mark}idx{rank}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise InputError(f"from: {folder} has no {names[0]} (nor {names[1]}); wanted the four IDX files")
    return path


def _read(path: Path, rank: int) -> np.ndarray:
    """The uint8 array of an IDX file: a magic number 0x08nn (bytes, nn axes), the axes' lengths, the values."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"from: {path} cannot be read or is truncated ({error})") from error
    magic, wanted = content[:4].hex() or "nothing", f"{0x0800 + rank:08x}"
    if magic != wanted:
        raise InputError(
            f"from: {path} begins with the magic number {magic}; wanted {wanted} (IDX, bytes, rank {rank})"
        )
    header = 4 + 4 * rank
    if len(content) < header:
        raise InputError(f"from: {path} is truncated: {len(content)} bytes; wanted a header of {header}")
    shape = struct.unpack(f">{rank}I", content[4:header])
    if len(content) - header != int(np.prod(shape, dtype=np.int64)):
        state = f"{len(content) - header} bytes after the header"
        raise InputError(f"from: {path} is truncated or damaged: {state}; its header {shape} wants {np.prod(shape)}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
