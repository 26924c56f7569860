"""Arrays that the user has saved with `numpy.savez`."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import tensorflow as tf

from kgan.checks import InputError, unknown
from kgan.data.arrays import Arrays
from kgan.data.images import fit_all

_IMAGES = {"train": ("images", "x_train", "x"), "test": ("x_test",)}
_LABELS = {"train": ("labels", "y_train", "y"), "test": ("y_test",)}


def npz(file: str, split: str, resolution: int | None) -> Arrays:
    """The arrays of an .npz file.

    Split "train" is the array `images`, `x_train` or `x` (or the only one), with labels in `labels`, `y_train` or
    `y`; split "test" is `x_test`, `y_test`. Images: (n, height, width[, channels]), uint8 or float in [-1, 1];
    points: (n, dimensions), float, served as they are. Labels: integers, (n,) or (n, 1).

    Raises:
      InputError: a file that cannot be read, or an array with another rank, dtype, length or range of values.
    """
    path = Path(file).expanduser()
    arrays = _read(path)
    known = [s for s, names in _IMAGES.items() if s == "train" or not arrays.keys().isdisjoint(names)]
    if split not in known:
        raise unknown("split", split, known)
    name = _first(arrays, _IMAGES[split]) or (next(iter(arrays)) if len(arrays) == 1 else None)
    if name is None:
        raise InputError(f"dataset: {path} holds {', '.join(arrays) or 'nothing'}; wanted an array named 'images'")
    x = _examples(path, name, arrays[name])
    label_name = _first(arrays, _LABELS[split])
    labels = None if label_name is None else _labels(path, label_name, arrays[label_name], len(x))
    if x.ndim == 2:
        if resolution is not None:
            raise InputError(f"resolution: got {resolution}, but {path} holds points; wanted None")
        return Arrays(x, labels)
    return Arrays(fit_all(tf.identity(x) if resolution else x, resolution), labels)


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise InputError(f"dataset: no such file: {path}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(f"dataset: {path} is not a readable .npz file of plain arrays") from error


def _first(arrays: dict[str, np.ndarray], names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in arrays), None)


def _examples(path: Path, name: str, x: np.ndarray) -> np.ndarray:
    what = f"dataset: {path}: array {name!r}"
    floating = np.issubdtype(x.dtype, np.floating)
    if not floating and x.dtype != np.uint8:
        raise InputError(f"{what} has dtype {x.dtype}; wanted uint8 (0 to 255) or float (-1 to 1)")
    ranks = (2, 3, 4) if floating else (3, 4)
    if x.ndim not in ranks or 0 in x.shape:
        wanted = "images (n, height, width[, channels])" + (" or points (n, dimensions)" if floating else "")
        raise InputError(f"{what} of {x.dtype} has shape {x.shape}; wanted {wanted}, none of them 0")
    if floating:
        low, high = float(x.min()), float(x.max())
        if not np.isfinite(low + high):
            raise InputError(f"{what} has NaN or infinite values; wanted finite ones")
        if x.ndim > 2 and (low < -1 or high > 1):
            raise InputError(f"{what} has values from {low:g} to {high:g}; wanted -1 to 1 (or uint8, 0 to 255)")
        x = x.astype(np.float32)
    return x[..., np.newaxis] if x.ndim == 3 else x


def _labels(path: Path, name: str, labels: np.ndarray, size: int) -> np.ndarray:
    what = f"dataset: {path}: array {name!r}"
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"{what} has dtype {labels.dtype}; wanted integers")
    if labels.shape not in ((size,), (size, 1)):
        raise InputError(f"{what} has shape {labels.shape}; wanted ({size},), one label an example")
    if labels.min() < 0:
        raise InputError(f"{what} has the label {labels.min()}; wanted 0 or more")
    return labels.reshape(-1)
