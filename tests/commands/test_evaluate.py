"""`kgan evaluate` on a run, a SavedModel and a folder of images."""

import json

import numpy as np
import pytest

from kgan.commands import main
from kgan.runs.evaluations import read

TINY = ["--resolution=16", "--width=4", "--latent_dim=3", "--steps_per_epoch=3"]
RAW = ["--features=random_projection(dimension=8)", "--num=200"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main(["train", f"--run_dir={folder}", *TINY, "--epochs=1", "--ema_decay=0.5"]) == 0
    return folder


def evaluate(*argv):
    return main(["evaluate", *map(str, argv)])


def test_a_run(run, tmp_path, capsys):
    assert evaluate(f"--run_dir={run}", *RAW, f"--out={tmp_path}/a.json") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == "" and lines[0].startswith("fid[random-") and lines[-1] == f"written to {tmp_path}/a.json"
    assert ", n_real=200, n_fake=200, ema, digits at 16] = " in lines[0] and "(real vs real: " in lines[0]
    (kept,) = read(run)
    assert (kept.epoch, kept.step) == (1, 3) and json.loads((tmp_path / "a.json").read_text()) == kept.to_json()
    assert [str(result) for result in kept.results] == lines[:-1]
    assert evaluate(f"--run_dir={run}", *RAW, "--metrics=fid") == 0
    assert capsys.readouterr().out.splitlines() == lines[:1]  # the same again
    assert len(read(run)) == 1


def test_its_saved_model_has_the_same_numbers(run, capsys):
    assert evaluate(f"--run_dir={run}", *RAW, "--metrics=fid,kid,ppl") == 0
    expected = capsys.readouterr().out
    assert evaluate(f"--saved_model={run}/saved_model", "--dataset=digits", *RAW, "--metrics=fid,kid,ppl") == 0
    assert capsys.readouterr().out == expected.replace(", ema", ", exported")


def test_a_folder_of_images(run, tmp_path, capsys):
    assert main(["sample", f"--run_dir={run}", "--num=40", f"--out={tmp_path}/images"]) == 0
    capsys.readouterr()
    argv = [f"--images={tmp_path}/images", "--dataset=digits", "--features=raw", "--num=40", "--metrics=kid"]
    assert evaluate(*argv) == 0
    assert "n_real=40, n_fake=40, images, digits at 16]" in capsys.readouterr().out


def test_a_damaged_image_is_named(run, tmp_path, capsys):
    assert main(["sample", f"--run_dir={run}", "--num=3", f"--out={tmp_path}/images"]) == 0
    damaged = tmp_path / "images" / "0001.png"
    damaged.write_bytes(damaged.read_bytes()[:40])
    capsys.readouterr()
    argv = [f"--images={tmp_path}/images", "--dataset=digits", "--features=raw", "--metrics=kid"]
    assert evaluate(*argv) == 2
    err = capsys.readouterr().err
    assert err.startswith("kgan evaluate: dataset: unreadable image: ") and str(damaged) in err and err.count("\n") == 1


def test_a_folder_is_taken_in_random_order_and_another_seed_is_other_samples(run, tmp_path, capsys):
    assert main(["sample", f"--run_dir={run}", "--num=40", f"--out={tmp_path}/images"]) == 0
    capsys.readouterr()

    def told(*argv):
        assert evaluate(*argv, "--features=raw", "--num=20", "--metrics=kid", f"--out={tmp_path}/a.json") == 0
        (result,) = json.loads((tmp_path / "a.json").read_text())["results"]
        return result["value"], result["data"]

    folder = [f"--images={tmp_path}/images", f"--dataset=images:{tmp_path}/images"]
    assert told(*folder) == told(*folder) != told(*folder, "--seed=1")
    run = [f"--run_dir={run}"]
    assert told(*run) == told(*run) != told(*run, "--seed=1")
    assert told(*run)[1] == "digits at 16"
    assert evaluate(*run, "--features=raw", "--num=20", "--split=test") == 2  # which the digits do not have
    assert "split" in capsys.readouterr().err


def test_reals_that_are_made_square_are_said_to_be(run, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", images=np.zeros((9, 16, 12, 1), "uint8"))
    argv = [f"--run_dir={run}", "--features=raw", "--metrics=kid", f"--out={tmp_path}/a.json"]
    assert evaluate(f"--dataset=npz:{tmp_path}/a.npz", *argv) == 0
    assert "a.npz at 16] = " in capsys.readouterr().out


def test_points_with_known_modes(tmp_path, capsys):
    argv = [f"--run_dir={tmp_path}/ring", "--dataset=ring", "--steps_per_epoch=2", "--epochs=1", "--width=4"]
    assert main(["train", *argv]) == 0
    capsys.readouterr()
    assert evaluate(f"--run_dir={tmp_path}/ring", "--num=300") == 0
    out = capsys.readouterr().out
    assert (
        out.startswith("fid[modes-")
        and "\nmodes[modes-" in out
        and "real vs real: 8; perfect: 8)" in out
        and "share of each class" in out
    )


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "wanted one of --run_dir"),
        (["--run_dir=none"], "dataset: wanted"),
        (["--run_dir=none", "--dataset=digits"], "there is no folder none"),
        (["--saved_model=none", "--dataset=digits"], "there is no none"),
        (["--images=none", "--dataset=digits"], "none"),
        (["--run_dir={run}", "--metrics=fdi", "--features=raw"], "did you mean 'fid'"),
        (["--run_dir={run}", "--features=clasifier"], "did you mean 'classifier'"),
        (["--run_dir={run}", "--features=inception(path='no.pb')"], "cannot read the Inception graph no.pb"),
        (["--run_dir={run}", "--dataset=ring"], "'ring' holds points, not images"),
        (["--run_dir={run}", "--out=a.txt"], "wanted a file NAME.json"),
        (["--run_dir={run}", *RAW, "--out=/dev/null/a.json"], "/dev/null"),
        (["--run_dir={run}", "--metrics=fid,modes"], "wants data with known modes (ring or grid), got 'digits'"),
        (["--images={run}/samples", "--dataset=digits", "--metrics=ppl"], "wants a generator, here are only samples"),
        (["--run_dir={run}", "--num=1"], "num"),
        (["--run_dir={run}", "--metrics=modes", "--features=raw"], "known modes"),
    ],
)
def test_bad_input_is_one_line(argv, message, run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = sorted(run.rglob("*"))
    assert evaluate(*(arg.format(run=run) for arg in argv)) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1 and err.startswith("kgan evaluate: ")
    assert sorted(run.rglob("*")) == before and not list(tmp_path.iterdir())
