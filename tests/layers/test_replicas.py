"""Batch normalisation over several replicas is that over the whole batch on one, in gradients of both orders too."""

import pathlib

import numpy as np
import pytest

from tests.forked import python

SCRIPT = pathlib.Path(__file__).with_name("replicas_script.py")


@pytest.mark.slow
def test_two_replicas_are_one(tmp_path):
    runs = []
    for devices in (1, 2):
        out = tmp_path / f"{devices}.npz"
        python(SCRIPT, out, devices)
        runs.append(np.load(out))
    assert len(runs[0].files) == 6
    assert [run["all_reduces"] for run in runs] == [0, 2]  # one, and one on the way back
    for name in set(runs[0].files) - {"all_reduces"}:
        np.testing.assert_allclose(runs[1][name], runs[0][name], rtol=1e-10, atol=1e-12, err_msg=name)
