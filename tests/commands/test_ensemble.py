"""kgan train --ensemble: members in processes that fail and go on, and what each kind trains them on."""

import json
import re

import numpy as np
import pytest

import kgan
from kgan.checks import InputError
from kgan.commands import boosting, ensemble, main, run
from kgan.runs import Run, flags
from kgan.runs.checkpoints import latest

TINY = ["--dataset=ring", "--network=mlp", "--width=4", "--steps_per_epoch=3", "--ema_decay=0.5", "--alarm=off"]


@pytest.mark.slow
def test_members_in_processes_of_which_one_fails_and_is_tried_again(tmp_path, capsys):
    command = ["train", f"--run_dir={tmp_path}", *TINY, "--epochs=1", "--ensemble=independent(members=2, processes=2)"]
    (tmp_path / "member-2").write_text("in the way")
    assert main(command) == 2
    out, err = capsys.readouterr()
    assert "member-1: done\n" in out and "member-2: failed\n" in out
    assert err.count("\n") == 1 and "member-2: run_dir: cannot make the folder" in err and "others are kept" in err
    assert json.loads((tmp_path / "ensemble.json").read_text())["shares"] == {"member-1": 1.0}
    assert Run(tmp_path).sampler().sample(3).shape == (3, 2)

    before = latest(tmp_path / "member-1").stat().st_mtime_ns
    (tmp_path / "member-2").unlink()
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "member-1: done before\n" in out and "member-2: done\n" in out and not err
    assert latest(tmp_path / "member-1").stat().st_mtime_ns == before
    assert flags.read(tmp_path / "member-2")["seed"] == "1"
    loaded = kgan.export.load_generator(tmp_path / "saved_model")
    assert loaded.version == 2 and loaded.prior["member"].shares == (0.5, 0.5)
    np.testing.assert_allclose(loaded.sample(9, seed=1), Run(tmp_path).sampler().sample(9, seed=1), atol=1e-6)
    for other, message in [
        (["--ensemble=adagan"], "ensemble: the one in .* is 'independent.*; wanted one of this kind, or a new run_dir"),
        ([], "run_dir: .* holds an ensemble; wanted its --ensemble too"),
    ]:
        assert main([*command[:-1], *other]) == 2
        assert re.search(message, capsys.readouterr().err)
    assert main(["evaluate", f"--run_dir={tmp_path}", "--num=200", "--metrics=modes"]) == 0
    assert "modes[" in capsys.readouterr().out


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Trains an ensemble with its members in this process."""

    def start(member, given, epochs):
        newest = latest(member)
        if newest is None or Run(member).newest()["epoch"] < epochs:
            assert main(["train", *given, f"--run_dir={member}", f"--epochs={epochs}", "--bare"]) == 0

    def train(kind, epochs=1):
        def flags_of(seed, rows):
            return [*TINY, f"--seed={seed}", *([] if rows is None else [f"--rows={rows}"])]

        def build(seed):
            return run.build("gan", "ring", network="mlp", width=4, seed=seed, ema_decay=0.5)

        ensemble.train(kind, tmp_path, flags_of, 0, epochs, build)
        return json.loads((tmp_path / "ensemble.json").read_text())["shares"]

    monkeypatch.setattr(ensemble, "start", start)
    return train


def test_snapshots_are_one_run_at_several_times(here, tmp_path):
    assert here(ensemble.Snapshots(2), epochs=3) == {"member-1": 0.5, "member-2": 0.5}
    assert [Run(tmp_path / f"member-{number}").newest()["epoch"] for number in (1, 2)] == [1, 3]
    assert Run(tmp_path).newest()["epoch"] == 3
    with pytest.raises(InputError, match="member-1 is a snapshot after epoch 1, wanted 2"):
        here(ensemble.Snapshots(2), epochs=4)
    with pytest.raises(InputError, match="epochs: wanted 2 at least, one a snapshot, got 1"):
        here(ensemble.Snapshots(2), epochs=1)


def test_a_cascade_hands_on_what_the_discriminator_takes_for_real(here, tmp_path):
    assert here(ensemble.Cascade(2, share=0.25)) == {"member-1": 0.75, "member-2": 0.25}
    rows = np.load(tmp_path / "member-2.npy")
    assert len(rows) == 25_000 and flags.read(tmp_path / "member-2")["rows"].endswith("member-2.npy")
    _, game = run.build("gan", "ring", network="mlp", width=4, seed=0, ema_decay=0.5)
    samples = boosting.examples(kgan.data.load("ring", batch_size=64, seed=1))  # as the second member has them
    scores = boosting.scores(game, tmp_path / "member-1", samples)
    np.testing.assert_allclose(scores, game.discriminator.predict(samples, batch_size=5000, verbose=0)[:, 0], atol=1e-5)
    assert scores[rows].min() >= np.delete(scores, rows).max()


def test_adagan_trains_on_what_the_mixture_lacks(here, tmp_path, monkeypatch):
    """A classifier's ratios that are known: the first half of the data is made too often, the second never."""
    monkeypatch.setattr(boosting, "ratios", lambda game, reals, fakes, epochs: np.repeat([2.0, 0.0], len(reals) // 2))
    assert here(ensemble.AdaGAN(2)) == {"member-1": 0.5, "member-2": 0.5}
    rows = np.load(tmp_path / "member-2.npy")
    np.testing.assert_array_equal(np.unique(rows), np.arange(50_000, 100_000))
    assert len(rows) == 100_000


def test_a_classifier_finds_the_ratio_of_two_laws():
    """Of N(0, 1) and N(1, 1) in the plane's first coordinate: p_model / p_data = exp(x - 1/2)."""
    rng = np.random.default_rng(0)
    reals, fakes = rng.normal(size=(2, 6000, 2)).astype("float32")
    fakes[:, 0] += 1
    game = kgan.GAN(
        kgan.networks.mlp_generator((2,), 2, 8, 1), kgan.networks.mlp_discriminator((2,), 16, 1), latent_dim=2
    )
    found = np.log(boosting.ratios(game, reals, fakes, epochs=15))
    assert np.abs(found - (reals[:, 0] - 0.5)).mean() < 0.15


def test_rows_are_those_of_the_data():
    labelled = kgan.data.load("ring", batch_size=2, labels=True, shuffle=False, rows=np.array([5, 5, 3, 9]))
    whole = list(kgan.data.load("ring", labels=True).take(10).as_numpy_iterator())
    points = np.concatenate([x for x, _ in labelled.as_numpy_iterator()])
    np.testing.assert_array_equal(points, [whole[place][0] for place in (5, 5, 3, 9)])
    assert labelled.stream.source.size == 4 and labelled.num_classes == 8
    for rows, message in [([-1], "got -1"), ([10**6], r"places in \[0, 100000\)"), ([0.5], "wanted whole numbers")]:
        with pytest.raises(InputError, match=f"rows: .*{message}"):
            kgan.data.load("ring", rows=np.array(rows))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--ensemble=independent(members=1)"], "members: wanted a whole number from 2 on, got 1"),
        (["--ensemble=cascades"], "ensemble: unknown name 'cascades'; did you mean 'cascade'?"),
        (["--ensemble=cascade(share=1)"], "share: wanted a number in (0, 1), got 1"),
        (["--ensemble=snapshots", "--preset=wgn"], "preset: unknown name 'wgn'"),
        (["--ensemble=adagan", "--rows=x.npy"], "rows: an ensemble chooses the rows of its members, wanted none"),
        (["--rows=x.npy"], "rows: x.npy cannot be read as FILE.npy"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(tmp_path, monkeypatch, capsys, given, message):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--run_dir=run", *TINY, *given]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and message in err, err
    assert not list(tmp_path.iterdir())
