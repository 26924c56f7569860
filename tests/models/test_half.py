"""mixed_float16: products with the Jacobian are those of float32, up to float16's own rounding."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

import kgan
from kgan.updates import Unrolled
from tests import half_script

SCRIPT = pathlib.Path(half_script.__file__)
REALS = np.random.default_rng(0).uniform(-1, 1, (16, 4)).astype("float32")


def build(policy):
    """Networks whose gradients are small, as a GAN's are late in training."""
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(4, "tanh")]),
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)]),
        latent_dim=4,
    )
    gan.compile("wasserstein", seed=1)
    for v in gan.discriminator.trainable_variables:
        v.assign(0.03 * v.value)
    return gan


def measured(policy):
    gan = build(policy)
    game, round = gan.game, gan.round(REALS)
    near = game.linearize(round)
    ahead = Unrolled(2, rate=1e-3)._gradients(game, game.player("g"), round)[0]
    products = {"vjp": near.vjp(near.field), "jvp": near.jvp(near.field), "field": near.field, "ahead": {"g": ahead}}
    return {(k, n): np.concatenate([np.ravel(x) for x in p]) for k, v in products.items() for n, p in v.items()}


@pytest.fixture(scope="module")
def both():
    return measured("float32"), measured("mixed_float16")


def test_products_do_not_underflow(both):
    exact, half = both
    for key, value in exact.items():
        error = np.linalg.norm(half[key] - value) / np.linalg.norm(value)
        assert error < 0.01, key


@pytest.mark.slow
def test_two_devices_play_as_one_and_skip_together(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])}
    command = [sys.executable, str(SCRIPT), str(tmp_path / "out.npz")]
    process = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert process.returncode == 0, process.stderr[-3000:]
    with np.load(tmp_path / "out.npz") as found:
        for name in half_script.RULES:
            one, two = (found[f"{name}/{devices}/moved"] for devices in (1, 2))
            assert np.isfinite(one).all() and np.abs(one).max() > 1e-3, name
            np.testing.assert_allclose(two, one, atol=1e-4, err_msg=name)
            scales = found[f"{name}/1/scales"]
            np.testing.assert_array_equal(found[f"{name}/2/scales"], scales, err_msg=name)
            assert scales.min() < 2.0**15, name
