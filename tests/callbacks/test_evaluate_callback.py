import keras
import numpy as np
import pytest

from kgan.callbacks import Checkpoint, CSVLogger, Evaluate
from kgan.checks import InputError
from kgan.metrics import Evaluation, Evaluator, Modes, Result
from kgan.runs import Run
from kgan.runs.checkpoints import restore
from kgan.runs.evaluations import read
from tests.callbacks import tiny

NETWORK = Modes(np.array([[1.0, 0.0], [-1.0, 0.0]]), 0.5)


def evaluator(metrics=("fid", "density_coverage")):
    return Evaluator(tiny.points(), NETWORK, metrics, num=32)


def test_logs_file_and_best(gan, start, tmp_path):
    judge = evaluator()
    history = tiny.fit(gan, [Evaluate(tmp_path, judge, every=2), CSVLogger(tmp_path)], epochs=6)
    rows = read(tmp_path)
    assert [(row.epoch, row.step) for row in rows] == [(2, 8), (4, 16), (6, 24)]
    assert history.history["fid"] == [row["fid"].value for row in rows]
    table = Run(tmp_path).logs()
    assert [x for x in table["fid"] if x == x] == history.history["fid"]
    assert all(0 <= row["coverage"].value <= 1 and row["fid"].n_fake == 32 for row in rows)
    best = min(rows, key=lambda row: row["fid"].value)
    (folder,) = (tmp_path / "best" / "checkpoints").iterdir()
    assert folder.name == f"step-{best.step:08d}"
    restore(gan, folder)
    assert judge([gan.sample(32, 0)])["fid"].value == pytest.approx(best["fid"].value)
    tiny.reset(gan, start)
    assert tiny.fit(gan, [], epochs=6).history["d_loss"] == history.history["d_loss"]  # training is not touched


def test_a_run_that_goes_on_remembers_what_was_best(gan, start, tmp_path):
    watch = lambda where: [Checkpoint(where), Evaluate(where, evaluator())]  # noqa: E731
    tiny.fit(gan, watch(tmp_path / "whole"), epochs=4)
    tiny.reset(gan, start)
    tiny.fit(gan, watch(tmp_path / "parts"), epochs=2)
    tiny.reset(gan, start)
    tiny.fit(gan, watch(tmp_path / "parts"), epochs=4)
    assert read(tmp_path / "whole") == read(tmp_path / "parts")
    names = [[path.name for path in (tmp_path / x / "best" / "checkpoints").iterdir()] for x in ("whole", "parts")]
    assert names[0] == names[1]


def test_keras_stops_early_on_a_metric(gan, tmp_path):
    stop = keras.callbacks.EarlyStopping("coverage", mode="max", patience=1, min_delta=2.0)  # never better
    history = tiny.fit(gan, [Evaluate(tmp_path, evaluator()), stop], epochs=6)
    assert len(history.epoch) == 2


class Judge:
    """In place of an evaluator: what it is asked for comes from a list."""

    directions, num, sample_shape = {"fid": "lower"}, 2, (2,)

    def __init__(self, values):
        self.values = iter(values)

    def check_generator(self, generator):
        pass

    def __call__(self, fakes, weights, epoch, step, generator):
        return Evaluation([Result("fid", next(self.values), "raw", 2, 2, weights, better="lower")], None, epoch, step)


@pytest.mark.parametrize("order", [1, -1])
def test_patience_is_in_evaluations_and_over_a_run_that_goes_on(gan, start, tmp_path, order):
    def watch(values):
        return [Checkpoint(tmp_path), Evaluate(tmp_path, Judge(values), every=2, patience=2)][::order]

    tiny.fit(gan, watch([np.nan, 5.0]), epochs=4)
    tiny.reset(gan, start)
    history = tiny.fit(gan, watch([5.0, 6.0]), epochs=20)
    again = tiny.fit(gan, watch([7.0]), epochs=20)  # as the same command does
    assert again.epoch == [] and gan.step.numpy() == 4 * 8
    assert history.epoch[-1] == 7 and [row["fid"].value for row in read(tmp_path)][1:] == [5.0, 5.0, 6.0]
    assert [path.name for path in (tmp_path / "best" / "checkpoints").iterdir()] == ["step-00000016"]
    with pytest.raises(InputError, match="patience: wanted a metric"):
        Evaluate(tmp_path, Judge([]), keep_best="", patience=1)


def test_samples_that_are_not_finite_are_not_measured_and_do_not_end_training(gan, tmp_path, monkeypatch):
    broken = lambda self, num, seed, batch_size: iter([np.full((num, 2), np.nan)])  # noqa: E731
    monkeypatch.setattr("kgan.sampling.Sampler.iter_labelled", broken)
    with pytest.warns(UserWarning, match="epoch 1 is not measured: fakes: wanted finite"):
        tiny.fit(gan, [Evaluate(tmp_path, evaluator())])
    assert gan.step.numpy() == 8 and read(tmp_path) == []


def test_a_damaged_file_is_named_before_training(gan, tmp_path):
    (tmp_path / "evaluations.jsonl").write_text("?\n")
    with pytest.raises(InputError, match="no file of evaluations"):
        tiny.fit(gan, [Evaluate(tmp_path, evaluator())])
    assert gan.step.numpy() == 0


def test_bad_input(gan, tmp_path):
    with pytest.raises(InputError, match="did you mean 'fid'"):
        Evaluate(tmp_path, evaluator(), keep_best="fdi")
    with pytest.raises(InputError, match="every: wanted"):
        Evaluate(tmp_path, evaluator(), every=0)
    other = Evaluator(np.zeros((9, 3)) + np.arange(9)[:, None], NETWORK.__class__(np.eye(3), 1.0), ["fid"])
    with pytest.raises(InputError, match=r"wanted samples of the generator's \(2,\), got \(3,\)"):
        tiny.fit(gan, [Evaluate(tmp_path / "run", other)])
