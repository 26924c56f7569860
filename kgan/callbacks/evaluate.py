"""Metrics while training, and the best of its checkpoints."""

import contextlib
import os
from collections.abc import Sequence

import keras
import numpy as np

from kgan.callbacks.base import RunCallback
from kgan.callbacks.snapshot import BrokenState, keep_only
from kgan.checks import InputError, unknown, whole
from kgan.distribute import is_chief
from kgan.metrics.evaluation import Evaluator
from kgan.metrics.result import Evaluation, Result, read, record

BEST = "best"


class Evaluate(RunCallback):
    """Each `every` epochs, the metrics of samples of the averaged generator.

    They go to the logs of the epoch by their names (fid, recall, ...), for the callbacks after this one in the list:
    `CSVLogger`, or, with `every=1`, Keras's `EarlyStopping(monitor="fid", mode="min")`; with their protocol to
    RUN/evaluations.jsonl. The checkpoint of the best epoch so far stays in RUN/best, a run's folder of its own: `kgan
    sample --run_dir=RUN/best`. Training is not touched, but for its end.

    Args:
        run_dir: the run's folder.
        evaluator: the reals, the network and the metrics.
        every: epochs between two evaluations.
        seed: of the latents, the same each time.
        keep_best: by which metric; default the evaluator's first. "" keeps none.
        patience: end training when so many evaluations in a row were no better than the best before them, by
            `keep_best`; also over a run that was stopped and goes on. Default: never.

    Raises:
        InputError: for an argument out of its range, or `patience` without `keep_best`; in `fit`, for samples that are
            not of the reals' shape, or evaluations of an earlier run that cannot be read.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike,
        evaluator: Evaluator,
        every: int = 1,
        seed: int = 0,
        keep_best: str | None = None,
        patience: int | None = None,
    ) -> None:
        super().__init__(run_dir)
        self.evaluator, self.every, self.seed = evaluator, whole("every", every), whole("seed", seed, least=0)
        known = [name for name, direction in evaluator.directions.items() if direction]
        self.keep_best = (known[0] if known else "") if keep_best is None else keep_best
        if self.keep_best and self.keep_best not in known:
            raise unknown("keep_best", self.keep_best, known)
        self.patience = None if patience is None else whole("patience", patience)
        if self.patience and not self.keep_best:
            raise InputError("patience: wanted a metric to go by, got keep_best=''")

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        shape = model.sample(1).shape[1:]
        if shape != self.evaluator.sample_shape:
            raise InputError(f"reals: wanted samples of the generator's {shape}, got {self.evaluator.sample_shape}")

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._evaluations = read(self.run_dir)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        weights = "raw" if self.model.average is None else "ema"
        fakes = self.model.iter_samples(self.evaluator.num, self.seed)
        evaluation = self.evaluator(fakes, weights, epoch + 1, int(self.model.step.numpy()), self.model)
        if logs is not None:
            logs.update({result.metric: result.value for result in evaluation.results})
        self._evaluations = [old for old in self._evaluations if old.epoch <= epoch] + [evaluation]
        if is_chief():
            record(self.run_dir, evaluation, later=False)
        if not self.keep_best:
            return
        since = _since_best(self._evaluations, evaluation[self.keep_best])
        if since == 0 and is_chief():
            with contextlib.suppress(BrokenState):
                keep_only(self.model, self.run_dir / BEST)
        if self.patience is not None and since >= self.patience:
            self.model.stop_training = True
            print(f"{self.keep_best} was best {since} evaluations ago: training ends; {BEST}/ has that checkpoint")


def _since_best(evaluations: Sequence[Evaluation], new: Result) -> int:
    """How many evaluations ago the best one was, of those with the metric and protocol of `new`, which is the last."""
    sign = -1 if new.better == "lower" else 1
    results = (result for evaluation in evaluations for result in evaluation.results)
    values = [sign * r.value for r in results if (r.metric, r.protocol) == (new.metric, new.protocol)]
    values = np.nan_to_num(values, nan=-np.inf)
    return len(values) - 1 - int(values.argmax())
