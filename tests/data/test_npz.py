import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import kgan
from kgan.checks import InputError

RANDOM = np.random.default_rng(0)
BYTES = RANDOM.integers(0, 256, (6, 5, 5, 3), dtype=np.uint8)
FLOATS = RANDOM.uniform(-1, 1, (6, 5, 5)).astype(np.float64)


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        return f"npz:{tmp_path / 'data.npz'}"

    return write


def whole(name, split="train", **options):
    return next(iter(kgan.data.load(name, split, batch_size=6, shuffle=False, **options)))


@pytest.mark.parametrize("array", ["images", "x", "x_train", "whatever"])
def test_bytes_are_scaled(save, array):
    np.testing.assert_allclose(whole(save(**{array: BYTES})), BYTES / 127.5 - 1, atol=1e-6)


def test_floats_are_kept_and_get_a_channel(save):
    images = whole(save(images=FLOATS, other=BYTES))
    np.testing.assert_array_equal(images, FLOATS[..., None].astype(np.float32))


def test_points_are_unscaled(save):
    points = 9 * RANDOM.standard_normal((6, 2))
    np.testing.assert_array_equal(whole(save(x=points)), points.astype(np.float32))


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.arange(6), 6),
        (np.arange(6, dtype=np.uint8)[:, None], 6),
        (np.eye(7)[:6], 7),
        (np.eye(6, 9, dtype=bool), 9),
        (np.eye(6, 8, dtype=np.int8), 8),
    ],
)
def test_labels(save, labels, classes):
    data = kgan.data.load(save(x_train=BYTES, y_train=labels), batch_size=6, shuffle=False, labels=True)
    _, y = next(iter(data))
    assert y.numpy().tolist() == list(range(6)) and y.dtype == "int32"
    assert data.num_classes == classes and data.class_names == tuple(map(str, range(classes)))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_any_number_of_channels(save, channels):
    x = RANDOM.integers(0, 256, (6, 5, 7, channels), dtype=np.uint8)
    np.testing.assert_allclose(whole(save(images=x)), x / 127.5 - 1, atol=1e-6)
    assert whole(save(images=x), resolution="2x3").shape == (6, 2, 3, channels)


def test_16_bits_are_all_kept(save):
    x = RANDOM.integers(0, 65536, (6, 5, 5), dtype=np.uint16)
    np.testing.assert_allclose(whole(save(images=x)), 2 * (x[..., None] / 65535) - 1, atol=1e-6)


def test_split_test(save):
    name = save(x_train=BYTES, x_test=BYTES[::-1], y_test=np.arange(6))
    np.testing.assert_allclose(whole(name, "test"), BYTES[::-1] / 127.5 - 1, atol=1e-6)
    with pytest.raises(InputError, match="labels: got True"):
        whole(name, labels=True)


@pytest.mark.parametrize("images", [BYTES, FLOATS])
def test_resolution(save, images):
    fitted = whole(save(images=images), resolution=3)
    assert fitted.shape[1:3] == (3, 3) and np.abs(fitted).max() <= 1


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": FLOATS * 255}, "'images' has values from .* to .*; wanted -1 to 1"),
        ({"images": np.full((2, 4, 4), np.nan)}, "'images' has NaN or infinite values"),
        ({"x": np.array([[0.0, np.inf]])}, "'x' has NaN or infinite values"),
        ({"images": BYTES.astype(np.int64)}, "'images' has dtype int64; wanted uint8"),
        ({"images": BYTES[0, 0]}, r"'images' of uint8 has shape \(5, 3\); wanted images \(n, height, width"),
        ({"x": FLOATS[0, 0]}, r"'x' of float64 has shape \(5,\); wanted images .* or points"),
        ({"images": BYTES[:0]}, r"'images' of uint8 has shape \(0, 5, 5, 3\)"),
        ({"a": BYTES, "b": BYTES}, "holds a, b; wanted an array named 'images'"),
        ({"images": BYTES, "labels": np.arange(5)}, r"'labels' has shape \(5,\); wanted \(6,\)"),
        ({"images": BYTES, "labels": np.arange(6.0)}, "'labels' has dtype float64; wanted integers"),
        ({"images": BYTES, "labels": np.ones((6, 2))}, r"'labels' of shape \(6, 2\) is not one-hot"),
        ({"images": BYTES, "labels": np.eye(6) / 2}, "is not one-hot; wanted one 1 a row"),
        ({"images": BYTES, "labels": np.full((6, 6), np.nan)}, "is not one-hot"),
        ({"images": BYTES, "labels": np.array(list("abcdef"))}, "'labels' has dtype <U1; wanted integers"),
        ({"images": BYTES, "labels": np.full(6, 2**40)}, "'labels' has the label 1099511627776; wanted at most"),
        ({"images": BYTES.transpose(0, 3, 1, 2)}, r"\(6, 3, 5, 5\), channels before height; wanted x.transpose"),
        ({"images": np.zeros(3, [("a", "u1")])}, "'images' has dtype .*; wanted uint8"),
        ({"images": np.array("2020", "datetime64[D]")}, "'images' has dtype datetime64"),
        ({"images": FLOATS.astype(complex)}, "'images' has dtype complex128"),
        ({"images": np.array(3.0)}, r"'images' of float64 has shape \(\)"),
        ({"images": BYTES, "labels": np.arange(6) - 1}, "'labels' has the label -1; wanted 0 or more"),
        ({"images": np.array([{}], dtype=object)}, "is not a readable .npz file"),
    ],
)
def test_refuses_arrays_and_names_file_and_array(save, arrays, message):
    with pytest.raises(InputError, match=rf"data.npz.*{message}") as error:
        kgan.data.load(save(**arrays))
    assert "\n" not in str(error.value)


def test_refusals(save, tmp_path):
    with pytest.raises(InputError, match=r"no such file: .*absent.npz"):
        kgan.data.load(f"npz:{tmp_path / 'absent.npz'}")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match=r"text.npz is not a readable .npz file"):
        kgan.data.load(f"npz:{tmp_path / 'text.npz'}")
    np.save(tmp_path / "one.npy", BYTES)
    with pytest.raises(InputError, match=r"one.npy is not a readable .npz file"):
        kgan.data.load(f"npz:{tmp_path / 'one.npy'}")
    with pytest.raises(InputError, match=r"split: unknown name 'test'; .*known: train"):
        kgan.data.load(save(images=BYTES), "test")
    with pytest.raises(InputError, match=r"resolution: got 4x4, but .*data.npz holds points"):
        kgan.data.load(save(x=np.zeros((3, 2))), resolution=4)


def test_a_truncated_file(save):
    path = save(images=BYTES)[4:]
    with open(path, "r+b") as file:
        file.truncate(200)
    with pytest.raises(InputError, match=r"data.npz is not a readable .npz file"):
        kgan.data.load(f"npz:{path}")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (("images", b"no array"), "'images' is no array; wanted what numpy.savez writes"),
        (("images.npy", b"no array"), "not a readable .npz file|'images' is no array"),
        (("images.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': (((  \n"), "not a readable .npz file"),
        (("images.npy", np.lib.format.magic(1, 0)), "not a readable .npz file"),
    ],
)
def test_odd_members(tmp_path, member, message):
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr(*member)
    with pytest.raises(InputError, match=rf"data.npz.*({message})") as error:
        kgan.data.load(f"npz:{tmp_path / 'data.npz'}")
    assert "\n" not in str(error.value)


def test_a_member_whose_head_asks_for_more_than_memory(tmp_path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (2**50, 4, 4, 3)})
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("images.npy", head.getvalue())
    with pytest.raises(InputError, match=r"data.npz is not a readable .npz file"):
        kgan.data.load(f"npz:{tmp_path / 'data.npz'}")


def test_members_that_nobody_asks_for_are_not_read(save):
    path = Path(save(images=BYTES, notes=BYTES)[4:])
    content = bytearray(path.read_bytes())
    content[content.index(b"notes.npy") + 200] ^= 255  # damaged
    path.write_bytes(content)
    assert whole(f"npz:{path}").shape == (6, 5, 5, 3)
