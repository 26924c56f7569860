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


@pytest.mark.parametrize("labels", [np.arange(6), np.arange(6, dtype=np.uint8)[:, None]])
def test_labels(save, labels):
    _, y = whole(save(x_train=BYTES, y_train=labels), labels=True)
    assert y.numpy().tolist() == list(range(6)) and y.dtype == "int32"


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
    with pytest.raises(InputError, match=r"resolution: got 4, but .*data.npz holds points"):
        kgan.data.load(save(x=np.zeros((3, 2))), resolution=4)


def test_a_truncated_file(save):
    path = save(images=BYTES)[4:]
    with open(path, "r+b") as file:
        file.truncate(200)
    with pytest.raises(InputError, match=r"data.npz is not a readable .npz file"):
        kgan.data.load(f"npz:{path}")
