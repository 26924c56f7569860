"""`kgan train`, `sample` and `export`: a run's folder from its beginning to its pictures."""

import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.commands import main, run
from kgan.export import load_generator
from kgan.runs import Run
from kgan.runs.checkpoints import latest, networks
from tests.forked import python

TINY = ["--resolution=8", "--width=4", "--latent_dim=3", "--steps_per_epoch=3", "--ema_decay=0.5"]


def train(folder, *more):
    return main(["train", f"--run_dir={folder}", *TINY, *more])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two epochs; look, do not touch."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert train(folder, "--epochs=2") == 0
    return folder


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Runs a command that has to fail with one line, and leave nothing but what it found; returns the line."""
    monkeypatch.chdir(tmp_path)

    def refused(*argv):
        before = sorted(tmp_path.rglob("*"))
        status = main(argv)
        err = capsys.readouterr().err
        assert status == 2 and err.count("\n") == 1, err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return refused


def test_init_from_says_what_fits_and_begins_with_it(finished, tmp_path, capsys, refused):
    source, folder = f"--init_from={finished}", tmp_path / "transferred"
    assert train(folder, source, "--freeze=1", "--epochs=1", "--bare") == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"from {finished}, g: 7 of 7 variables" in lines and f"from {finished}, d: 4 of 4 variables" in lines
    ours, theirs = (dict(networks(latest(one))["d"]) for one in (folder, finished))
    first, second = [name for name in ours if name.endswith("kernel")]
    assert np.array_equal(ours[first], theirs[first]) and not np.array_equal(ours[second], theirs[second])
    shutil.rmtree(folder)
    wider = ["train", f"--run_dir={tmp_path}/other", "--resolution=8", "--width=5", source]
    assert "init_from: no weights of" in refused(*wider)


@pytest.mark.slow
def test_a_run_end_to_end_shows_only_its_own_lines(tmp_path):
    unset = ("TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "kgan", "train", f"--run_dir={tmp_path}/run", *TINY, "--epochs=1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "gan on digits: 1,797 samples of 8 x 8 x 1, 28 batches of 64 an epoch, 1 a round"
    assert lines[1:3] == ["dcgan_generator: 273 parameters", "dcgan_discriminator: 133 parameters"]
    assert lines[3].startswith("3/3 - ")
    assert lines[-1] == f"next: kgan sample --run_dir={tmp_path}/run"
    files = {
        ".lock",
        "flags.txt",
        "logs.csv",
        "curves.png",
        "samples",
        "logs",
        "checkpoints",
        "saved_model",
        "report.html",
    }
    assert {path.name for path in (tmp_path / "run").iterdir()} == files


def test_a_bare_run_is_the_same_run_and_is_exported_when_asked(finished, tmp_path):
    folder = tmp_path / "run"
    assert train(folder, "--epochs=2", "--bare") == 0
    assert {path.name for path in folder.iterdir()} == {".lock", "flags.txt", "logs.csv", "checkpoints"}
    assert (folder / "logs.csv").read_bytes() == (finished / "logs.csv").read_bytes()
    assert train(folder, "--epochs=2") == 0
    assert {"saved_model", "report.html", "curves.png"} <= {path.name for path in folder.iterdir()}


MIRRORED = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from kgan.commands import main
sys.exit(main(sys.argv[1:]))
"""


def test_two_devices_make_the_run_of_one(finished, tmp_path):
    script, run = tmp_path / "mirrored.py", tmp_path / "run"
    script.write_text(MIRRORED)
    python(script, "train", f"--run_dir={run}", *TINY, "--epochs=2", "--bare", "--strategy=mirrored")
    one, two = Run(finished).logs(), Run(run).logs()
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(two[name], one[name], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(*(Run(folder).sampler().sample(3) for folder in (finished, run)), atol=1e-5)


def test_flagfile_repeats_the_run(finished, tmp_path):
    flags = (finished / "flags.txt").read_text().splitlines()
    assert {"--seed=0", "--epochs=2", "--width=4", "--preset=gan"} <= set(flags)
    assert not any("loss" in flag for flag in flags)  # left to the preset
    assert main(["train", f"--flagfile={finished}/flags.txt", f"--run_dir={tmp_path}/again"]) == 0
    for name in ("logs.csv", "samples/epoch-0002.png"):
        assert (tmp_path / "again" / name).read_bytes() == (finished / name).read_bytes(), name


@pytest.mark.slow
def test_the_same_command_goes_on_also_when_it_was_killed_as_it_exported(finished, tmp_path, capsys):
    """Its epochs are all done: the first time there is no version yet, later the newest is of another generator."""
    folder = tmp_path / "run"
    model = folder / "saved_model"
    for epochs, version in ((1, "1"), (2, "2")):  # more epochs are no other run
        assert train(folder, f"--epochs={epochs}") == 0
        assert ("resuming at epoch 2, step 0\n" in capsys.readouterr().out) == (epochs == 2)
        wanted = load_generator(model / version).sample(2)
        (model / version).rename(model / ".writing-killed")
        assert train(folder, f"--epochs={epochs}") == 0
        out = capsys.readouterr().out
        assert f"trained up to epoch {epochs} before; a higher --epochs goes on" in out
        assert f"/saved_model/{version}\n" in out
        np.testing.assert_array_equal(load_generator(model / version).sample(2), wanted)
        assert not (model / ".writing-killed").exists()
    assert (folder / "logs.csv").read_bytes() == (finished / "logs.csv").read_bytes()
    assert "--epochs=2" in (folder / "flags.txt").read_text()
    assert sorted(path.name for path in model.iterdir()) == ["1", "2"]


def test_an_interrupted_run_goes_on_in_the_middle_of_an_epoch(finished, tmp_path, capsys, monkeypatch):
    def interrupt(callback, batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    flags = (tmp_path / "run", "--epochs=2", "--checkpoint_steps=1", "--bare")
    with monkeypatch.context() as patch:
        patch.setattr("kgan.callbacks.CSVLogger.on_train_batch_end", interrupt)
        assert train(*flags) == 130
    assert train(*flags) == 0
    out, err = capsys.readouterr()
    assert err == "kgan train: interrupted\n" and "resuming at epoch 1, step 1\n" in out
    assert (tmp_path / "run" / "logs.csv").read_bytes() == (finished / "logs.csv").read_bytes()


def test_another_run_does_not_go_on_in_its_folder(finished, tmp_path, refused):
    folder = shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "a.png").mkdir()
    line = refused("sample", f"--run_dir={folder}", f"--out={tmp_path}/a.png")
    assert line.startswith(f"kgan sample: out: {tmp_path}/a.png is a folder")
    for flag in ("--seed=1", "--loss=hinge", "--penalty=r1", "--steps_per_epoch=4", "--jit_compile"):
        name = flag[2:].split("=")[0]
        line = refused("train", f"--run_dir={folder}", *TINY, flag)
        assert line.startswith(f"kgan train: {name}: the run in {folder} has "), line
    (folder / "flags.txt").write_text("--gone=1\n")
    assert "flags.txt' is no file of flags: Unknown command line flag 'gone'" in refused("train", f"--run_dir={folder}")


def test_a_folder_without_a_checkpoint_is_free(tmp_path):
    (tmp_path / "flags.txt").write_text("--seed=5\n--run_dir=x\n")
    assert train(tmp_path, "--epochs=1", "--bare") == 0
    assert "--seed=0" in (tmp_path / "flags.txt").read_text()


def test_compile_gets_what_the_flags_say(monkeypatch, tmp_path):
    seen = {}

    def fit(gan, dataset, **arguments):
        seen.update(vars(gan), dataset=dataset, arguments=arguments, average=gan.average)
        seen.update(d_optimizer=gan.d_optimizer, g_optimizer=gan.g_optimizer, sampler=gan.sampler())
        arguments["callbacks"][1].failed = True  # the guard's: there is nothing to export or report
        return keras.callbacks.History()

    monkeypatch.setattr("kgan.models.GAN.fit", fit)
    flags = ["--preset=wgan", "--dataset=ring", "--loss=least_squares(a=-1, b=1, c=0)", "--clip_value=0.5"]
    flags += ["--penalty=r1(gamma=3)", "--penalty=r2", "--n_critic=2", "--ema_decay=0", "--seed=4", "--batch_size=8"]
    flags += ["--d_optimizer=adam(learning_rate=0.25, beta_1=0)", "--g_optimizer=sgd", "--steps_per_execution=2"]
    main(["train", f"--run_dir={tmp_path}/run", "--epochs=7", "--steps_per_epoch=4", *flags])
    assert (seen["adversarial_loss"].a, seen["clip_value"], seen["n_critic"], seen["seed"]) == (-1, 0.5, 2, 4)
    assert [(penalty.name, penalty.gamma) for penalty in seen["penalties"]] == [("r1", 3), ("r2", 10.0)]
    adam = seen["d_optimizer"]
    assert (float(adam.learning_rate), adam.beta_1, type(seen["g_optimizer"]).__name__) == (0.25, 0, "SGD")
    assert seen["average"].decay == 0 and seen["dataset"].stream.batch_size == 8
    assert seen["generator"].name == "mlp_generator" and seen["sampler"].latent_dim == 2
    assert (seen["arguments"]["epochs"], seen["arguments"]["steps_per_epoch"]) == (7, 4)


@pytest.mark.parametrize(
    ("preset", "network", "names"),
    [
        ("gan", None, ("dcgan", False)),
        ("wgan_gp", "dcgan", ("dcgan", False)),
        ("wgan_gp", "sngan", ("sngan", False)),
        ("gan", "sngan", ("sngan", True)),
        ("sngan", None, ("sngan", True)),
        ("sngan", "dcgan", ("dcgan", True)),
        ("sngan", "mlp", ("mlp", True)),
    ],
)
def test_build_chooses_networks_that_suit_the_preset(preset, network, names):
    dataset, gan = run.build(preset, resolution=8, network=network, width=4, batch_size=4)
    spectral = any("power_iteration" in dir(layer) for layer in gan.discriminator.layers)
    assert (gan.discriminator.name, spectral) == (f"{names[0]}_discriminator", names[1])
    assert dataset.element_spec.shape == (4, 8, 8, 1)


def test_build_is_a_function_of_its_arguments():
    weights = [run.build(resolution=8, width=4, seed=seed)[1].generator.get_weights()[0] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])
    run.build(resolution=8, width=4, policy="mixed_bfloat16")
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_points_are_trained_sampled_and_exported(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = ["--width=4", "--epochs=1", "--steps_per_epoch=2", "--bare"]
    assert main(["train", "--dataset=ring", "--run_dir=r", *small]) == 0
    assert main(["sample", "--run_dir=r", "--out=points.png"]) == 0
    assert (tmp_path / "points.png").read_bytes().startswith(b"\x89PNG")
    assert main(["export", "--run_dir=r"]) == 0
    assert capsys.readouterr().out.endswith("saved_models/r/1\n")
    assert main(["sample", "--run_dir=r", "--out=points"]) == 2
    assert "points are drawn into one picture" in capsys.readouterr().err


def test_the_report_is_written_at_the_end_and_again_when_asked_for(finished, tmp_path, capsys):
    page = finished / "report.html"
    text = page.read_text()
    assert all(part in text for part in ('id="slider"', 'id="neighbours"', 'id="curves"', "steps_per_epoch"))
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    (run / "report.html").unlink()
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr().out == f"look at: {run}/report.html\n"
    name = lambda page: page.replace(">finished<", ">run<").replace(">finished –", ">run –")  # noqa: E731
    assert (run / "report.html").read_text() == name(text)


def test_a_game_that_has_not_grown_yet_is_reported_beside_reals_as_small(tmp_path):
    small = ["--resolution=8", "--width=4", "--batch_size=8", "--epochs=1", "--steps_per_epoch=2"]
    judged = ["--metrics=fid", "--features=raw", "--evaluate_every=1", "--evaluate_num=50"]  # as large as the data
    assert main(["train", f"--run_dir={tmp_path}/run", "--preset=progressive", *small, *judged]) == 0
    assert Run(f"{tmp_path}/run").sampler().sample_shape == (4, 4, 1)
    assert "nearest" in (tmp_path / "run/report.html").read_text()


def test_where_the_game_stands_is_kept(tmp_path):
    assert train(tmp_path / "run", "--epochs=1", "--equilibrium_every=1") == 0
    assert (tmp_path / "run" / "equilibrium.csv").read_text().count("\n") == 4
    assert "The game after 3 rounds" in (tmp_path / "run" / "report.html").read_text()


def test_metrics_while_training(tmp_path):
    flags = ["--features=random_projection", "--evaluate_every=1", "--evaluate_num=100"]
    assert train(tmp_path / "run", "--epochs=2", "--metrics=fid, precision_recall", *flags) == 0
    logs = Run(tmp_path / "run").logs()
    assert {"fid", "precision", "recall"} <= set(logs) and np.isfinite(logs["fid"]).all()
    told = [json.loads(line) for line in (tmp_path / "run" / "evaluations.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in told] == [1, 2]
    assert latest(tmp_path / "run" / "best") is not None
    # Another look at the same run is the same run: what measures is not part of it.
    assert train(tmp_path / "run", "--epochs=3", "--bare") == 0


def test_a_generator_that_shows_one_mode_stops_the_run(tmp_path, capsys):
    flags = ["--dataset=ring", "--width=8", "--latent_dim=4", "--epochs=1", "--steps_per_epoch=2500"]
    flags += ["--g_optimizer=sgd(learning_rate=0.0)", "--steps_per_execution=250", "--alarm=stop"]
    assert main(["train", f"--run_dir={tmp_path}/run", *flags]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert "collapse after 2250 rounds: samples" in lines[0] and "Training stops. Try" in lines[0]
    assert lines[-1].endswith("training stopped before its end, for the reason above")
    assert (tmp_path / "run" / "collapse.csv").exists() and (tmp_path / "run" / "alarms.jsonl").exists()
    assert "Collapse after 2,250 rounds" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_that_gets_no_better_ends_well(tmp_path, capsys):
    flags = ["--dataset=ring", "--width=8", "--latent_dim=4", "--epochs=9", "--steps_per_epoch=2", "--ema_decay=0"]
    flags += ["--g_optimizer=sgd(learning_rate=0.0)", "--metrics=fid", "--evaluate_every=1", "--evaluate_num=100"]
    assert main(["train", f"--run_dir={tmp_path}/run", *flags, "--evaluate_patience=2"]) == 0
    assert "fid: no better in 2 evaluations, training ends" in capsys.readouterr().out
    assert len((tmp_path / "run" / "logs.csv").read_text().splitlines()) == 1 + 3
    assert (tmp_path / "run" / "saved_model" / "1").exists()


@pytest.mark.parametrize("policy", ["stop", "rollback"])
def test_a_run_that_breaks_says_so(tmp_path, capsys, policy):
    assert train(tmp_path / "run", "--d_optimizer=sgd(learning_rate=1e38)", f"--non_finite={policy}") == 2
    lines = capsys.readouterr().err.splitlines()
    assert "not finite after step 1: training stops" in lines[0]
    assert lines[0].endswith("lower the learning rates")
    assert lines[-1].endswith("training stopped before its end, for the reason above")
    assert not (tmp_path / "run" / "saved_model").exists()
    assert train(tmp_path / "run", "--epochs=1", "--bare") == 0  # with other flags: nothing to go on with


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--preset=wgn"], "preset: unknown name 'wgn'; did you mean 'wgan'?"),
        (["--network=dcgn"], "network: unknown name 'dcgn'; did you mean 'dcgan'?"),
        (["--dataset=digit"], "dataset: unknown name 'digit'; did you mean 'digits'?"),
        (["--loss=hing"], "loss: unknown name 'hing'; did you mean 'hinge'?"),
        (["--penalty=r1(gama=1)"], "penalties: 'r1(gama=1)': "),
        (["--update=alternate"], "update: unknown name 'alternate'; did you mean 'alternating'?"),
        (["--d_optimizer=adan"], "d_optimizer: unknown name 'adan'; did you mean 'adam'?"),
        (["--g_optimizer=adam(lr=1)"], "g_optimizer: 'adam(lr=1)': Argument(s) not recognized: {'lr': 1}"),
        (["--g_optimizer=adam(1e-4"], "g_optimizer: cannot read 'adam(1e-4'"),
        (["--ema_decay=1"], "ema_decay: wanted a number in [0, 1), a schedule or None, got 1.0"),
        (["--pack=2"], "pack: wanted it with --preset=packed, got 2 with 'gan'"),
        (["--hear=max"], "hear: wanted it with --preset=multi_discriminator or d2gan, got 'max' with 'gan'"),
        (["--preset=packed", "--pack=3"], "batch_size: 64 samples cannot be made into packs of 3"),
        (["--clip_value=1"], "clip_value: only the preset 'wgan' clips weights, got preset 'gan'"),
        (["--batch_size=5000"], "batch_size: got 5000, wanted at most 1797"),
        (["--width=2000000"], "width: networks of width 2,000,000 take 119,209 GiB, this machine has "),
        (["--latent_dim=2000000000"], "latent_dim: latents of 2,000,000,000 numbers take 1,907 GiB, this machine has "),
        (["--resolution=9"], "image_shape: 9 x 9 cannot be halved"),
        (["--resolution=64x"], "resolution: got '64x', wanted a side or (height, width) in pixels, 64 or 64x96"),
        (["--resolution=99999"], "resolution: got '99999', wanted a side or (height, width) in pixels"),
        (["--dataset=domains:runs"], "dataset: got one folder, runs; wanted two: domains:DIR_A,DIR_B"),
        (["--evaluate_patience=2"], "evaluate_patience: wanted --metrics too"),
        (["--features=clasifier"], "features: unknown name 'clasifier'; did you mean 'classifier'?"),
        (["--metrics=fid,modes"], "metrics: 'modes' wants data with known modes (ring or grid), got 'digits'"),
        (["--strategy=multi_worker"], "strategy: 'multi_worker' wants the environment variable TF_CONFIG"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(refused, flags, message):
    assert f"kgan train: {message}" in refused("train", "--run_dir=run", *flags)


def test_samples_of_a_run_and_of_its_export_are_the_same(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exported = load_generator(finished / "saved_model")
    np.testing.assert_allclose(
        exported.sample(5, seed=2),
        load_generator(finished / "saved_model" / "1")(latents=kgan.random.normal((5, 3), kgan.random.key(2))),
    )
    assert main(["sample", f"--run_dir={finished}", "--num=9", "--seed=3", "--out=a.png"]) == 0
    assert main(["sample", f"--saved_model={finished}/saved_model", "--num=9", "--seed=3", "--out=b.png"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert main(["sample", f"--saved_model={finished}/saved_model/1", "--num=3", "--seed=3", "--out=deep/many"]) == 0
    assert capsys.readouterr().out.endswith(f"3 samples of {finished}/saved_model/1: deep/many\n")
    images = [tf.io.decode_png((tmp_path / f"deep/many/{n:04d}.png").read_bytes()) for n in range(3)]
    expected = np.rint((exported.sample(3, seed=3) + 1) * 127.5)
    np.testing.assert_allclose(np.stack(images), expected, atol=1)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["many"]


def test_sample_looks_for_the_generator_that_ships(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", f"--run_dir={finished}", "--out=saved_models/digits", "--version=3"]) == 0
    assert main(["sample"]) == 0
    assert capsys.readouterr().out == "saved_models/digits/3\n64 samples of saved_models/digits: samples.png\n"


def test_an_export_says_what_it_is_and_how_it_is_served(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", f"--run_dir={finished}", "--out=m/my_digits", "--weights=bfloat16", "--deploy=d"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written[0] == "m/my_digits/1" and set(written[1:]) == {str(path.relative_to(tmp_path)) for path in
                                                                   (tmp_path / "d").iterdir()}  # fmt: skip
    card = json.loads((tmp_path / "m/my_digits/1/assets.extra/model_card.json").read_text())
    newest = Run(finished).newest()
    assert (card["data"], card["weights"], card["step"]) == ("digits", "bfloat16", newest["step"])
    assert card["data_licence"].startswith("CC BY 4.0") and card["averaged"] == (newest["weights"] == "ema")
    assert "value: 1" in (tmp_path / "d/models.config").read_text()
    kept = json.loads((finished / "saved_model/1/assets.extra/model_card.json").read_text())
    assert (kept["data"], kept["weights"]) == ("digits", "float32")


def test_what_cannot_be_sampled_or_exported(finished, refused, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").touch()
    for argv, message in [
        (["sample"], "run_dir: wanted --run_dir=DIR or --saved_model=DIR (there is no saved_models/digits here)"),
        (["sample", "--run_dir=a", "--saved_model=b"], "saved_model: wanted --run_dir or --saved_model, got both"),
        (["sample", "--run_dir=absent"], "run_dir: there is no folder absent"),
        (["sample", "--run_dir=full"], "run_dir: full holds no checkpoint yet"),
        (["sample", "--saved_model=absent"], "path: there is no absent"),
        (["sample", "--saved_model=full"], "path: full holds no SavedModel"),
        (["sample", f"--run_dir={finished}", "--out=full"], "out: full exists; wanted a new or empty folder"),
        (["export", "--run_dir=full"], "run_dir: full holds no checkpoint yet"),
        (["export", f"--run_dir={finished}", f"--out={finished}/saved_model", "--version=1"], "version: "),
    ]:
        line = refused(*argv)
        assert f"kgan {argv[0]}: {message}" in line
    damaged = tmp_path / "checkpoints" / "step-00000001"
    damaged.mkdir(parents=True)
    shutil.copy(next(finished.glob("checkpoints/*/samplers.json")), damaged)
    (damaged / "generator.keras").write_bytes(b"no archive")
    assert f"run_dir: {damaged.relative_to(tmp_path)}/generator.keras cannot be read" in refused(
        "export", "--run_dir=."
    )


def test_the_run_is_as_the_flags_say(finished):
    assert latest(finished).name == "step-00000006"
    assert Run(finished).logs()["step"] == [3, 6]


def test_pictures_of_two_sides(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "pictures").mkdir()
    random = np.random.default_rng(0)
    for i in range(8):
        Image.fromarray(random.integers(0, 256, (6, 9, 3), "uint8")).save(tmp_path / "pictures" / f"{i}.png")
    sides = ["--resolution=4x8", "--network=mlp", "--batch_size=4", "--width=4", "--steps_per_epoch=2", "--epochs=1"]
    folder = tmp_path / "run"
    assert main(["train", f"--run_dir={folder}", f"--dataset=images:{tmp_path}/pictures", *sides]) == 0
    out, err = capsys.readouterr()
    assert "8 samples of 4 x 8 x 3" in out and err == "" and (folder / "report.html").exists()
    assert main(["train", f"--run_dir={tmp_path}/pair", f"--dataset=pairs:{tmp_path}/pictures"]) == 2
    assert "/0.png is 9 pixels wide; wanted two halves" in capsys.readouterr().err
    for i in range(8):
        Image.new("RGB", (8, 4)).save(tmp_path / "pictures" / f"{i}.png")
    assert main(["train", f"--run_dir={tmp_path}/pair", f"--dataset=pairs:{tmp_path}/pictures", "--batch_size=4"]) == 2
    assert "dataset: GAN is played on single samples, got a structure of {'a': (4, 4, 3)" in capsys.readouterr().err
    assert not (tmp_path / "pair").exists()
