"""Pictures: the pixels of a grid, and files that are whole."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from kgan import pictures
from kgan.checks import InputError


def flat(value, shape=(2, 3, 1)):
    return np.full(shape, value, "float32")


class TestGrid:
    def test_pixels(self):
        images = np.stack([flat(-1.0), flat(1.0), flat(0.0), flat(0.5), flat(-5.0)])
        grid = pictures.grid(images, columns=3)
        assert grid.dtype == np.uint8 and grid.shape == (2 + 2 + 2, 3 * 3 + 2 * 2, 1)
        assert (grid[:2, :3] == 0).all() and (grid[:2, 5:8] == 255).all() and (grid[:2, 10:] == 128).all()
        assert (grid[4:, :3] == 191).all() and (grid[4:, 5:8] == 0).all()
        assert (grid[2:4] == 255).all() and (grid[:, 3:5] == 255).all() and (grid[4:, 10:] == 255).all()

    def test_order_and_orientation(self):
        images = np.zeros((2, 4, 5, 3), "float32") - 1
        images[0, 1, 2] = (1, 0, -1)
        images[1, 3, 4, 0] = 1
        grid = pictures.grid(images, columns=1)
        assert grid.shape == (10, 5, 3)
        assert tuple(grid[1, 2]) == (255, 128, 0) and tuple(grid[6 + 3, 4]) == (255, 0, 0)
        assert (grid == 255).sum() == 2 + 2 * 5 * 3

    @pytest.mark.parametrize(("count", "shape"), [(1, (2, 3)), (2, (2, 8)), (3, (6, 8)), (9, (10, 13)), (10, (10, 18))])
    def test_nearly_square(self, count, shape):
        assert pictures.grid(np.zeros((count, 2, 3, 1))).shape == (*shape, 1)

    def test_all_bytes_come_back(self):
        """kgan.data scales bytes by 127.5; the way back is exact."""
        values = np.arange(256, dtype="uint8").reshape(1, 16, 16, 1)
        np.testing.assert_array_equal(pictures.grid(values.astype("float32") / 127.5 - 1.0), values[0])

    def test_nan_is_grey_and_infinity_clipped(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            grid = pictures.grid(np.array([np.nan, np.inf, -np.inf], "float32").reshape(1, 1, 3, 1))
        assert grid.ravel().tolist() == [128, 255, 0]

    @pytest.mark.parametrize(
        ("images", "columns", "message"),
        [
            (np.zeros((2, 4, 4)), None, r"images: wanted \(n, height, width, 1 or 3\), got shape \(2, 4, 4\)"),
            (np.zeros((2, 4, 4, 2)), None, "images: wanted"),
            (np.zeros((0, 4, 4, 1)), None, "images: wanted"),
            (np.zeros((2, 4, 4, 1), "uint8"), None, r"images: wanted float in \[-1, 1\], got uint8"),
            (np.zeros((2, 4, 4, 1)), 0, "columns: wanted at least 1, got 0"),
        ],
    )
    def test_bad_input(self, images, columns, message):
        with pytest.raises(InputError, match=message):
            pictures.grid(images, columns)


class TestFiles:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_png_is_lossless_and_makes_its_folder(self, tmp_path, channels):
        image = np.random.default_rng(0).integers(0, 256, (5, 7, channels), "uint8")
        path = tmp_path / "a" / "b.png"
        pictures.write_png(path, image)
        np.testing.assert_array_equal(tf.io.decode_png(path.read_bytes()), image)
        assert list(path.parent.iterdir()) == [path]

    @pytest.mark.parametrize("image", [np.zeros((2, 2), "uint8"), np.zeros((2, 2, 1)), np.zeros((2, 2, 4), "uint8")])
    def test_bad_image(self, tmp_path, image):
        with pytest.raises(InputError, match=r"image: wanted uint8 \(height, width, 1 or 3\), got "):
            pictures.write_png(tmp_path / "x.png", image)

    def test_the_old_picture_stays_when_writing_fails(self, tmp_path, monkeypatch):
        path = tmp_path / "x.png"
        pictures.write_png(path, np.zeros((2, 2, 1), "uint8"))
        before = path.read_bytes()
        monkeypatch.setattr("pathlib.Path.replace", lambda self, target: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pictures.write_png(path, np.ones((2, 2, 1), "uint8"))
        assert path.read_bytes() == before


def size(path):
    return tf.io.decode_png(path.read_bytes()).shape


class TestPlots:
    def test_scatter(self, tmp_path):
        points = np.random.default_rng(0).normal(size=(50, 2))
        pictures.scatter(points, tmp_path / "a.png")
        pictures.scatter(points, tmp_path / "b.png", centres=np.array([[5.0, 5.0]]))
        assert size(tmp_path / "a.png") == size(tmp_path / "b.png") == (500, 500, 4)
        assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()

    def test_scatter_of_other_shapes(self, tmp_path):
        with pytest.raises(InputError, match=r"points: wanted shape \(n, 2\), got \(3, 3\)"):
            pictures.scatter(np.zeros((3, 3)), tmp_path / "a.png")
        with pytest.raises(InputError, match=r"centres: wanted shape \(n, 2\), got \(2,\)"):
            pictures.scatter(np.zeros((3, 2)), tmp_path / "a.png", centres=np.zeros(2))

    def test_curves_have_a_panel_for_each_kind(self, tmp_path):
        table = {"epoch": [1, 2], "step": [10, 20], "d_loss": [1, 2], "val_g_loss": [np.nan, 2]}
        pictures.curves(table, tmp_path / "one.png")
        more = {"d_real": [1, 2], "d_grad_norm": [0, 1], "r1": [1, np.inf], "val_r1": [1, 2], "fid": [9, np.nan]}
        pictures.curves({**table, **more}, tmp_path / "five.png")
        assert size(tmp_path / "one.png") == (250, 700, 4) and size(tmp_path / "five.png") == (1250, 700, 4)

    def test_shares_of_right_answers_are_no_logits(self):
        names = ["d_real", "d_accuracy_real", "d_accuracy_fake", "d_a_fake", "d_loss", "fid"]
        assert pictures.panels(names) == {
            "loss": ["d_loss"],
            "mean logit": ["d_real", "d_a_fake"],
            "accuracy": ["d_accuracy_real", "d_accuracy_fake"],
            "fid": ["fid"],
        }

    @pytest.mark.parametrize("table", [{}, {"epoch": [1], "step": [1]}, {"d_loss": [1]}])
    def test_curves_of_nothing(self, tmp_path, table):
        with pytest.raises(InputError, match="table: wanted the column 'epoch' and at least one log"):
            pictures.curves(table, tmp_path / "x.png")

    def test_no_global_state(self, tmp_path):
        """pyplot keeps every figure alive; nothing here may use it."""
        import sys

        loaded = "matplotlib.pyplot" in sys.modules
        pictures.scatter(np.zeros((3, 2)), tmp_path / "a.png")
        assert ("matplotlib.pyplot" in sys.modules) == loaded
