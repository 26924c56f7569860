"""Every example runs, with small settings."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kgan.commands import main
from kgan.export import load_generator

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SMALL = {
    "bigan": ["--epochs=1", "--steps_per_epoch=2", "--width=4"],
    "custom_objective": ["--epochs=2", "--steps_per_epoch=2"],
    "custom_penalty": ["--epochs=2", "--steps_per_epoch=2"],
    "keras_workflow": ["--epochs=2", "--width=4", "--examples=128", "--logs={}/logs"],
    "train_flags": ["--epochs=2", "--width=4", "--resolution=8", "--steps_per_epoch=2", "--run_dir={}/run"],
}
# What each shows: a number of its own in the logs, or a line.
SHOWS = {
    "bigan": r"\|G\(E\(x\)\) - x\|: \d\.\d+",
    "custom_objective": r"g_feature_distance: [\d.]+",
    "custom_penalty": r"drift: [\d.e-]+ .* r1: [\d.]+",
    "keras_workflow": r"epochs: 2 logs: d_fake, .*val_r_t\nimages: \(4, 16, 16, 1\)",
    "train_flags": r"exported to .*/run/saved_model/1",
}


SERVED = "serve_generator"  # wants a server: tests/serving/test_client.py has one


def test_every_example_is_here():
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {SERVED} == set(SMALL) == set(SHOWS)


@pytest.mark.parametrize("name", SMALL)
def test_example(name, tmp_path):
    script = EXAMPLES / f"{name}.py"
    assert len(script.read_text().splitlines()) < 80
    flags = [flag.format(tmp_path) for flag in SMALL[name]]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script, *flags], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert re.search(SHOWS[name], done.stdout), done.stdout
    if name == "train_flags":
        assert load_generator(tmp_path / "run" / "saved_model").sample(2).shape == (2, 8, 8, 1)


def test_the_demo_trains(tmp_path, capsys):
    small = ["--resolution=8", "--width=4", "--epochs=1", "--steps_per_epoch=2"]
    assert main(["train", f"--flagfile={EXAMPLES}/demo.txt", f"--run_dir={tmp_path}/demo", *small]) == 0
    assert main(["sample", f"--saved_model={tmp_path}/demo/saved_model", f"--out={tmp_path}/samples.png"]) == 0
    assert capsys.readouterr().err == ""


def test_the_script_in_the_readme_runs(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    script = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert "epochs=20," in script
    exec(script.replace("epochs=20,", "epochs=1, steps_per_epoch=1,"), {})
    assert load_generator("saved_models/a").sample_shape == (28, 28, 1)
    assert (tmp_path / "runs/a/samples/epoch-0001.png").exists()
