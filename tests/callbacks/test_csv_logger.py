"""CSVLogger: a table that reads back exactly and does not show that the run was interrupted."""

import csv
import json
import math

import keras
import pytest

from kgan.callbacks import CSVLogger
from kgan.checks import InputError
from kgan.runs import Run
from tests.callbacks import tiny


def rows(folder):
    with (folder / "logs.csv").open(newline="") as file:
        return list(csv.reader(file))


class Fake:
    """As much of a model as the logger looks at."""

    def __init__(self, step=0):
        self.step = keras.Variable(step, dtype="int64")


def log(folder, *epochs):
    logger = CSVLogger(folder)
    logger.set_model(Fake())
    logger.on_train_begin()
    for epoch, logs in epochs:
        logger.model.step.assign(10 * (epoch + 1))
        logger.on_epoch_end(epoch, logs)
    return (folder / "logs.csv").read_text()


def test_one_row_an_epoch_exactly(gan, tmp_path):
    history = tiny.fit(gan, [CSVLogger(tmp_path)], epochs=3).history
    table = Run(tmp_path).logs()
    assert list(table) == ["epoch", "step", *sorted(history)]
    assert table["epoch"] == [1, 2, 3] and table["step"] == [4, 8, 12]
    assert all(table[name] == history[name] for name in history)


def test_rows_from_the_epoch_on_are_replaced(tmp_path):
    """A killed run, or a rollback, comes back to epochs that it had logged."""
    first, second, third = ((epoch, {"d_loss": 0.1 + epoch}) for epoch in range(3))
    whole = log(tmp_path / "whole", first, second, third)
    assert whole == "epoch,step,d_loss\n1,10,0.1\n2,20,1.1\n3,30,2.1\n"
    log(tmp_path / "run", first, (1, {"d_loss": 7.0}), (2, {"d_loss": 7.0, "extra": 1.0}))
    assert log(tmp_path / "run", second, third) == whole
    assert log(tmp_path / "run", first) == "epoch,step,d_loss\n1,10,0.1\n"


def test_columns_that_come_and_go(tmp_path):
    text = log(tmp_path, (0, {"b": 1.0}), (1, {"a": 2.0}), (2, {"b": 3.0, "a": math.nan}))
    assert text == "epoch,step,a,b\n1,10,,1.0\n2,20,2.0,\n3,30,nan,3.0\n"
    table = Run(tmp_path).logs()
    assert table["b"][0] == 1.0 and math.isnan(table["a"][0]) and math.isnan(table["b"][1])


def test_names_with_commas_and_numbers_of_all_sizes(tmp_path):
    log(tmp_path, (0, {'a, "b"': 1e-300, "c": -math.inf, "d": 0.1 + 0.2}))
    table = Run(tmp_path).logs()
    assert (table['a, "b"'], table["c"], table["d"]) == ([1e-300], [-math.inf], [0.1 + 0.2])


def test_whole_at_any_time(tmp_path, monkeypatch):
    """The process may die while the new table is written: the old one is then still there."""
    log(tmp_path, (0, {"a": 1.0}))
    monkeypatch.setattr("pathlib.Path.replace", lambda self, target: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        log(tmp_path, (1, {"a": 2.0}))
    assert rows(tmp_path) == [["epoch", "step", "a"], ["1", "10", "1.0"]]


def test_nothing_to_read(tmp_path):
    assert Run(tmp_path).logs() == {}


def test_only_the_chief_writes(tmp_path, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "worker", "index": 1}}))
    logger = CSVLogger(tmp_path / "run")
    logger.set_model(Fake())
    logger.on_epoch_end(0, {"a": 1.0})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("text", ["name,value\nx,1\n", "epoch,step,a\nx,1,2\n", "epoch,step\n1\n"])
def test_another_table_is_left_alone(tmp_path, text):
    (tmp_path / "logs.csv").write_text(text)
    logger = CSVLogger(tmp_path)
    with pytest.raises(InputError, match=r"run_dir: .*logs\.csv' is no table of logs"):
        logger.on_train_begin()
    assert (tmp_path / "logs.csv").read_text() == text
