"""SampleGrid and LossCurves: pictures where they are expected, of what they are expected to show."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import kgan
from kgan import pictures
from kgan.callbacks import CSVLogger, LossCurves, SampleGrid
from kgan.checks import InputError
from tests.callbacks import tiny


def image_gan(channels=1):
    shape = (8, 8, channels)
    gan = kgan.GAN(
        kgan.networks.mlp_generator(shape, 2, 4, 1), kgan.networks.mlp_discriminator(shape, 4, 1), latent_dim=2
    )
    gan.compile()
    return gan


def epoch_end(callback, gan, *epochs):
    callback.set_model(gan)
    callback.on_train_begin()
    for epoch in epochs:
        callback.on_epoch_end(epoch, {})
    callback.on_train_end()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class TestSampleGrid:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_the_averaged_generator_at_fixed_latents(self, tmp_path, channels):
        gan = image_gan(channels)
        epoch_end(SampleGrid(tmp_path, num=6, seed=3), gan, 0, 1)
        assert names(tmp_path / "samples") == ["epoch-0001.png", "epoch-0002.png"]
        first = (tmp_path / "samples" / "epoch-0001.png").read_bytes()
        assert first == (tmp_path / "samples" / "epoch-0002.png").read_bytes()
        np.testing.assert_array_equal(tf.io.decode_png(first), pictures.grid(gan.sample(6, seed=3)))

    def test_each_second_epoch_in_fit(self, gan, tmp_path):
        tiny.fit(gan, [SampleGrid(tmp_path, num=9, every=2)], epochs=5)
        assert names(tmp_path / "samples") == ["epoch-0002.png", "epoch-0004.png"]

    def test_in_tensorboard_too(self, tmp_path):
        epoch_end(SampleGrid(tmp_path, num=4), image_gan(), 0, 1)
        events = EventAccumulator(str(tmp_path / "logs")).Reload()
        shown = events.Tensors("samples")
        assert [event.step for event in shown] == [1, 2]
        width, height, png = shown[0].tensor_proto.string_val
        picture = tf.io.decode_png((tmp_path / "samples" / "epoch-0001.png").read_bytes())
        np.testing.assert_array_equal(tf.io.decode_png(png), picture)
        assert (int(height), int(width)) == tuple(picture.shape[:2])

    def test_only_the_chief_writes(self, gan, tmp_path, monkeypatch):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "worker", "index": 1}}))
        epoch_end(SampleGrid(tmp_path / "run"), gan, 0)
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("shape", "drawn", "seen"),
        [
            ((8, 8, 4), "the first 3 of 4 channels", lambda x: x[..., :3]),
            ((8, 8, 2), "the first 1 of 2 channels", lambda x: x[..., :1]),
            ((5,), "the first 2 of 5 columns", lambda x: x[:, :2]),
            ((1,), "the share of numbers", lambda x: np.stack([np.sort(x[:, 0]), np.linspace(0.125, 0.875, 4)], 1)),
            ((3, 2), "nothing", None),
        ],
    )
    def test_it_draws_what_it_can_and_says_so(self, tmp_path, monkeypatch, shape, drawn, seen):
        gan = kgan.GAN(
            kgan.networks.mlp_generator(shape, 2, 4, 1), kgan.networks.mlp_discriminator(shape, 4, 1), latent_dim=2
        )
        gan.compile()
        points = []
        scatter = pictures.scatter
        monkeypatch.setattr(pictures, "scatter", lambda x, path: points.append(x) or scatter(x, path))
        with pytest.warns(UserWarning, match=f"SampleGrid: samples have shape .*: draws {drawn}"):
            epoch_end(SampleGrid(tmp_path, num=4), gan, 0)
        if seen is None:
            assert not (tmp_path / "samples").exists()
        elif len(shape) == 1:
            np.testing.assert_allclose(points[0], seen(gan.sample(4)))
        else:
            picture = tf.io.decode_png((tmp_path / "samples" / "epoch-0001.png").read_bytes())
            np.testing.assert_array_equal(picture, pictures.grid(seen(gan.sample(4))))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"num": 0}, "num: wanted a whole number from 1 on, got 0"),
            ({"seed": -1}, "seed: wanted a whole number from 0 on, got -1"),
            ({"every": 0}, "every: wanted a whole number from 1 on, got 0"),
        ],
    )
    def test_bad_arguments(self, tmp_path, arguments, message):
        with pytest.raises(InputError, match=message):
            SampleGrid(tmp_path, **arguments)


class TestLossCurves:
    def test_draws_the_table(self, gan, tmp_path):
        tiny.fit(gan, [CSVLogger(tmp_path), LossCurves(tmp_path)])
        assert tf.io.decode_png((tmp_path / "curves.png").read_bytes()).shape[-1] == 4

    def test_without_a_table_it_says_so(self, gan, tmp_path):
        with pytest.warns(UserWarning, match="LossCurves: no logs.csv in .*; add CSVLogger"):
            epoch_end(LossCurves(tmp_path), gan)
        assert not (tmp_path / "curves.png").exists()
