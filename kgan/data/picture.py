"""The picture in a file."""

import io
import os

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from kgan.checks import InputError
from kgan.data.images import centre
from kgan.shown import FORMATS, Picture, shown

SUFFIXES = (".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def show(path: str, content: bytes | None = None) -> Picture:
    """The first frame of the picture in a file, or in bytes, its `content`, as a viewer shows it (`kgan.shown`).

    Raises:
      InputError: a file that cannot be read, or is damaged, or has 32 bits a channel.
    """
    try:
        with Image.open(path if content is None else io.BytesIO(content), formats=FORMATS) as picture:
            return shown(picture)
    except Exception as error:  # Pillow's decoders raise of many kinds
        raise unreadable(path, error) from error


def size(path: str) -> tuple[int, int]:
    """The height and width of a picture as it is shown, by its file's head.

    Raises:
      InputError: a file whose head cannot be read.
    """
    try:
        with Image.open(path, formats=FORMATS) as picture:
            lies = picture.getexif().get(ExifTags.Base.Orientation, 1) in range(5, 9)
            return picture.size if lies else picture.size[::-1]
    except Exception as error:
        raise unreadable(path, error) from error


def fit(image: Image.Image, resolution: tuple[int, int]) -> np.ndarray:
    """The centre of an RGB image, cut and resized as `kgan.data.images.fit` does: uint8 (height, width, 3)."""
    top, left, height, width = centre(image.height, image.width, resolution)
    part = image.crop((left, top, left + width, top + height))  # resize(box=...) would look beyond the edges
    return np.asarray(part.resize(resolution[::-1], Image.Resampling.BILINEAR))


def printable(path: str) -> str:
    """A path in one line: what cannot be printed as \\n, and bytes of a name that are not UTF-8 as \\xNN."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def unreadable(path: str, error: Exception) -> InputError:
    """The error for a picture that cannot be used."""
    reason = str(getattr(error, "strerror", None) or error or type(error).__name__)
    if isinstance(error, UnidentifiedImageError):
        reason = f"none of {', '.join(FORMATS)}"
    return InputError(f"dataset: unreadable image: {printable(path)} ({' '.join(reason.split())})")
