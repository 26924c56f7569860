"""The ports of other people's scripts: each plays some rounds, and has a third of their lines at most."""

import ast
import importlib.util
import io
import re
import tokenize
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

FOLDER = Path(__file__).parent.parent / "examples" / "ports"
MARK = "# The game.\n"
SOURCES = np.zeros((3, 8, 8, 1), "float32")
# What a sample is asked with, and logs that are the game's own.
PORTS = {
    "ada": ({}, {"aug_p", "kid"}),
    "conditional": ({"labels": [0, 5]}, set()),
    "cyclegan": ({"images": SOURCES}, {"g_cycle", "g_identity", "d_a_loss", "d_b_loss"}),
    "dcgan": ({}, set()),
    "esrgan": ({"images": SOURCES[:, :4, :4]}, {"g_l1", "g_perceptual"}),
    "gaugan": ({"maps": np.eye(2, dtype="float32")[np.zeros((3, 8, 8), int)]}, {"g_kl", "g_judged", "g_seen"}),
    "infogan": ({}, {"information", "g_information"}),
    "molecules": ({}, {"gradient_penalty"}),
    "pix2pix": ({"images": SOURCES}, {"g_l1"}),
    "stylegan": ({}, {"gradient_penalty", "drift"}),
    "wgan_gp": ({}, {"gradient_penalty"}),
}


def text(name):
    return (FOLDER / f"{name}.py").read_text()


def module(name):
    spec = importlib.util.spec_from_file_location(f"ports_{name}", FOLDER / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def lines(code):
    """How many lines have code on them: not blank ones, comments and docstrings."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    firsts = [node.body[0] for node in nodes]
    strings = [node for node in firsts if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    documented = {line for node in strings for line in range(node.lineno, node.end_lineno + 1)}
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    full = {line for t in tokens if t.type not in nothing for line in range(t.start[0], t.end[0] + 1)}
    return len(full - documented)


def test_every_port_is_here():
    assert {path.stem for path in FOLDER.glob("*.py")} == set(PORTS)


@pytest.mark.parametrize("name", PORTS)
def test_a_third_of_their_lines(name):
    """Of game code: what is neither data nor networks, nor this file's own entry."""
    told = re.search(r"^Lines of game code: (.*?); (\d+) here", text(name), re.DOTALL | re.MULTILINE)
    theirs = [int(number) for number in re.findall(r"(\d+) in ", told[1])]
    ours = lines(text(name).split(MARK)[1].split("if __name__")[0])
    assert ours == int(told[2])
    assert 3 * ours <= min(theirs)


@pytest.mark.slow
@pytest.mark.parametrize("name", PORTS)
def test_plays(name, tmp_path, monkeypatch):
    given, own = PORTS[name]
    monkeypatch.chdir(tmp_path)
    gan = module(name).play(epochs=1, steps_per_epoch=2, verbose=0)
    logs = gan.history.history
    assert int(gan.step.numpy()) == 2 and {"g_loss", *own} <= set(logs)
    assert all(np.isfinite(values).all() for values in logs.values())
    samples = gan.sample(2, **given)
    assert shaped(samples) == gan.sampler().sample_shape
    assert all(len(part) == 2 and np.isfinite(part).all() for part in tf.nest.flatten(samples))


def shaped(samples):
    return tuple(map(shaped, samples)) if isinstance(samples, tuple) else samples.shape[1:]


def test_the_page_shows_what_the_files_have():
    page = (FOLDER.parent.parent / "docs" / "from_keras.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 4 and all(any(block in text(name) for name in PORTS) for block in blocks)
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./examples/ports/(\w+)\.py\).*\| ([\d, ]+) \| (\d+) \|$", page, re.MULTILINE)
    assert {link for _, link, _, _ in rows} == set(PORTS)
    for name, link, theirs, ours in rows:
        told = re.search(r"^Lines of game code: (.*?); (\d+) here", text(name), re.DOTALL | re.MULTILINE)
        assert name == link and theirs.split(", ") == re.findall(r"(\d+) in ", told[1]) and ours == told[2]
