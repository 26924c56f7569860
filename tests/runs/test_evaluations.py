import numpy as np
import pytest

from kgan.checks import InputError
from kgan.metrics import Evaluation, Result
from kgan.runs import evaluations
from kgan.runs.evaluations import read, record

RESULT = Result("fid", 7.3123, "classifier-3f2a", 10000, 5000, "ema", "none", 0.0523, 0.4211, "lower")
CLASSES = {"names": ["a", "b"], "real": [0.5, 0.5], "fake": [0.25, 0.75]}


def test_a_result_reads_back_as_it_was(tmp_path):
    known = Result("modes", 8.0, "modes-3f2a", 10, 20, "ema", error=float("nan"), perfect=8.0, hash="3f2a", data="ring")
    infinite = Result("reverse_kl", np.inf, "modes-3f2a", 10, 20, "ema")
    record(tmp_path, Evaluation([RESULT, infinite], CLASSES, 1, 10))
    assert read(tmp_path) == [Evaluation([RESULT, infinite], CLASSES, 1, 10)]
    record(tmp_path, Evaluation([known], None, 2, 20))
    assert str(read(tmp_path)[1]["modes"]) == str(known)


def test_the_file_of_a_run_keeps_epochs_in_order_and_protocols_apart(tmp_path):
    other = Result("fid", 9.0, "raw-1111", 10, 10, "ema")
    better = Result("fid", 6.0, "classifier-3f2a", 10000, 5000, "ema")
    assert read(tmp_path) == []
    record(tmp_path, Evaluation([RESULT], None, 2, 20))
    record(tmp_path, Evaluation([RESULT], None, 1, 10))
    record(tmp_path, Evaluation([other], CLASSES, 2, 20))
    record(tmp_path, Evaluation([better], None, 2, 20))
    rows = read(tmp_path)
    assert [row.epoch for row in rows] == [1, 2] and rows[1].results == [other, better]
    assert rows[1].classes == CLASSES and rows[0]["fid"] == RESULT
    elsewhere = Result("fid", 8.0, "classifier-3f2a", 10000, 5000, "ema", data="digits test")
    record(tmp_path, Evaluation([elsewhere], None, 2, 25))  # later in that epoch, and of other reals
    assert [(row.step, len(row.results)) for row in read(tmp_path)] == [(10, 1), (20, 2), (25, 1)]
    record(tmp_path, Evaluation([RESULT], None, 1, 10), later=False)
    assert [row.epoch for row in read(tmp_path)] == [1]


def test_an_epoch_that_was_stopped_in_the_middle_gives_way_to_the_whole_one(tmp_path):
    record(tmp_path, Evaluation([RESULT], None, 1, 10))
    record(tmp_path, Evaluation([RESULT], None, 2, 15), later=False)
    record(tmp_path, Evaluation([RESULT], None, 2, 20), later=False)
    assert [(row.epoch, row.step) for row in read(tmp_path)] == [(1, 10), (2, 20)]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "{}",
        '{"results": [{"metric": "fid"}]}',
        '{"results": [{"metric": "fid", "value": "x", "network": "", "n_real": 1, "n_fake": 1, "weights": ""}]}',
        '{"results": [], "epoch": "one"}',
        '{"results": [], "classes": {"names": ["a"]}}',
        '{"results": [], "classes": {"names": ["a"], "real": [0.1, 0.2], "fake": [1]}}',
        '{"results": [], "classes": {"names": ["a"], "real": ["x"], "fake": [1]}}',
        "[" * 9999,
    ],
)
def test_a_damaged_line_is_named(tmp_path, line):
    (tmp_path / evaluations.FILE).write_text(line + "\n")
    with pytest.raises(InputError, match=r"evaluations\.jsonl' is no file of evaluations: ") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)
