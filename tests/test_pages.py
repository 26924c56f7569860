"""The samples of code on the pages about games run as they stand there, but for how long they train."""

import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import kgan
from kgan.commands import main

DOCS = Path(__file__).parents[1] / "docs"


def code(page, **names):
    """What a page's samples of code leave behind, run one after the other."""
    names |= {"keras": keras, "kgan": kgan}
    for block in re.findall(r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL):
        exec(block.replace("epochs=20", "epochs=1, steps_per_epoch=1"), names)
    return names


def test_views_of_an_image():
    gan = code("modes")["gan"]
    assert list(gan.networks()) == ["g", "d1", "d2", "d3"]
    assert all(np.isfinite(value) for value in gan.train_on_batch(np.zeros((4, 28, 28, 1), "float32")).values())


def test_conditions_and_what_they_are_sampled_by():
    gan = code("conditions")["gan"]
    assert len(gan.sample(3, labels=[0, 1, 2])) == 3
    inputs = code("games", gan=gan)["inputs"]
    assert set(inputs) == {"latents", "labels"}


@pytest.mark.slow
def test_an_ensemble_of_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--dataset=ring", "--width=4", "--epochs=2", "--steps_per_epoch=1", "--run_dir=runs/a"]) == 0
    shutil.copytree("runs/a", "runs/b")
    ensemble = code("ensembles")["ensemble"]
    assert kgan.export.load_generator("saved_models/both").sample(5, seed=1).shape == ensemble.sample(5, seed=1).shape
