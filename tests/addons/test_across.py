"""A checkpoint written on one stack is gone on with on the other."""

import json
import shutil
import sys

import numpy as np
import pytest

from tests.addons import newer

PYTHONS = {"older": sys.executable, "newer": newer.PYTHON}


def script(stack, *arguments):
    newer.run("-m", "tests.addons.across_script", *arguments, python=PYTHONS[stack])


@pytest.mark.parametrize(("writer", "other"), [("older", "newer"), ("newer", "older")])
def test_a_wgan_gp_goes_on_in_the_other_stack(writer, other, tmp_path):
    """Weights, average, step, Adam's slots and RMSprop's, whose rate is a schedule's: as if it had stayed."""
    script(writer, "play", tmp_path / "run", tmp_path / "begun.npz")
    results = {}
    for stack in (writer, other):
        folder = shutil.copytree(tmp_path / "run", tmp_path / stack)
        script(stack, "play", folder, tmp_path / f"{stack}.npz")
        results[stack] = dict(np.load(tmp_path / f"{stack}.npz"))
    stayed, went = results[writer], results[other]
    assert stayed.keys() == went.keys() and stayed["step"] == went["step"] == 20
    for name, value in stayed.items():
        near = 1e-5 if name in ("average", "generator", "discriminator") else 1e-3
        np.testing.assert_allclose(went[name], value, rtol=near, atol=near, err_msg=name)
    moved = np.abs(stayed["after_generator"] - stayed["generator"]).max()
    assert moved > 0.01 and len(stayed["log_d_loss"]) == 10


def both(what, tmp_path):
    """What the script finds in the older stack and in the newer one."""
    for stack in PYTHONS:
        script(stack, what, tmp_path / f"{stack}.json")
    older, newer = (json.loads((tmp_path / f"{stack}.json").read_text()) for stack in PYTHONS)
    assert older.keys() == newer.keys() and len(older) >= 10
    return older, newer


def test_every_games_variables_are_in_the_same_order(tmp_path):
    older, newer = both("state", tmp_path)
    # Keras 3 takes the layers of two lists in the order in which they were appended, Keras 2 list by list: refused.
    shapes = [[shape for _, shape, _ in found.pop("progressive")] for found in (older, newer)]
    assert shapes[0] != shapes[1]
    for game, variables in older.items():
        assert variables == newer[game], game


def test_what_optimizers_keep_is_in_the_same_order_and_means_the_same(tmp_path):
    older, newer = both("optimizers", tmp_path)
    # Keras 2's Nadam keeps a product beside its variables, and a loss scale is kept in another form: a checkpoint with
    # these is refused, for their shapes or number.
    for name in ("nadam", "scaled"):
        assert list(map(np.shape, older.pop(name))) != list(map(np.shape, newer.pop(name)))
    for name, values in older.items():
        assert len(values) == len(newer[name]), name
        for one, other in zip(values, newer[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, err_msg=name)
