"""Arrays that the user has saved with `numpy.savez`."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from kgan.checks import InputError, unknown
from kgan.data.arrays import Arrays
from kgan.data.images import check_memory, fit_all
from kgan.data.labels import class_numbers
from kgan.data.picture import printable

_IMAGES = {"train": ("images", "x_train", "x"), "test": ("x_test",)}
_LABELS = {"train": ("labels", "y_train", "y"), "test": ("y_test",)}


def npz(file: str, split: str, resolution: tuple[int, int] | None) -> Arrays:
    """The arrays of an .npz file.

    Split "train" is the array `images`, `x_train` or `x` (or the only one), with labels in `labels`, `y_train` or
    `y`; split "test" is `x_test`, `y_test`. Images: (n, height, width[, channels]) with any number of channels, uint8,
    uint16 (0 to 65535, served as float with all of its bits) or float in [-1, 1]; points: (n, dimensions), float,
    served as they are. Labels: integers, (n,) or (n, 1), or one-hot, (n, classes).

    Raises:
      InputError: a file that cannot be read, or an array with another rank, dtype, length or range of values, or with
        the channels before the height.
    """
    path = os.path.expanduser(file)
    arrays = _Archive(path)
    known = [s for s, names in _IMAGES.items() if s == "train" or not set(arrays.names).isdisjoint(names)]
    if split not in known:
        raise unknown("split", split, known)
    name = arrays.first(_IMAGES[split]) or (arrays.names[0] if len(arrays.names) == 1 else None)
    if name is None:
        held = ", ".join(arrays.names) or "nothing"
        raise InputError(f"dataset: {arrays.path} holds {held}; wanted an array named 'images'")
    x = _examples(f"dataset: {arrays.path}: array {name!r}", arrays.read(name))
    label_name = arrays.first(_LABELS[split])
    labels, classes = None, None
    if label_name is not None:
        what = f"dataset: {arrays.path}: array {label_name!r}"
        labels, classes = class_numbers(what, arrays.read(label_name), len(x))
    if x.ndim == 2:
        if resolution is not None:
            raise InputError(
                f"resolution: got {'x'.join(map(str, resolution))}, but {arrays.path} holds points; wanted None"
            )
        return Arrays(x, labels, classes)
    if resolution is not None:
        check_memory(f"{len(x)} images", len(x), (*resolution, x.shape[-1]), x.itemsize)
    return Arrays(fit_all(tf.identity(x) if resolution else x, resolution), labels, classes)


class _Archive:
    """The members of an .npz file, each read when it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = printable(path)
        if not os.path.isfile(path):
            raise InputError(f"dataset: no such file: {self.path}")
        self._file = self._try(lambda: np.load(path, allow_pickle=False))
        if not isinstance(self._file, np.lib.npyio.NpzFile):
            raise InputError(f"dataset: {self.path} is not a readable .npz file of plain arrays")
        self.names = list(self._file.files)

    def first(self, names: tuple[str, ...]) -> str | None:
        return next((name for name in names if name in self.names), None)

    def read(self, name: str) -> np.ndarray:
        array = self._try(lambda: self._file[name])
        if not isinstance(array, np.ndarray):  # a member that is no .npy file
            raise InputError(f"dataset: {self.path}: {name!r} is no array; wanted what numpy.savez writes")
        return array

    def _try(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Exception as error:  # zipfile, zlib and NumPy raise of many kinds
            raise InputError(f"dataset: {self.path} is not a readable .npz file of plain arrays") from error


def _examples(what: str, x: np.ndarray) -> np.ndarray:
    floating = np.issubdtype(x.dtype, np.floating)
    if not floating and x.dtype not in (np.uint8, np.uint16):
        wanted = "uint8 (0 to 255), uint16 (0 to 65535) or float (-1 to 1)"
        raise InputError(f"{what} has dtype {x.dtype}; wanted {wanted}")
    ranks = (2, 3, 4) if floating else (3, 4)
    if x.ndim not in ranks or 0 in x.shape:
        wanted = "images (n, height, width[, channels])" + (" or points (n, dimensions)" if floating else "")
        raise InputError(f"{what} of {x.dtype} has shape {x.shape}; wanted {wanted}, none of them 0")
    if x.ndim == 4 and x.shape[1] in (1, 3) and x.shape[3] > 4 and x.shape[2] > 4:
        raise InputError(f"{what} has shape {x.shape}, channels before height; wanted x.transpose(0, 2, 3, 1)")
    if floating:
        low, high = float(x.min()), float(x.max())
        if not np.isfinite(low + high):
            raise InputError(f"{what} has NaN or infinite values; wanted finite ones")
        if x.ndim > 2 and (low < -1 or high > 1):
            raise InputError(f"{what} has values from {low:g} to {high:g}; wanted -1 to 1 (or uint8, 0 to 255)")
        x = x.astype(np.float32)
    elif x.dtype == np.uint16:
        x = x.astype(np.float32) / 32767.5 - 1.0
    return x[..., np.newaxis] if x.ndim == 3 else x
