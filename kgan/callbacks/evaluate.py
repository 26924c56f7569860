"""Metrics while training, and the best of its checkpoints."""

import contextlib
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kgan.batches import rows
from kgan.callbacks.base import RunCallback
from kgan.checks import InputError, unknown, whole
from kgan.distribute import is_chief
from kgan.metrics.evaluation import Evaluator
from kgan.metrics.result import Evaluation
from kgan.runs import checkpoints, evaluations
from kgan.sampling import Sampler


class Evaluate(RunCallback):
    """Each `every` epochs, the metrics of samples of the averaged generator, of the first of several.

    They go to the logs of the epoch by their names (fid, recall, ...), for the callbacks after this one in the list:
    `CSVLogger`, or, with `every=1`, Keras's `EarlyStopping(monitor="fid", mode="min")`; with their protocol to
    RUN/evaluations.jsonl. The checkpoint of the best epoch so far stays in RUN/best, a run's folder of its own: `kgan
    sample --run_dir=RUN/best`. Training is not touched, but for its end.

    Args:
        run_dir: the run's folder.
        evaluator: the reals, the network and the metrics.
        every: epochs between two evaluations.
        seed: of the latents, the same each time.
        keep_best: by which metric; default the evaluator's first of which some values are better. "" keeps none.
        patience: end training when so many evaluations in a row were no better than the best before them, by
            `keep_best`; also over a run that was stopped and goes on. Default: never.
        batch: of a game that translates pictures, a batch as it takes it, an array or a structure of arrays: its
            pictures are translated.

    Raises:
        InputError: for an argument out of its range, or `patience` without `keep_best`; in `fit`, for samples that are
            not of the reals' shape, metrics that want more of a generator than it has, or evaluations of an earlier
            run that cannot be read.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike,
        evaluator: Evaluator,
        every: int = 1,
        seed: int = 0,
        keep_best: str | None = None,
        patience: int | None = None,
        batch: Any = None,
    ) -> None:
        super().__init__(run_dir)
        self.batch = batch
        self.evaluator, self.every, self.seed = evaluator, whole("every", every), whole("seed", seed, least=0)
        known = [name for name, direction in evaluator.directions.items() if direction]
        self.keep_best = (known[0] if known else "") if keep_best is None else keep_best
        if self.keep_best and self.keep_best not in known:
            raise unknown("keep_best", self.keep_best, known)
        self.patience = None if patience is None else whole("patience", patience)
        if self.patience and not self.keep_best:
            raise InputError("patience: wanted a metric of which some values are better, got none to go by")

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        sampler = model.sampler()
        if not sampler.free and self.batch is None:
            raise InputError("Evaluate: batch: wanted pictures to translate, got none")
        self.evaluator.check_generator(sampler)
        shape = model.shown_shape
        if shape != self.evaluator.sample_shape:
            raise InputError(f"reals: wanted samples of the generator's {shape}, got {self.evaluator.sample_shape}")

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._evaluations = evaluations.read(self.run_dir)
        if is_chief():
            checkpoints.tidy(self.run_dir / checkpoints.BEST, keep=1)
        if self._past_patience(self._known(self.model.progress.epoch)):
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        weights = "ema" if self.model.averaged else "raw"
        sampler = self.model.sampler()
        try:
            step = int(self.model.step.numpy())
            evaluation = self.evaluator(self._fakes(sampler), weights, epoch + 1, step, sampler)
        except InputError as error:  # NaN, which is the guard's business
            warnings.warn(f"epoch {epoch + 1} is not measured: {error}", stacklevel=2)
            return
        if logs is not None:
            logs.update({result.metric: result.value for result in evaluation.results})
        self._evaluations = [*self._known(epoch), evaluation]
        if is_chief():
            evaluations.record(self.run_dir, evaluation, later=False)
            if self.keep_best and self._since_best(self._evaluations) == 0:
                with contextlib.suppress(checkpoints.BrokenState):
                    checkpoints.save(self.model, self.run_dir / checkpoints.BEST, keep=1)
        if self._past_patience(self._evaluations):
            self.model.stop_training = True

    def _fakes(self, sampler: Sampler) -> Iterator:
        if sampler.free:
            return self.model.iter_labelled(self.evaluator.num, self.seed)
        given, _ = next(iter(self.model.asked(self.batch).values()))
        num = min(self.evaluator.num, rows(given))
        return sampler.iter_samples(num, self.seed, **{name: np.asarray(value) for name, value in given.items()})

    def _known(self, epoch: int) -> list[Evaluation]:
        """The evaluations of this callback, and not of `kgan evaluate`, up to an epoch."""
        return [old for old in self._evaluations if old.epoch <= epoch and old.epoch % self.every == 0]

    def _past_patience(self, evaluations: Sequence[Evaluation]) -> bool:
        if self.patience is None or self._since_best(evaluations) < self.patience:
            return False
        print(f"{self.keep_best}: no better in {self.patience} evaluations, training ends")
        return True

    def _since_best(self, evaluations: Sequence[Evaluation]) -> int:
        """How many evaluations ago the best was, by `keep_best` and with the protocol of the last one."""
        results = [result for row in evaluations for result in row.results if result.metric == self.keep_best]
        sign = -1 if self.evaluator.directions[self.keep_best] == "lower" else 1
        values = [sign * result.value for result in results if result.protocol == results[-1].protocol]
        return len(values) - 1 - int(np.argmax(np.nan_to_num(values, nan=-np.inf))) if values else 0
