"""What Pillow's decoder and a viewer make of a picture, by formulas and arrays that are not ours."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from kgan.checks import InputError
from kgan.data import picture

RANDOM = np.random.default_rng(0)


def pixels(height=6, width=8, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels), dtype=np.uint8).squeeze()


def shown(path):
    """The picture's pixels, and (grey, transparent, turned)."""
    seen = picture.show(str(path))
    assert seen.image.mode == "RGB"
    return np.asarray(seen.image), tuple(seen[1:])


def over_white(colours, alpha):
    share = alpha[..., None] / 255
    return colours * share + 255 * (1 - share)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "tiff", "webp", "gif"])
def test_lossless_formats(tmp_path, suffix):
    colours = pixels()
    Image.fromarray(colours).save(tmp_path / f"a.{suffix}", lossless=True)
    image, facts = shown(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(image, colours)
    assert facts == (False, False, False)


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "jfif"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg(tmp_path, suffix, mode):
    Image.fromarray(pixels(16, 16)).convert(mode).save(tmp_path / f"a.{suffix}", format="jpeg")
    image, facts = shown(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(image, Image.open(tmp_path / f"a.{suffix}").convert("RGB"))
    assert facts == (mode == "L", False, False)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_grey_of_16_bits_has_all_its_levels(tmp_path, suffix):
    levels = np.linspace(0, 65535, 1000).round().astype(np.uint16).reshape(25, 40)
    Image.fromarray(levels).save(tmp_path / f"a.{suffix}")
    image, facts = shown(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(image, np.round(levels / 257).astype(np.uint8)[..., None].repeat(3, -1))
    assert len(np.unique(image)) == 256 and facts == (True, False, False)


def test_what_is_transparent_lies_on_white(tmp_path):
    colours, alpha = pixels(), pixels(channels=1)
    Image.fromarray(np.dstack([colours, alpha])).save(tmp_path / "rgba.png")
    image, facts = shown(tmp_path / "rgba.png")
    assert np.abs(image - over_white(colours, alpha)).max() <= 1 and facts == (False, True, False)
    Image.fromarray(np.dstack([colours[..., 0], alpha]), "LA").save(tmp_path / "la.png")
    image, facts = shown(tmp_path / "la.png")
    assert np.abs(image - over_white(colours[..., :1], alpha)).max() <= 1 and facts == (True, True, False)
    Image.fromarray(np.dstack([colours, np.full_like(alpha, 255)])).save(tmp_path / "opaque.png")
    image, facts = shown(tmp_path / "opaque.png")
    np.testing.assert_array_equal(image, colours)
    assert facts == (False, False, False)


def test_a_colour_that_stands_for_nothing(tmp_path):
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    for mode, value, key in (("L", grey, 7), ("I;16", grey.astype(np.uint16) * 257, 7 * 257)):
        Image.fromarray(value).save(tmp_path / "a.png", transparency=key)
        image, facts = shown(tmp_path / "a.png")
        np.testing.assert_array_equal(image[..., 0], np.where(grey == 7, 255, grey), err_msg=mode)
        assert facts == (True, True, False)


def test_palettes(tmp_path):
    indices = (np.arange(48) % 3).astype(np.uint8).reshape(6, 8)
    for palette, grey in (([10, 10, 10, 90, 90, 90, 200, 200, 200], True), ([9, 0, 0, 0, 9, 0, 0, 0, 9], False)):
        image = Image.fromarray(indices, "P")
        image.putpalette(palette)
        image.save(tmp_path / "a.png")
        expected = np.array(palette, np.uint8).reshape(3, 3)[indices]
        np.testing.assert_array_equal(shown(tmp_path / "a.png")[0], expected)
        assert shown(tmp_path / "a.png")[1] == (grey, False, False)
        image.save(tmp_path / "b.png", transparency=1)
        expected[indices == 1] = 255
        np.testing.assert_array_equal(shown(tmp_path / "b.png")[0], expected)
        assert shown(tmp_path / "b.png")[1] == (grey, True, False)


def test_black_and_white(tmp_path):
    Image.fromarray(np.eye(4, dtype=bool)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(shown(tmp_path / "a.png")[0][..., 0], 255 * np.eye(4))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_the_first_frame_of_an_animation(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    assert (shown(tmp_path / f"a.{suffix}")[0] == (255, 0, 0)).all()


# From the stored rows and columns to what is seen: EXIF 2.32, tag 274.
UPRIGHT = {
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: lambda x: np.rot90(x),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_exif_turns_it(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels()).save(tmp_path / f"a.{suffix}", exif=exif, lossless=True)
    stored = np.asarray(Image.open(tmp_path / f"a.{suffix}").convert("RGB"))
    image, facts = shown(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(image, UPRIGHT[orientation](stored))
    assert facts == (False, False, orientation > 1)
    assert picture.size(str(tmp_path / f"a.{suffix}")) == image.shape[:2]


P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])  # to XYZ, D50
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def profile(space=b"RGB ", gamma=2.2):
    """Display P3's primaries (SMPTE EG 432-1, adapted to D50) as ICC.1 writes them, with one gamma."""
    fixed = lambda values: struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))  # noqa: E731
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 3) + b"P3\0" + bytes(78)}
    tags |= {b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": b"XYZ " + bytes(4) + fixed([0.9642, 1.0, 0.8249])}
    for index, colour in enumerate("rgb"):
        tags[f"{colour}XYZ".encode()] = b"XYZ " + bytes(4) + fixed(P3[:, index])
        tags[f"{colour}TRC".encode()] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    place, table, data = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">2I", place + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", place + len(data), bytes(4), 0x02400000, b"mntr", space, b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + fixed([0.9642, 1.0, 0.8249])
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


@pytest.mark.parametrize("transparent", [False, True])
def test_colours_of_a_profile_become_srgb(tmp_path, transparent):
    colours = pixels(16, 16)
    alpha = np.full((16, 16), 255, np.uint8)
    alpha[0] = 0 if transparent else 255
    Image.fromarray(np.dstack([colours, alpha])).save(tmp_path / "a.png", icc_profile=profile())
    linear = (colours / 255.0) ** 2.2 @ (np.linalg.inv(SRGB) @ P3).T
    linear = np.clip(linear, 0, 1)
    wanted = 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    image, facts = shown(tmp_path / "a.png")
    np.testing.assert_allclose(image[1:], wanted[1:], atol=2)
    assert np.abs(image.astype(int) - colours)[1:].max() > 20 and facts == (False, transparent, False)
    assert (image[0] == 255).all() == transparent


@pytest.mark.parametrize("wrong", [b"", b"no profile", profile(space=b"CMYK")])
def test_a_wrong_profile_is_passed_over(tmp_path, wrong):
    colours = pixels()
    Image.fromarray(colours).save(tmp_path / "a.png", icc_profile=wrong)
    np.testing.assert_array_equal(shown(tmp_path / "a.png")[0], colours)


def encoded(format, mode="RGB"):
    file = io.BytesIO()
    Image.fromarray(pixels(40, 40)).convert(mode).save(file, format=format)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "none of BMP, GIF, JPEG, PNG, TIFF, WEBP"),
        (b"<html>not found</html>", "none of BMP"),
        (encoded("png")[:900], ""),
        (encoded("jpeg")[:900], "truncated"),
        (encoded("png").replace(b"IDAT", b"IDAX"), ""),
        (encoded("tiff", "F"), "32 bits a channel, Pillow's mode F; wanted 8 or 16"),
        (encoded("tiff", "I"), "32 bits a channel, Pillow's mode I; wanted 8 or 16"),
        (encoded("ppm"), "none of BMP"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(tmp_path, content, reason):
    path = tmp_path / "a\nb.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^dataset: unreadable image: .*\(.*{reason}.*\)$") as error:
        picture.show(str(path))
    assert str(error.value).isprintable()


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    Image.fromarray(pixels()).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(InputError, match=r"unreadable image: .*a.png \(Image size .* exceeds limit"):
        picture.show(str(tmp_path / "a.png"))
