"""Two pictures at a time: pairs that belong together, and two domains that do not. Elements are {"a": .., "b": ..}."""

import os

import numpy as np
import tensorflow as tf

from kgan.checks import InputError
from kgan.data.arrays import Indexed
from kgan.data.files import Files
from kgan.data.folder import Listing, pictures
from kgan.data.picture import Picture, printable, size
from kgan.data.stream import Stream


class Pairs(Indexed):
    """A source of pairs of pictures: {"a": x, "b": y}, both of the same index.

    Args:
      folder: of pictures, each an A and a B side by side, as pix2pix's data sets are; or DIR_A,DIR_B: two folders with
        files of the same names (but for the suffix).
      resolution: (height, width) of each; None: the side of the first one's square.

    Raises:
      InputError: a picture without its other half, a picture of another size than its other half, or of an odd width
        where it should have two halves; a folder or picture that cannot be read. By name.
    """

    def __init__(self, folder: str, resolution: tuple[int, int] | None) -> None:
        folder_a, comma, folder_b = folder.partition(",")
        if comma:
            a, b = _of_same_names(pictures(folder_a), pictures(folder_b))
            resolution = resolution or (min(size(a.paths[0])),) * 2
            self.a, self.b = Files(a, resolution), Files(b, resolution)
            for i, sizes in enumerate(zip(self.a.facts["sizes"], self.b.facts["sizes"], strict=True)):
                if list(sizes[0]) != list(sizes[1]):
                    sides = " and ".join(f"{height}x{width}" for height, width in sizes)
                    names = f"{printable(a.paths[i])} and {printable(b.paths[i])}"
                    raise InputError(f"dataset: {names} are {sides}; wanted pairs of the same size")
        else:
            listing = pictures(folder)
            height, width = size(listing.paths[0])
            resolution = resolution or (min(height, width // 2),) * 2
            self.a, self.b = Files(listing, resolution, left_half), Files(listing, resolution, right_half)
        self.size = self.a.size

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[dict[str, tf.Tensor]]:
        return ({name: source.at(indices, False)[0] for name, source in (("a", self.a), ("b", self.b))},)


class Domains:
    """A source of two domains without pairs: {"a": x, "b": y}, x and y each in an order of its own.

    Each domain's batches are those of a `Stream` of its own. `size` is that of the larger one, as in CycleGAN's code;
    the smaller one begins its next epoch meanwhile. Single examples end with the smaller one.

    Args:
      folders: DIR_A,DIR_B.
      resolution: (height, width) of both; None: the side of the square of A's first picture.

    Raises:
      InputError: domains of different channels (all grey in one, coloured in the other); a folder or picture that
        cannot be read, by its name.
    """

    labelled, unlabelled, num_classes, class_names = False, "", None, None

    def __init__(self, folders: str, resolution: tuple[int, int] | None) -> None:
        folder_a, comma, folder_b = folders.partition(",")
        if not comma:
            raise InputError(f"dataset: got one folder, {folders}; wanted two: domains:DIR_A,DIR_B")
        a = pictures(folder_a)
        resolution = resolution or (min(size(a.paths[0])),) * 2
        self.a, self.b = Files(a, resolution), Files(folder_b, resolution)
        channels = [source.pixels.shape[-1] for source in (self.a, self.b)]
        if channels[0] != channels[1]:
            grey, coloured = (folder_a, folder_b) if channels[0] == 1 else (folder_b, folder_a)
            what = f"the images in {grey} are grey, those in {coloured} are not"
            raise InputError(f"dataset: {what}; wanted two domains of as many channels")
        self.size = max(self.a.size, self.b.size)

    def examples(self, labels: bool) -> tf.data.Dataset:
        return _zipped(self.a.examples(False), self.b.examples(False))

    def batches(self, stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
        # One seed more for B, so that equal sizes do not make equal orders.
        seeds = stream.seed, int(np.random.SeedSequence([stream.seed, 1]).generate_state(1)[0])
        both = zip((self.a, self.b), seeds, strict=True)
        settings = {"batch_size": stream.batch_size, "shuffle": stream.shuffle}
        streams = [Stream(source, seed=seed, **settings) for source, seed in both]
        if stream.part is not None:
            streams = [one.of_worker(*stream.part) for one in streams]
        return _zipped(*(one.source.batches(one, start, stop) for one in streams))


def left_half(path: str, picture: Picture) -> Picture:
    """A, of a picture of A and B side by side."""
    return _half(path, picture, 0)


def right_half(path: str, picture: Picture) -> Picture:
    """B, of a picture of A and B side by side."""
    return _half(path, picture, 1)


def _half(path: str, picture: Picture, side: int) -> Picture:
    width, height = picture.image.size
    if width % 2:
        raise InputError(f"dataset: {printable(path)} is {width} pixels wide; wanted two halves side by side")
    box = (side * width // 2, 0, (side + 1) * width // 2, height)
    return picture._replace(image=picture.image.crop(box))


def _of_same_names(a: Listing, b: Listing) -> tuple[Listing, Listing]:
    """Both, sorted by the name without its suffix."""
    first, second = named = [{os.path.splitext(name)[0]: name for name in sorted(each.names)} for each in (a, b)]
    for listing, names in zip((a, b), named, strict=True):
        if len(names) < len(listing.names):
            twice = next(name for name in listing.names if name not in names.values())
            path = printable(os.path.join(listing.root, twice))
            raise InputError(f"dataset: {path}: another picture has this name, with another suffix")
    for mine, other, listing, elsewhere in ((first, second, a, b), (second, first, b, a)):
        if alone := sorted(mine.keys() - other.keys()):
            path = printable(os.path.join(listing.root, mine[alone[0]]))
            what = f"{path} (and {len(alone) - 1} more) has" if len(alone) > 1 else f"{path} has"
            raise InputError(f"dataset: {what} no picture of the same name in {printable(elsewhere.root)}")
    sorts = lambda listing, names: listing._replace(names=[names[key] for key in sorted(names)])  # noqa: E731
    return sorts(a, first), sorts(b, second)


def _zipped(a: tf.data.Dataset, b: tf.data.Dataset) -> tf.data.Dataset:
    both = tf.autograph.experimental.do_not_convert(lambda x, y: ({"a": x[0], "b": y[0]},))
    return tf.data.Dataset.zip(a, b).map(both)
