"""Losses that look at a whole batch do not depend on how many replicas share it."""

import pathlib

import numpy as np

from tests.forked import python


def test_values_and_gradients_are_those_of_one_replica(tmp_path):
    out, script = tmp_path / "out.npz", pathlib.Path(__file__).with_name("replicas_script.py")
    python(script, out)
    results = np.load(out)
    compared = [name for name in results if name.startswith("one")]
    assert len(compared) == 16
    for name in compared:
        np.testing.assert_allclose(results[name.replace("one", "two")], results[name], atol=1e-6, err_msg=name)
        assert "gradient" not in name or np.abs(results[name]).max() > 0.01
