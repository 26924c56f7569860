"""A folder of pictures, as a viewer shows them."""

import os
import warnings
from collections.abc import Callable

import tensorflow as tf

from kgan.data.arrays import Indexed
from kgan.data.folder import Listing, pictures, told
from kgan.data.picture import Picture, printable, size
from kgan.data.pixels import pixels


class Files(Indexed):
    """A source of the pictures under a folder (see `kgan.data.folder.pictures`), by sorted name.

    Each picture (see `kgan.data.picture.show`) has its centre cut and resized to `resolution` (height, width; None: the
    side of the first one's square). They have three channels, or one if all of them are grey. They are decoded once,
    into the cache. What one may not expect is told in one warning: how many are grey, transparent or turned, and what
    was left out.

    With pictures in two sub-folders or more, and all in one, their labels are those of
    `keras.utils.image_dataset_from_directory`: the place of the sub-folder among them all, sorted by name.

    Args:
      folder: its path, or what was listed there.
      resolution: (height, width) or None.
      part: see `kgan.data.pixels.pixels`.

    Raises:
      InputError: a folder that is missing or empty; an unreadable picture, by its name.
    """

    def __init__(
        self,
        folder: str | os.PathLike | Listing,
        resolution: tuple[int, int] | None,
        part: Callable[[str, Picture], Picture] | None = None,
    ) -> None:
        listing = folder if isinstance(folder, Listing) else pictures(folder)
        self.listing, self.size = listing, len(listing.names)
        if resolution is None:
            resolution = (min(size(listing.paths[0])),) * 2
        everything, self.facts = pixels(listing.root, listing.paths, resolution, part)
        self.pixels = everything[..., : 1 if self.facts["grey"] == self.size else 3]
        self.unlabelled = listing.unlabelled()
        if not self.unlabelled:
            self.labelled = True
            self.class_names = tuple(map(printable, listing.folders))
            self.num_classes = len(self.class_names)
            with tf.device("CPU:0"):
                self.y = tf.constant(listing.classes(), tf.int32)
        self._tell()

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        # The mapped file is read by NumPy: a tensor of it would be a copy in memory.
        images = tf.numpy_function(self.pixels.__getitem__, [indices], tf.uint8, stateful=False)
        images = tf.ensure_shape(images, [*indices.shape, *self.pixels.shape[1:]])
        return (images, tf.gather(self.y, indices)) if labels else (images,)

    def _tell(self) -> None:
        facts = self.facts
        told_of = [
            f"{facts['grey']} grey among coloured ones" if 0 < facts["grey"] < self.size else "",
            f"{facts['transparent']} transparent, on white" if facts["transparent"] else "",
            f"{facts['turned']} turned as their EXIF says" if facts["turned"] else "",
            f"left out: {told(self.listing.left_out)}" if self.listing.left_out else "",
        ]
        if any(told_of):
            what = f"{printable(self.listing.root)}: {self.size} images; {'; '.join(filter(None, told_of))}"
            warnings.warn(f"dataset: {what}", stacklevel=2)
