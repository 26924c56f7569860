"""What a person reads while training goes on; the rest is in logs.csv."""

import re

import pytest

from kgan.callbacks import CSVLogger, ProgressLines
from kgan.runs import Run
from tests.callbacks import tiny


@pytest.mark.parametrize("lines", [True, False])
def test_losses_and_mean_logits_are_shown_and_the_rest_is_logged(tmp_path, capsys, lines):
    tiny.fit(tiny.make(penalties=["r1"]), [CSVLogger(tmp_path), ProgressLines(lines, ["r1"])])
    shown = capsys.readouterr().out
    assert "Epoch 1/2" in shown and "Epoch 2/2" in shown and "4/4" in shown
    told = set(re.findall(r"(\w+): [-\d.]+", shown)) - {"ETA"}  # which Keras 2's bar has
    assert told == {"d_loss", "g_loss", "d_real", "d_fake", "r1"}
    assert {"d_grad_norm", "r_t", "gradient_evaluations"} <= set(Run(tmp_path).logs())


def test_what_the_monitor_measures_is_no_mean_logit():
    logs = {"d_accuracy_real": 1.0, "val_d_real": 1.0, "d2_real": 0.5, "g_r1": 2.0, "fid": 3.0}
    assert set(ProgressLines()._shown(logs)) == {"d2_real"}
    assert set(ProgressLines(also=["fid"])._shown(logs)) == {"d2_real", "fid"}
