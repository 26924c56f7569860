"""One picture as a viewer shows it: upright, on white, in sRGB, 8 bits a channel."""

import functools
import io
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")  # that are read, whatever a file's suffix says
_WIDE = ("I", "F")  # 32 bits; what is white in them no standard says
_GREY, _PALETTE = ("1", "L", "LA", "La"), ("P", "PA")


class Picture(NamedTuple):
    """`image` in mode RGB, and what was seen on the way: no colour; some transparency; turned or mirrored by EXIF."""

    image: Image.Image
    grey: bool
    transparent: bool
    turned: bool


def shown(picture: Image.Image) -> Picture:
    """The first frame of a picture that Pillow has opened.

    It is turned as its EXIF orientation says. Grey of 16 bits is rounded to 8 (Pillow reads of colours of 16 bits the
    high byte). What is transparent lies on white: c a + 255 (1 - a). Palettes, CMYK and so on become RGB; a picture
    with a palette is grey if all of its pixels are. The colours of a profile (ICC; a telephone's Display P3, say) are
    brought to sRGB; a profile that is damaged, or for another kind of colours than the picture's, is passed over.

    Raises:
        ValueError: for 32 bits a channel; whatever Pillow's decoders raise for a file that is damaged.
    """
    turned = picture.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9)
    profile = picture.info.get("icc_profile")
    image = ImageOps.exif_transpose(picture)
    if image.mode in _WIDE:
        raise ValueError(f"32 bits a channel, Pillow's mode {image.mode}; wanted 8 or 16")
    if image.mode.startswith("I;16"):
        image = _eight_bits(image)
    mode, alpha = image.mode, None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    image = _in_srgb(image, profile)
    # Of one band: two numbers.
    transparent = alpha is not None and alpha.getextrema()[0] < 255  # type: ignore[operator]
    if transparent:
        image.putalpha(alpha)
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    grey = mode in _GREY or (mode in _PALETTE and not _coloured(image))
    return Picture(image, grey, transparent, turned)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours of `image` in mode RGB, without its alpha, by its profile."""
    if image.mode not in ("L", "CMYK"):
        image = image.convert("RGB")
    transform = _to_srgb(profile, image.mode) if profile else None
    if transform is None:
        return image.convert("RGB")
    return ImageCms.applyTransform(image, transform)  # type: ignore[return-value]  # not in its place


@functools.lru_cache(maxsize=16)  # the pictures of one folder come from few cameras
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(given):  # there already; a transform would still round
            return None
        return ImageCms.buildTransform(given, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError):  # OSError: no profile at all
        return None


def _coloured(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    return bool((pixels != pixels[..., :1]).any())


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    grey = Image.fromarray(((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))
    key = image.info.get("transparency")  # a level of 16 bits that stands for "nothing here"
    if key is not None:
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return grey
