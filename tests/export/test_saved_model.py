"""A generator that was saved, loaded again, and loaded where there is no kgan."""

import resource
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.export import load_generator, save_generator
from kgan.sampling import Sampler

SHAPE = (8, 8, 1)

# What a user of plain TensorFlow runs; a kgan or Keras that the SavedModel needed would make it fail.
ALONE = """
import sys
sys.modules["kgan"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
latents = np.load(sys.argv[2] + "/latents.npy")
served = model.signatures["serving_default"](latents=tf.constant(latents))["images"]
drawn = model.signatures["sample"](num=tf.constant(300), seed=tf.constant(7))["images"]
np.savez(sys.argv[2] + "/got.npz", served=served, drawn=drawn)
assert {v.dtype for v in model.weights} == {tf.float32}, "variables"
"""


def make_gan(normalization="batch"):
    networks = kgan.networks
    gan = kgan.GAN(
        networks.dcgan_generator(SHAPE, latent_dim=5, width=4, normalization=normalization),
        networks.dcgan_discriminator(SHAPE, width=4),
        latent_dim=5,
    )
    gan.compile(g_optimizer=keras.optimizers.Adam(0.02), ema_decay=0.9)  # fast, so that images are not all grey
    rng = np.random.default_rng(0)
    gan.fit(rng.uniform(-1, 1, (32, *SHAPE)).astype("float32"), batch_size=8, epochs=2, verbose=0)
    return gan


@pytest.mark.slow
@pytest.mark.parametrize("normalization", ["batch", "spectral"])
def test_plain_tensorflow_gives_the_numbers_of_gan_sample(tmp_path, normalization):
    gan = make_gan(normalization)
    folder = save_generator(gan, tmp_path / "digits")
    assert folder == tmp_path / "digits" / "1"
    latents = np.random.default_rng(1).normal(size=(3, 5)).astype("float32")
    np.save(tmp_path / "latents.npy", latents)
    subprocess.run([sys.executable, "-c", ALONE, folder, tmp_path], check=True, cwd=tmp_path)
    got = np.load(tmp_path / "got.npz")
    # More than one chunk, and not the generator that trains.
    assert np.abs(gan.sample(300, seed=7, average=False) - gan.sample(300, seed=7)).max() > 0.01
    np.testing.assert_allclose(got["drawn"], gan.sample(300, seed=7), atol=2e-6)
    np.testing.assert_allclose(got["served"], gan(latents), atol=2e-6)


def test_load_generator(tmp_path, capfd):
    gan = make_gan()
    save_generator(gan, tmp_path / "m", version=2)
    keep = gan.sample(4, seed=3)
    for variable in gan.average.network.trainable_variables:
        variable.assign(variable * 0.5)
    capfd.readouterr()
    assert save_generator(gan, tmp_path / "m").name == "3"
    assert capfd.readouterr() == ("", "")
    old, new = load_generator(tmp_path / "m" / "2"), load_generator(str(tmp_path / "m"))
    assert (old.version, new.version, new.latent_dim, new.sample_shape) == (2, 3, 5, SHAPE)
    np.testing.assert_allclose(old.sample(4, seed=3), keep, atol=2e-6)
    np.testing.assert_allclose(new.sample(300, seed=3 + 2**31), gan.sample(300, seed=3), atol=2e-6)
    assert new(latents=np.zeros((2, 5))).dtype == np.float32
    assert [entry.name for entry in sorted((tmp_path / "m").iterdir())] == ["2", "3"]
    with pytest.raises(InputError, match=r"latents: wanted \(num, 5\), got \(2, 4\)"):
        new(latents=np.zeros((2, 4)))
    with pytest.raises(InputError, match="num: wanted a whole number from 1 on, got 0"):
        new.sample(0)


def test_signature_sample_takes_what_clients_send(tmp_path):
    sample = tf.saved_model.load(str(save_generator(make_gan(), tmp_path / "m"))).signatures["sample"]
    one = sample(num=tf.constant(1), seed=tf.constant(-1))["images"]
    np.testing.assert_allclose(one, load_generator(tmp_path / "m").sample(1, seed=2**31 - 1), atol=2e-6)
    assert sample(num=tf.constant(0), seed=tf.constant(0))["images"].shape == (0, *SHAPE)


def test_a_generator_of_keras_and_mixed_precision(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = kgan.networks.mlp_generator((2,), latent_dim=3, width=8)
    save_generator(network, tmp_path / "points")
    loaded = load_generator(tmp_path / "points")
    latents = kgan.random.normal((6, 3), kgan.random.key(0))
    assert loaded.sample_shape == (2,)
    np.testing.assert_allclose(loaded.sample(6), tf.cast(network(latents), "float32"), atol=2e-6)


def test_what_cannot_be_saved(tmp_path):
    network = kgan.networks.mlp_generator((2,), latent_dim=3, width=8)
    save_generator(network, tmp_path / "m", version=4)
    (tmp_path / "file").touch()
    unbuilt = keras.Sequential([keras.layers.Dense(2)])
    wrong = kgan.networks.mlp_discriminator(SHAPE, width=4)
    huge, broken = (kgan.networks.mlp_generator((2,), latent_dim=3, width=8) for _ in range(2))
    huge.trainable_variables[0].assign(tf.fill(huge.trainable_variables[0].shape, 1e6))
    broken.trainable_variables[-1].assign([np.nan, 0.0])
    for arguments, message in [
        ((network, tmp_path / "m", 4), r"version: .*/m/4 exists"),
        ((network, tmp_path / "m", 0), "version: wanted a whole number from 1 on, got 0"),
        ((network, tmp_path / "m", "4"), "version: wanted a whole number from 1 on, got '4'"),
        ((network, tmp_path / "file"), r"path: wanted a folder, .*/file is a file"),
        ((unbuilt, tmp_path / "n"), "gan: wanted a built generator"),
        ((wrong, tmp_path / "n"), r"gan: wanted a generator of latents"),
        (("dcgan", tmp_path / "n"), "gan: wanted a game of kgan or a generator"),
        ((Sampler.of(network, 3), tmp_path / "n"), "gan: wanted samples that are one tensor of a known shape"),
        ((network, tmp_path / "n", None, "half"), "weights: unknown name 'half'; known: bfloat16, float16"),
        ((huge, tmp_path / "n", None, "float16"), r"weights: .* holds 1e\+06, too large for float16; wanted bfloat16"),
        ((broken, tmp_path / "n"), "gan: the signature 'serving_default' fails .* numbers that are not finite"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            save_generator(*arguments)
        assert "\n" not in str(caught.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "m", "n"] and not list(
        (tmp_path / "n").iterdir()
    )


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(module, folder, signatures):
        (tmp_path / "m" / "half").touch()
        raise OSError("disk full")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_generator(kgan.networks.mlp_generator((2,), latent_dim=3, width=8), tmp_path / "m")
    assert [entry.name for entry in (tmp_path / "m").iterdir()] == ["half"]


def test_what_cannot_be_loaded(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "damaged" / "1").mkdir(parents=True)
    (tmp_path / "damaged" / "1" / "saved_model.pb").write_bytes(b"no protocol buffer")
    (tmp_path / "bare" / "1").mkdir(parents=True)
    other = tf.Module()
    other.f = tf.function(lambda x: {"images": x}, [tf.TensorSpec((None, 3))])
    tf.saved_model.save(other, str(tmp_path / "other"), {"serving_default": other.f})
    for name, message in [
        ("absent", r"path: there is no .*/absent"),
        ("empty", r"path: .*/empty holds no SavedModel"),
        ("file", r"path: .*/file holds no SavedModel"),
        ("damaged", r"path: .*/damaged/1 cannot be loaded as a SavedModel"),
        ("bare", r"path: .*/bare/1 cannot be loaded as a SavedModel"),
        ("other", r"path: .*/other is no generator of kgan: it takes \['x'\], and has no assets.extra/sampler.json"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            load_generator(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_full_disk_is_told_in_one_line(tmp_path, monkeypatch):
    generator = kgan.networks.dcgan_generator(SHAPE, latent_dim=4, width=4)
    save, limits = tf.saved_model.save, resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(*args):  # as good as: writing fails in the middle of a file
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
        try:
            save(*args)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(InputError, match=r"path: .*/a/1 cannot be written: ") as error:
        save_generator(generator, tmp_path / "a")
    assert "\n" not in str(error.value) and not list((tmp_path / "a").iterdir())
