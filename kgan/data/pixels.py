"""The pictures of a folder, decoded once into a file of the cache that is mapped into memory.

The file (see `kgan.data.mapped`) holds the pixels, uint8 (n, height, width, 3), and what is known of them. It is found
by the folder and the resolution, and taken if the names, sizes and times of the files are still the same.
"""

import functools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import PIL
from tqdm import tqdm

from kgan import cache
from kgan.checks import InputError
from kgan.data import mapped
from kgan.data.picture import Picture, fit, printable, show, unreadable

CHUNK = 512  # pictures that are decoded ahead, at most
RECIPE = f"3 {PIL.__version__}"  # of the decoding; what another has made is not taken
COUNTED = ("grey", "transparent", "turned")


def pixels(
    root: str, paths: Sequence[str], resolution: tuple[int, int], part: Callable[[str, Picture], Picture] | None = None
) -> tuple[np.ndarray, dict[str, Any]]:
    """The pictures in files, each its centre cut and resized to (height, width), and what is known of them.

    Args:
        root: the folder that they lie in.
        paths: of the files, in order.
        resolution: (height, width).
        part: of a file's path and picture, what is to be kept of it; default all. Its name is part of the cache's key.

    Returns:
        uint8 (n, height, width, 3), mapped, read only; and a dict: "grey", "transparent" and "turned", how many
        pictures are, and "sizes", the height and width of each before it was cut.

    A file of the cache that is damaged or out of date is written anew, with a warning; so is one, to a nameless file,
    that the cache has no room for or cannot be written to.

    Raises:
        InputError: an unreadable picture, by name; more pixels than the disk has room for.
    """
    key = cache.digest(os.fsencode(os.path.realpath(root)), repr((resolution, getattr(part, "__name__", ""))).encode())
    path = cache.folder() / "pictures" / f"{key}.pixels"
    content = cache.digest(RECIPE.encode(), *(_stamp(root, file) for file in paths))
    try:
        return _mapped(path, content)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except LookupError:
        warnings.warn(f"dataset: the pictures in {printable(root)} have changed; decoding them again", stacklevel=2)
    except (OSError, ValueError):
        warnings.warn(f"cache: {path} is damaged; decoding {printable(root)} again", stacklevel=2)
    _check_room(path, len(paths), resolution)
    decode = functools.partial(_decode, resolution=resolution, part=part)
    shape = (len(paths), *resolution, 3)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".decoding-", dir=path.parent) as scratch:
            aside = Path(scratch) / path.name
            with aside.open("w+b") as file:
                written = _written(file, content, map_in_threads(decode, paths), shape)
            aside.replace(path)
        return written
    except OSError as error:
        warnings.warn(f"cache: {path} cannot be kept: {error.strerror}", stacklevel=2)
    with tempfile.TemporaryFile() as file:
        return _written(file, content, map_in_threads(decode, paths), shape)


def map_in_threads(function: Callable, values: Sequence) -> Iterable:
    """`map`, in as many threads as there are cores, `CHUNK` values at a time; a bar if it takes long, on a terminal."""
    with (
        ThreadPoolExecutor(os.cpu_count()) as threads,
        tqdm(total=len(values), desc="decoding pictures, once", delay=2, disable=None, leave=False) as bar,
    ):
        for start in range(0, len(values), CHUNK):
            for result in threads.map(function, values[start : start + CHUNK]):
                yield result
                bar.update()


class _Decoded(NamedTuple):
    """What is kept of a picture: not the whole of it, since many wait here at a time."""

    pixels: bytes
    size: tuple[int, int]
    grey: bool
    transparent: bool
    turned: bool


def _decode(path: str, resolution: tuple[int, int], part: Callable[[str, Picture], Picture] | None) -> _Decoded:
    picture = show(path)
    if part is not None:
        picture = part(path, picture)
    return _Decoded(fit(picture.image, resolution).tobytes(), picture.image.size[::-1], *picture[1:])


def _written(
    file: BinaryIO, content: str, decoded: Iterable[_Decoded], shape: tuple
) -> tuple[np.ndarray, dict[str, Any]]:
    facts = {"content": content, "shape": shape, "sizes": [], **dict.fromkeys(COUNTED, 0)}

    def counted() -> Iterator[bytes]:
        for picture in decoded:
            facts["sizes"].append(picture.size)
            for name in COUNTED:
                facts[name] += getattr(picture, name)
            yield picture.pixels

    mapped.write(file, counted(), lambda: facts)
    return np.memmap(file, np.uint8, "r", shape=shape), facts


def _mapped(path: Path, content: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Raises OSError or ValueError for a file that is damaged, LookupError if it is of other content."""
    facts = mapped.read(path)
    if facts["content"] != content:
        raise LookupError("of other pictures")
    return np.memmap(path, np.uint8, "r", shape=tuple(facts["shape"])), facts


def _stamp(root: str, path: str) -> bytes:
    try:
        status = os.stat(path)
    except OSError as error:
        raise unreadable(path, error) from error
    return os.fsencode(os.path.relpath(path, root)) + f"\0{status.st_size} {status.st_mtime_ns}\0".encode()


def _check_room(path: Path, count: int, resolution: tuple[int, int]) -> None:
    there = next(parent for parent in path.parents if parent.exists())
    size, free = count * resolution[0] * resolution[1] * 3, shutil.disk_usage(there).free
    if size > free:
        what = f"{count} images of {resolution[0]}x{resolution[1]} take {size / 2**30:,.1f} GiB of disk"
        raise InputError(f"resolution: {what}, but {there} has {free / 2**30:,.1f} GiB free; KGAN_CACHE names another")
