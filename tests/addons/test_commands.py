"""tensorflow-addons at the command line: its layers in both networks, its optimizer as a player's."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from kgan.commands import main
from kgan.export import load_generator
from kgan.runs.checkpoints import find, latest
from tests.addons import newer, sngan_networks
from tests.export.test_saved_model import ALONE

FLAGS = ["--preset=sngan", f"--network={sngan_networks.__file__}", "--dataset=digits", "--resolution=8", "--width=4"]
FLAGS += ["--g_optimizer=tfa:RectifiedAdam(learning_rate=1e-3)", "--n_critic=2", "--epochs=2", "--steps_per_epoch=4"]
FLAGS += ["--checkpoint_steps=2"]


def train(folder, kill_at=0):
    command = [sys.executable, "-m", "tests.commands.dying_script", f"--run_dir={folder}", *FLAGS]
    environment = {**os.environ, "PYTHONPATH": str(newer.ROOT), "KILL_AT_STEP": str(kill_at)}
    done = subprocess.run(command, cwd=newer.ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == (-signal.SIGKILL if kill_at else 0), done.stdout + done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that was killed in its second epoch, and went on; and what it was to be."""
    killed, whole = (tmp_path_factory.mktemp("runs") / name for name in ("killed", "whole"))
    train(killed, kill_at=5)
    assert find(killed)[-1].name == "step-00000004" and not (killed / "saved_model").exists()
    assert "resuming at epoch 2, step 0" in train(killed).stdout
    done = train(whole)
    assert "generator: " in done.stdout
    return killed, whole


def test_a_run_that_is_killed_ends_in_the_same_bits(run):
    killed, whole = run
    assert (killed / "logs.csv").read_bytes() == (whole / "logs.csv").read_bytes()
    with np.load(latest(killed) / "state.npz") as one, np.load(latest(whole) / "state.npz") as two:
        assert one.files == two.files and len(one.files) > 30
        for name in one.files:
            np.testing.assert_array_equal(one[name], two[name])


def test_it_samples_exports_measures_and_reports(run, tmp_path, capsys):
    folder = run[0]
    assert main(["sample", f"--run_dir={folder}", "--num=4", f"--out={tmp_path}/a.png"]) == 0
    assert main(["sample", f"--saved_model={folder}/saved_model", "--num=4", f"--out={tmp_path}/b.png"]) == 0
    drawn, exported = (np.array(Image.open(tmp_path / name), int) for name in ("a.png", "b.png"))
    assert np.abs(drawn - exported).max() <= 1  # of 255, by rounding
    metrics = ["--metrics=fid", "--features=random_projection", "--num=50"]
    assert main(["evaluate", f"--run_dir={folder}", *metrics]) == 0
    assert "fid[" in capsys.readouterr().out
    assert main(["export", f"--run_dir={folder}", f"--out={tmp_path}/exported"]) == 0
    assert main(["report", str(folder)]) == 0
    assert main(["compare", *map(str, run), f"--out={tmp_path}/compared.html"]) == 0
    assert (tmp_path / "exported" / "1" / "saved_model.pb").exists() and (tmp_path / "compared.html").exists()


@pytest.mark.parametrize("python", [sys.executable, newer.PYTHON], ids=["older", "newer"])
def test_what_it_exports_runs_in_either_tensorflow_alone(run, python, tmp_path):
    """By the test that loads an export in the newer stack (`tests/export/test_saved_model.py`)."""
    np.save(tmp_path / "latents.npy", np.random.default_rng(0).normal(size=(3, 8)).astype("float32"))
    newer.run("-c", ALONE, run[0] / "saved_model" / "1", tmp_path, python=python)
    loaded, got = load_generator(run[0] / "saved_model"), np.load(tmp_path / "got.npz")
    np.testing.assert_allclose(got["drawn"], loaded.sample(300, seed=7), atol=1e-5)
    assert got["served"].shape == (3, 8, 8, 1)
