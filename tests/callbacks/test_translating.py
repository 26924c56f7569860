"""Games that translate pictures under the callbacks that watch, and what the report makes of it."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import report
from kgan.callbacks import Checkpoint, CollapseAlarm, CSVLogger, EquilibriumMonitor, Evaluate, SampleGrid
from kgan.checks import InputError
from kgan.metrics import Evaluator
from kgan.runs import Run
from tests.models.games import GAMES, dataset, images, made

BATCH = {"a": images(3, 100), "b": images(4, 100)}


@pytest.fixture(autouse=True)
def _eagerly():
    """What the callbacks compile is not about the game: tracing it would take most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def judge(metrics=("kid", "precision_recall")):
    return Evaluator(BATCH["b"], "raw", metrics, num=60)


@pytest.mark.parametrize("game", ["cyclegan", "pix2pix"])
def test_everything_that_watches_a_run_watches_a_translating_one(game, tmp_path):
    case = GAMES[game]
    model = made(case, run_eagerly=True)
    held_out = {name: part[:4] for name, part in BATCH.items()}
    watchers = [
        Checkpoint(tmp_path),
        Evaluate(tmp_path, judge(), batch=BATCH),
        CollapseAlarm(tmp_path, BATCH["b"], every=1, batch=BATCH),
        EquilibriumMonitor(tmp_path, held_out, every=1, eigen_every=0),
        CSVLogger(tmp_path),
        SampleGrid(tmp_path, num=4, batch=BATCH),
    ]
    logs = model.fit(dataset(case), steps_per_epoch=1, epochs=2, verbose=0, callbacks=watchers).history

    run = Run(tmp_path)
    measured = run.evaluations()
    assert [row.epoch for row in measured] == [1, 2] and measured[1]["kid"].n_fake == 60
    (sampler,) = [run.sampler()]
    fakes = sampler.sample(60, 0, images=BATCH["a"][:60])
    assert judge()([fakes])["kid"].value == pytest.approx(measured[1]["kid"].value, rel=1e-5)  # of the pictures of a
    assert [row["kid"].value for row in measured] == logs["kid"] and run.best() is not None

    (first, last) = run.equilibrium()
    players = [name for name, (role, _) in model.networks().items() if role == "d"]
    for row in (first, last):
        whole = np.hypot(row["d_norm"], row["g_norm"])
        assert row["field_norm"] == pytest.approx(whole, rel=1e-5) and row["lipschitz"] > 0
        each = [row[f"{name}_norm"] for name in players]
        assert row["d_norm"] == pytest.approx(np.linalg.norm(each), rel=1e-5)
    assert all(0 <= row["separation"] <= 1 and row["diversity_pixels"] > 0 for row in run.collapse())
    assert list(run.samples()) == [1, 2]
    page = report.write(tmp_path, sampler, {"preset": game}, BATCH["b"]).read_text()
    assert "precision" in page and "rotation" in page


def test_what_cannot_be_measured_is_said_before_training(tmp_path):
    case = GAMES["pix2pix"]
    model = made(case, run_eagerly=True)

    def refused(message, *arguments, **settings):
        with pytest.raises(InputError, match=message):
            model.fit(dataset(case), verbose=0, callbacks=[Evaluate(tmp_path, *arguments, **settings)])
        assert model.step.numpy() == 0

    refused("Evaluate: batch: wanted pictures to translate, got none", judge())
    refused("'ppl' goes along normal latents, and this generator has none", judge(["ppl"]), batch=BATCH)
    labelled = Evaluator([(BATCH["b"], np.arange(100) // 50)], "raw", ["cas"], num=60)
    refused("'cas' wants samples of classes that were asked for, by a conditional game", labelled, batch=BATCH)
    other = Evaluator(np.zeros((9, 4, 4, 1)) + np.arange(9)[:, None, None, None], "raw", ["kid"])
    refused(r"reals: wanted samples of the generator's \(8, 8, 1\), got \(4, 4, 1\)", other, batch=BATCH)
