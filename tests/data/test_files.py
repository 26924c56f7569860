"""A folder of pictures as a source: sizes, channels, labels, and the file of the cache that it is read from."""

import os
import re
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.data import pixels

RANDOM = np.random.default_rng(0)


def picture(height=6, width=8, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels), dtype=np.uint8)


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.squeeze()).save(path)
    return values


def fitted(values, side):
    """The centre square of a picture in three channels, resized by Pillow, in [-1, 1]."""
    height, width = values.shape[:2]
    square = min(height, width)
    top, left = (height - square) // 2, (width - square) // 2
    image = Image.fromarray(values[top : top + square, left : left + square])
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR)) / 127.5 - 1


def stacked(name, **options):
    return np.stack(list(kgan.data.load(name, **options).as_numpy_iterator()))


@pytest.fixture
def folder(tmp_path):
    """Five images of other sizes and suffixes. By sorted name: a to e."""
    root = tmp_path / "pictures"
    names = {"a.png": (6, 8), "b.PNG": (9, 7), "c/c.bmp": (6, 6), "d/e/d.webp": (30, 20), "e.tif": (6, 7)}
    return root, [save(root / name, picture(*shape)) for name, shape in names.items()]


@pytest.fixture
def decoded(monkeypatch):
    """The paths of the files that are decoded."""
    paths, show = [], pixels.show
    monkeypatch.setattr(pixels, "show", lambda path: paths.append(path) or show(path))
    return paths


def quietly(name, **options):
    """Loads it; there is nothing to tell."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return kgan.data.load(name, **options)


def test_images_come_by_sorted_name_at_one_size(tmp_path):
    root = tmp_path / "pictures"
    values = [save(root / name, picture(*shape)) for name, shape in {"a.png": (6, 8), "b.png": (30, 20)}.items()]
    images = [image.numpy() for image in quietly(f"images:{root}")]
    for image, original in zip(images, values, strict=True):  # 6 is the side of the first one's square
        assert image.shape == (6, 6, 3) and image.dtype == np.float32
        np.testing.assert_allclose(image, fitted(original, 6), atol=1e-6)


def test_a_size_that_is_not_square(folder):
    root, values = folder
    images = stacked(f"images:{root}", resolution=(4, 8))
    assert images.shape == (5, 4, 8, 3)
    part = Image.fromarray(values[0][1:5])  # of 6 x 8
    np.testing.assert_allclose(images[0], np.asarray(part) / 127.5 - 1, atol=1e-6)


def test_batches(folder):
    root, _ = folder
    dataset = kgan.data.load(f"images:{root}", batch_size=2, resolution=4)
    assert dataset.element_spec.shape == (2, 4, 4, 3) and dataset.cardinality() == 2
    assert dataset.stream.batches(1).cardinality() == tf.data.INFINITE_CARDINALITY
    here, there = dataset.stream.batches(3, 6), dataset.stream.batches().skip(3).take(3)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a, b)


def test_stored_order_in_batches(folder):
    root, _ = folder
    batch = next(iter(kgan.data.load(f"images:{root}", batch_size=5, shuffle=False)))
    np.testing.assert_array_equal(stacked(f"images:{root}"), batch)


def test_the_set_decides_on_the_channels(tmp_path):
    grey = save(tmp_path / "a.png", picture(4, 4, 1))
    save(tmp_path / "b.png", picture(4, 4, 1))
    images = stacked(f"images:{tmp_path}")
    assert images.shape == (2, 4, 4, 1)
    np.testing.assert_allclose(images[0], grey / 127.5 - 1, atol=1e-6)
    colour = save(tmp_path / "c.png", picture(4, 4, 3))
    with pytest.warns(UserWarning, match="have changed; decoding"):
        images = stacked(f"images:{tmp_path}")
    assert images.shape == (3, 4, 4, 3)
    np.testing.assert_allclose(images[0], np.repeat(grey, 3, -1) / 127.5 - 1, atol=1e-6)
    np.testing.assert_allclose(images[2], colour / 127.5 - 1, atol=1e-6)


def test_one_line_says_what_one_may_not_expect(folder):
    root, _ = folder
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(picture()).save(root / "f.jpg", exif=exif)
    save(root / "g.png", picture(channels=4))
    save(root / "h.png", picture(channels=1))
    (root / "notes.txt").write_text("not an image")
    (root / "._a.png").write_bytes(b"left by another system")
    facts = "1 grey among coloured ones; 1 transparent, on white; 1 turned as their EXIF says"
    message = f"dataset: {root}: 8 images; {facts}; left out: 1 .txt, 1 hidden"
    for _ in range(2):  # from the cache too
        with pytest.warns(UserWarning) as told:
            kgan.data.load(f"images:{root}")
        assert [str(warning.message) for warning in told] == [message]


def test_refuses_folders(tmp_path):
    with pytest.raises(InputError, match=r"dataset: no such folder: .*absent"):
        kgan.data.load(f"images:{tmp_path / 'absent'}")
    with pytest.raises(InputError, match=r"dataset: no image in folder .*; wanted files of bmp, "):
        kgan.data.load(f"images:{tmp_path}")


@pytest.mark.parametrize("name", ["a.png", "d/e/d.webp", "c/broken.jpg"])
def test_a_damaged_file_is_named_at_once_and_nothing_is_kept(folder, name, cache_folder):
    root, _ = folder
    path = root / name
    path.write_bytes(path.read_bytes()[:60] if path.exists() else b"<html>not found</html>")
    with pytest.raises(InputError, match=rf"^dataset: unreadable image: .*{name} \(.*\)$"):
        kgan.data.load(f"images:{root}")
    assert not [path for path in cache_folder.rglob("*") if path.is_file()]


def test_names_that_are_not_utf8(tmp_path):
    root = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    os.mkdir(root)
    path = os.path.join(root, os.fsdecode(b"\xe9.png"))
    values = picture(4, 4)
    with open(path, "wb") as file:
        Image.fromarray(values).save(file, format="png")
    np.testing.assert_allclose(stacked(f"images:{root}")[0], values / 127.5 - 1, atol=1e-6)
    with open(path, "wb") as file:
        file.write(b"damaged")
    with pytest.raises(InputError, match=r"unreadable image: .*/\\xff/\\xe9.png \("):
        kgan.data.load(f"images:{root}")


class TestCache:
    def test_decoded_once_and_mapped(self, folder, decoded, cache_folder):
        root, _ = folder
        first = stacked(f"images:{root}", resolution=4)
        assert len(decoded) == 5
        source = quietly(f"images:{root}", resolution=4, batch_size=5).stream.source
        assert len(decoded) == 5 and isinstance(source.pixels, np.memmap) and not source.pixels.flags.writeable
        np.testing.assert_array_equal(first, stacked(f"images:{root}", resolution=4))
        (kept,) = (cache_folder / "pictures").iterdir()
        assert 5 * 4 * 4 * 3 <= kept.stat().st_size < 5 * 4 * 4 * 3 + 500
        quietly(f"images:{root}", resolution=5)  # is another
        quietly(f"images:{root}", resolution=4)
        assert len(decoded) == 10 and len(list((cache_folder / "pictures").iterdir())) == 2

    @pytest.mark.parametrize("change", ["added", "removed", "written anew", "renamed"])
    def test_out_of_date(self, folder, decoded, change, cache_folder):
        root, _ = folder
        quietly(f"images:{root}", resolution=6)
        if change == "removed":
            (root / "e.tif").unlink()
        elif change == "renamed":
            (root / "a.png").rename(root / "z.png")
        else:
            save(root / ("f.png" if change == "added" else "a.png"), picture())
            os.utime(root / "a.png", ns=(1, 1))
        with pytest.warns(UserWarning, match=rf"^dataset: the pictures in {root} have changed; decoding them again$"):
            there = kgan.data.load(f"images:{root}", resolution=6, batch_size=1).stream.source
        assert len(decoded) == 5 + there.size
        quietly(f"images:{root}", resolution=6)
        assert len(decoded) == 5 + there.size and len(list((cache_folder / "pictures").iterdir())) == 1

    @pytest.mark.parametrize("damage", ["short", "empty", "a byte", "a fact", "no facts", "a folder"])
    def test_damaged(self, folder, decoded, damage, cache_folder):
        root, _ = folder
        expected = stacked(f"images:{root}")
        (kept,) = (cache_folder / "pictures").iterdir()
        content = kept.read_bytes()
        if damage == "a folder":
            kept.unlink()
            kept.mkdir()
        else:
            cuts = {"short": content[:100], "empty": b"", "a byte": b"\0\1" + content[2:]}
            facts = {"a fact": content.replace(b'"grey": 0', b'"grey": 1'), "no facts": content[:-16] + bytes(16)}
            kept.write_bytes({**cuts, **facts}[damage])
        with pytest.warns(UserWarning, match=rf"^cache: {kept} .*decoding|^cache: {kept} cannot be kept"):
            np.testing.assert_array_equal(stacked(f"images:{root}"), expected)
        assert len(decoded) >= 10
        if damage != "a folder":
            assert kept.read_bytes() == content

    def test_no_whole_picture_waits_to_be_written(self, folder):
        (decoded,) = pixels.map_in_threads(lambda path: pixels._decode(path, (2, 2), None), [str(folder[0] / "a.png")])
        assert [type(part) for part in decoded] == [bytes, tuple, bool, bool, bool] and len(decoded.pixels) == 12

    def test_a_cache_that_cannot_be_written_is_a_warning(self, folder, tmp_path, monkeypatch):
        expected = stacked(f"images:{folder[0]}")
        (tmp_path / "file").write_text("where a folder is wanted")
        monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "file"))
        with pytest.warns(UserWarning) as told:
            np.testing.assert_array_equal(stacked(f"images:{folder[0]}"), expected)
        (warning,) = told
        path = tmp_path / "file" / "pictures"
        assert re.match(rf"cache: {path}/\w+.pixels cannot be kept: Not a directory", str(warning.message))

    @pytest.mark.filterwarnings("error")
    def test_more_than_the_disk_holds_is_refused_at_once(self, folder, decoded, monkeypatch):
        monkeypatch.setattr(pixels.shutil, "disk_usage", lambda path: _Free)
        with pytest.raises(InputError, match=r"^resolution: 5 images of 4096x4096 take 0.2 GiB of disk, but .*"):
            kgan.data.load(f"images:{folder[0]}", resolution=4096)
        assert not decoded


class _Free:
    free = 100 * 2**20


class TestLabels:
    @pytest.fixture
    def classes(self, tmp_path):
        for i, name in enumerate(["dog/1.png", "cat/x/2.png", "cat/3.png", "Zebra/4.png", ".hidden/5.png"]):
            save(tmp_path / name, np.full((4, 4, 3), 10 * i, np.uint8) + np.arange(3, dtype=np.uint8))
        (tmp_path / "empty").mkdir()
        return tmp_path

    @pytest.mark.filterwarnings("ignore:dataset")
    def test_those_of_keras(self, classes):
        ours = kgan.data.load(f"images:{classes}", labels=True, batch_size=4, shuffle=False)
        settings = {"image_size": (4, 4), "batch_size": 4, "shuffle": False, "verbose": False}
        theirs = keras.utils.image_dataset_from_directory(classes, **settings)
        assert list(ours.class_names) == theirs.class_names == ["Zebra", "cat", "dog", "empty"]
        assert ours.num_classes == 4

        def by_picture(images, labels):
            return {int(image[0, 0, 0]): int(label) for image, label in zip(images, labels, strict=True)}

        images, labels = next(iter(ours))
        assert labels.dtype == tf.int32
        levels = np.rint((images.numpy() + 1) * 127.5)
        assert by_picture(levels, labels) == by_picture(*(part.numpy() for part in next(iter(theirs))))

    @pytest.mark.filterwarnings("ignore:dataset")
    def test_a_picture_of_no_class_and_one_class_only(self, classes):
        save(classes / "0.png", picture(4, 4))
        with pytest.raises(InputError, match=r"labels: got True, .* \(1 of 5 images lie in no sub-folder of "):
            kgan.data.load(f"images:{classes}", labels=True)
        with pytest.raises(InputError, match=r"no labels \(.*/cat has one sub-folder only\)|lie in no sub-folder"):
            kgan.data.load(f"images:{classes}/cat", labels=True)
        (classes / "cat" / "3.png").unlink()
        with pytest.raises(InputError, match=r"no labels \(.*/cat has one sub-folder only\); wanted False"):
            kgan.data.load(f"images:{classes}/cat", labels=True)
