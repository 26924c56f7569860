"""Pictures that are decoded as they are asked for: more than one waits for, or has room for."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from kgan.checks import InputError
from kgan.data.arrays import Indexed
from kgan.data.folder import Listing
from kgan.data.picture import Picture, fit, printable, show

LOOKED_AT = 64


class Lazy(Indexed):
    """A source of `size` pictures that knows how to get at each; nothing of them is kept.

    Each has its centre cut and resized to `resolution` (height, width; None: the side of the first one's square). They
    have three channels, or one if those that are looked at in the beginning, evenly spread, are all grey.

    A subclass has `picture(number)`, its `name(number)` for messages and, where there are labels, `label(number)`.

    Raises:
      InputError: a picture that cannot be read, by its name: of those that are looked at, here; of others, and of a
        coloured one among grey ones, when it is asked for.
    """

    def __init__(self, size: int, resolution: tuple[int, int] | None) -> None:
        self.size = size
        grey = True
        for number in np.unique(np.linspace(0, size - 1, LOOKED_AT).astype(int)).tolist():
            picture = self.picture(number)
            resolution = resolution or (min(picture.image.size),) * 2
            grey = grey and picture.grey
        self.shape = (*resolution, 1 if grey else 3)
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def picture(self, number: int) -> Picture:
        """The picture, whole."""
        raise NotImplementedError

    def name(self, number: int) -> str:
        """What it is called in messages."""
        raise NotImplementedError

    def label(self, number: int) -> int:
        """Its class."""
        raise NotImplementedError

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        images = tf.numpy_function(self._images, [indices], tf.uint8, stateful=False)
        images = tf.ensure_shape(images, [*indices.shape, *self.shape])
        if not labels:
            return (images,)
        classes = tf.numpy_function(self._labels, [indices], tf.int32, stateful=False)
        return images, tf.ensure_shape(classes, indices.shape)

    def _images(self, indices: np.ndarray) -> np.ndarray:
        with self._lock:
            self._threads = self._threads or ThreadPoolExecutor(os.cpu_count())
        images = self._threads.map(self._pixels, np.ravel(indices).tolist())
        return np.stack(list(images)).reshape(*indices.shape, *self.shape)

    def _pixels(self, number: int) -> np.ndarray:
        picture = self.picture(number)
        if self.shape[-1] == 1 and not picture.grey:
            what = f"the {LOOKED_AT} pictures that were looked at are grey, and {self.name(number)} is not"
            raise InputError(f"dataset: {what}; wanted all of them grey, or some of the others coloured")
        return fit(picture.image, self.shape[:2])[..., : self.shape[-1]]

    def _labels(self, indices: np.ndarray) -> np.ndarray:
        return np.array([self.label(number) for number in np.ravel(indices).tolist()], np.int32).reshape(indices.shape)


class Many(Lazy):
    """The pictures under a folder of very many, as `kgan.data.files.Files` serves those of fewer.

    The folder's files are not looked at one by one before they are asked for: what is grey, transparent or turned is
    not counted.

    Args:
      listing: what is in the folder.
      resolution: (height, width) or None.
    """

    def __init__(self, listing: Listing, resolution: tuple[int, int] | None) -> None:
        self.listing = listing
        super().__init__(len(listing.names), resolution)
        self.unlabelled = listing.unlabelled()
        if not self.unlabelled:
            self.labelled, self.class_names = True, tuple(map(printable, listing.folders))
            self.num_classes = len(self.class_names)
        self._classes = {folder: number for number, folder in enumerate(listing.folders)}

    def picture(self, number: int) -> Picture:
        return show(self._path(number))

    def name(self, number: int) -> str:
        return printable(self._path(number))

    def label(self, number: int) -> int:
        return self._classes[self.listing.names[number].split(os.sep, 1)[0]]

    def _path(self, number: int) -> str:
        return os.path.join(self.listing.root, self.listing.names[number])
