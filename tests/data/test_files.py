import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.data.images import fit_square

RANDOM = np.random.default_rng(0)


def picture(height=6, width=8, channels=3):
    return RANDOM.integers(0, 256, (height, width, channels), dtype=np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.squeeze()).save(path)
    return pixels


@pytest.fixture
def folder(tmp_path):
    """Five images of other sizes and suffixes, with what does not count between them. By sorted name: a to e."""
    root = tmp_path / "pictures"
    pixels = [
        save(root / "a.png", picture(6, 8)),
        save(root / "b.PNG", picture(9, 7)),
        save(root / "c" / "c.png", picture(6, 6)),
        save(root / "d" / "e" / "d.png", picture(30, 20)),
        save(root / "e.png", picture(6, 7, 4)),
    ]
    (root / "notes.txt").write_text("not an image")
    (root / "._a.png").write_bytes(b"left by another system")
    return root, pixels


def test_images_come_by_sorted_name_at_one_size(folder):
    root, pixels = folder
    images = [image.numpy() for image in kgan.data.load(f"images:{root}")]
    assert len(images) == 5
    for image, original in zip(images, pixels, strict=True):  # 6 is the side of the first one's square
        assert image.shape == (6, 6, 3) and image.dtype == np.float32
        expected = fit_square(tf.constant(original[..., :3]), 6).numpy() / 127.5 - 1
        np.testing.assert_allclose(image, expected, atol=1e-6)


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
    single = np.stack(list(kgan.data.load(f"images:{root}").as_numpy_iterator()))
    batch = next(iter(kgan.data.load(f"images:{root}", batch_size=5, shuffle=False)))
    np.testing.assert_array_equal(single, batch)


def test_jpeg_is_read(tmp_path):
    Image.fromarray(np.full((8, 8, 3), (255, 0, 0), np.uint8)).save(tmp_path / "red.JPeG", format="jpeg")
    image = next(iter(kgan.data.load(f"images:{tmp_path}")))
    np.testing.assert_allclose(image.numpy().mean(axis=(0, 1)), [1, -1, -1], atol=0.03)


def test_grey_first_image_means_one_channel(tmp_path):
    grey = save(tmp_path / "a.png", picture(4, 4, 1))
    save(tmp_path / "b.png", picture(4, 4, 3))
    first, second = kgan.data.load(f"images:{tmp_path}")
    assert first.shape == second.shape == (4, 4, 1)
    np.testing.assert_allclose(first, grey / 127.5 - 1, atol=1e-6)


def test_refuses_folders(tmp_path):
    with pytest.raises(InputError, match=r"dataset: no such folder: .*absent"):
        kgan.data.load(f"images:{tmp_path / 'absent'}")
    with pytest.raises(InputError, match=r"dataset: no image in folder .*; wanted PNG or JPEG files"):
        kgan.data.load(f"images:{tmp_path}")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>not found</html>"])
def test_a_file_that_is_no_image_is_named_at_once(folder, content):
    root, _ = folder
    (root / "d" / "broken.jpg").write_bytes(content)
    with pytest.raises(InputError, match=r"unreadable image: .*broken.jpg"):
        kgan.data.load(f"images:{root}")


def test_a_first_file_that_cannot_be_decoded_is_named_at_once(folder):
    root, _ = folder
    (root / "a.png").write_bytes((root / "a.png").read_bytes()[:60])
    with pytest.raises(InputError, match=r"unreadable image: .*a.png"):
        kgan.data.load(f"images:{root}")


@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_file_damaged_further_in_is_named_when_read(folder, batch_size):
    root, _ = folder
    path = root / "d" / "e" / "d.png"
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"unreadable image: .*d/e/d.png"):
        list(kgan.data.load(f"images:{root}", batch_size=batch_size))


def test_refuses_labels(folder):
    with pytest.raises(InputError, match="labels: got True, but this dataset has no labels"):
        kgan.data.load(f"images:{folder[0]}", labels=True)
