"""`kgan evaluate` and `kgan train --metrics` of games with conditions, and of games that translate."""

import numpy as np
import pytest
from PIL import Image

import kgan
from kgan.callbacks import Checkpoint
from kgan.commands import main
from kgan.runs import Run
from tests.models.games import GAMES, dataset, made


def evaluate(*argv):
    return main(["evaluate", *map(str, argv)])


def values(out):
    """name -> (protocol, value) of printed results."""
    rows = [line.split("[", 1) for line in out.splitlines() if "] = " in line]
    parts = {name: rest.split("] = ", 1) for name, rest in rows}
    return {name: (protocol, float(value.split()[0])) for name, (protocol, value) in parts.items()}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of 8 x 8 pictures with the same names: dark ones and bright ones."""
    random, root = np.random.default_rng(0), tmp_path_factory.mktemp("pictures")
    for name, low in (("a", 0), ("b", 150)):
        (root / name).mkdir()
        for i in range(12):
            picture = random.integers(low, low + 100, (8, 8)).astype("uint8")
            Image.fromarray(picture).save(root / name / f"{i:02d}.png")
    return f"{root}/a,{root}/b"


def test_of_a_conditional_game_classes_are_measured(tmp_path, capsys):
    generator = kgan.networks.mlp_generator((8, 8, 1), 4, width=6, depth=1, num_classes=10)
    judge = kgan.networks.mlp_discriminator((8, 8, 1), width=6, depth=1, num_classes=10)
    model = kgan.ConditionalGAN(generator, judge, 10, latent_dim=4)
    model.compile(run_eagerly=True)
    data = kgan.data.load("digits", batch_size=8, resolution=8, labels=True)
    model.fit(data, steps_per_epoch=1, epochs=1, verbose=0, callbacks=[Checkpoint(tmp_path)])
    settings = [f"--run_dir={tmp_path}", "--dataset=digits", "--features=raw", "--num=400"]
    assert evaluate(*settings, "--metrics=cas,intra_fid,kid") == 0
    seen = values(capsys.readouterr().out)
    assert set(seen) == {"cas", "intra_fid", "intra_fid_worst", "kid"}
    assert "n_real=400, n_fake=400, ema, digits at 8" in seen["cas"][0]

    # The same by hand.
    reals = kgan.data.load("digits", batch_size=400, resolution=8, labels=True)
    real, labels = next(reals.as_numpy_iterator())
    batches = list(Run(tmp_path).sampler().iter_labelled(400))
    fake, asked = (np.concatenate(part) for part in zip(*batches, strict=True))
    flat = lambda x: x.reshape(len(x), -1)  # noqa: E731
    expected = kgan.metrics.intra_class_distance(flat(real), labels, flat(fake), asked)
    assert seen["intra_fid"][1] == pytest.approx(expected["intra_fid"], rel=1e-3)
    score = kgan.metrics.classification_accuracy(flat(fake), asked, flat(real), labels)
    assert seen["cas"][1] == pytest.approx(score, rel=1e-3)


@pytest.mark.parametrize("game", ["cyclegan", "pix2pix"])
def test_translations_are_compared_with_the_pictures_that_they_are_to_be_like(game, folders, tmp_path, capsys):
    model = made(GAMES[game], run_eagerly=True)
    train = {"steps_per_epoch": 1, "epochs": 1, "verbose": 0, "callbacks": [Checkpoint(tmp_path)]}
    model.fit(dataset(GAMES[game]), **train)
    data = f"{'domains' if game == 'cyclegan' else 'pairs'}:{folders}"
    directions = ["--direction=a_to_b", "--direction=b_to_a"] if game == "cyclegan" else [""]
    for direction in directions:
        argv = [f"--run_dir={tmp_path}", f"--dataset={data}", "--features=raw", "--metrics=kid,precision_recall"]
        assert evaluate(*argv, *filter(None, [direction])) == 0
        part = "a" if "to_a" in direction else "b"
        protocol, value = values(capsys.readouterr().out)["kid"]
        assert f"n_real=12, n_fake=12, ema, {data} {part}" in protocol
        name = direction.removeprefix("--direction=") or None
        loaded = kgan.data.load(data, batch_size=12, shuffle=False)
        both = next(loaded.as_numpy_iterator())
        source, real = both["b" if part == "a" else "a"], both[part]
        fakes = Run(tmp_path).sampler(name).sample(12, images=source).reshape(12, -1)
        assert value == pytest.approx(kgan.metrics.kernel_distance(real.reshape(12, -1), fakes), rel=1e-3)

    for argv, message in (
        (["--dataset=digits"], "this generator translates; wanted pairs:DIR or domains:DIR_A,DIR_B"),
        (["--dataset=" + data, "--metrics=ppl"], "'ppl' goes along normal latents, and this generator has none"),
        (["--dataset=" + data, "--metrics=cas"], "'cas' wants samples of classes that were asked for"),
        (["--dataset=" + data, "--direction=ab"], "direction: unknown name 'ab'"),
    ):
        assert evaluate(f"--run_dir={tmp_path}", "--features=raw", *argv) == 2
        err = capsys.readouterr().err
        assert message in err and err.count("\n") == 1


def test_a_translating_run_is_measured_while_it_is_trained(folders, tmp_path, capsys):
    data = [f"--dataset=pairs:{folders}", "--preset=pix2pix", f"--run_dir={tmp_path}/run"]
    data += ["--width=2", "--batch_size=2", "--epochs=1", "--steps_per_epoch=1"]
    assert main(["train", *data]) == 2  # of 8 x 8 pixels
    err = capsys.readouterr().err
    assert "Pix2Pix's discriminator wants pictures from 16 x 16 on, got 8 x 8" in err and err.count("\n") == 1
    data += ["--resolution=16"]
    measured = ["--metrics=kid", "--features=raw", "--evaluate_every=1"]
    assert main(["train", *data, "--metrics=cas", "--features=raw"]) == 2
    assert "'cas' wants samples of classes that were asked for, by a conditional game" in capsys.readouterr().err
    assert main(["train", *data, *measured]) == 0
    (row,) = Run(tmp_path / "run").evaluations()
    assert row["kid"].n_fake == 12 and row["kid"].data.endswith("b at 16")
