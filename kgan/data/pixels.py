"""The pictures of a folder, decoded once into a file of the cache that is mapped into memory.

The file holds the pixels, uint8 (n, height, width, 3), then JSON with what is known of them, then the JSON's length in
eight bytes. It is found by the folder and the resolution, and taken if the names, sizes and times of the files are
still the same.
"""

import functools
import json
import os
import shutil
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import PIL
from tqdm import tqdm

from kgan import cache
from kgan.checks import InputError
from kgan.data.picture import Picture, fit, printable, show, unreadable

LENGTH = 8  # bytes of the length at the end
CHUNK = 512  # pictures that are decoded ahead, at most
RECIPE = f"1 {PIL.__version__}"  # of the decoding; what another has made is not taken
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
    except (OSError, ValueError, TypeError):
        warnings.warn(f"cache: {path} is damaged; decoding {printable(root)} again", stacklevel=2)
    _check_room(path, len(paths), resolution)
    decode = functools.partial(_decode, resolution=resolution, part=part)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".decoding-", dir=path.parent) as scratch:
            aside = Path(scratch) / path.name
            with aside.open("wb") as file:
                _write(file, content, map_in_threads(decode, paths), (len(paths), *resolution, 3))
            aside.replace(path)
        return _mapped(path, content)
    except OSError as error:
        warnings.warn(f"cache: {path} cannot be kept: {error.strerror}", stacklevel=2)
    with tempfile.TemporaryFile() as file:
        shape = (len(paths), *resolution, 3)
        facts = _write(file, content, map_in_threads(decode, paths), shape)
        return np.memmap(file, np.uint8, "r", shape=shape), facts


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


def _decode(
    path: str, resolution: tuple[int, int], part: Callable[[str, Picture], Picture] | None
) -> tuple[np.ndarray, Picture]:
    picture = show(path)
    if part is not None:
        picture = part(path, picture)
    return fit(picture.image, resolution), picture


def _write(file: BinaryIO, content: str, decoded: Iterable[tuple[np.ndarray, Picture]], shape: tuple) -> dict[str, Any]:
    facts = {"content": content, "shape": shape, "crc": 0, "sizes": [], **dict.fromkeys(COUNTED, 0)}
    for values, picture in decoded:
        file.write(values.tobytes())
        facts["crc"] = zlib.crc32(values.tobytes(), facts["crc"])
        facts["sizes"].append(picture.image.size[::-1])
        for name in COUNTED:
            facts[name] += getattr(picture, name)
    tail = json.dumps(facts).encode()
    file.write(tail + len(tail).to_bytes(LENGTH, "little"))
    file.flush()
    return facts


def _mapped(path: Path, content: str) -> tuple[np.ndarray, dict[str, Any]]:
    """Raises OSError, ValueError or TypeError for a file that is damaged, LookupError if it is of other content."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - LENGTH, 0))
        length = int.from_bytes(file.read(), "little")
        if length > size - LENGTH:
            raise ValueError("no length at the end")
        file.seek(size - LENGTH - length)
        facts = json.loads(file.read(length))
    if not isinstance(facts, dict) or facts.keys() < {"content", "shape", "crc", "sizes", *COUNTED}:
        raise ValueError("no facts")
    if facts["content"] != content:
        raise LookupError("of other pictures")
    shape = tuple(facts["shape"])
    if int(np.prod(shape)) != size - LENGTH - length or _sum(path, *_times(path)) != facts["crc"]:
        raise ValueError("not the pixels that were written")
    return np.memmap(path, np.uint8, "r", shape=shape), facts


@functools.lru_cache(maxsize=64)  # once a process, as long as the file is the same
def _sum(path: Path, size: int, time: int) -> int:
    total = 0
    with path.open("rb") as file:
        file.seek(size - LENGTH)
        left = size - LENGTH - int.from_bytes(file.read(), "little")
        file.seek(0)
        while left:
            chunk = file.read(min(left, 1 << 20))
            total, left = zlib.crc32(chunk, total), left - len(chunk)
    return total


def _times(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


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
