"""Batch normalisation over several replicas is that over the whole batch on one, in gradients of both orders too."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("replicas_script.py")
ROOT = SCRIPT.parents[2]


@pytest.mark.slow
def test_two_replicas_are_one(tmp_path):
    runs, env = [], {**os.environ, "PYTHONPATH": str(ROOT)}
    for devices in (1, 2):
        out = tmp_path / f"{devices}.npz"
        subprocess.run([sys.executable, SCRIPT, out, str(devices)], cwd=ROOT, env=env, check=True)
        runs.append(np.load(out))
    assert len(runs[0].files) == 6
    assert [run["all_reduces"] for run in runs] == [0, 2]  # one, and one on the way back
    for name in set(runs[0].files) - {"all_reduces"}:
        np.testing.assert_allclose(runs[1][name], runs[0][name], rtol=1e-10, atol=1e-12, err_msg=name)
