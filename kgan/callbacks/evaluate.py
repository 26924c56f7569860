"""Metrics while training, and the best of its checkpoints."""

import os

import keras

from kgan.callbacks.base import RunCallback
from kgan.callbacks.snapshot import BrokenState, checkpoints, remove, save
from kgan.checks import InputError, unknown, whole
from kgan.distribute import is_chief
from kgan.metrics.evaluation import Evaluator
from kgan.metrics.result import Evaluation, Result, read, record

BEST = "best"


class Evaluate(RunCallback):
    """Each `every` epochs, the metrics of samples of the averaged generator.

    They go to the logs of the epoch by their names (fid, recall, ...), for the callbacks after this one in the list:
    `CSVLogger`, or Keras's `EarlyStopping(monitor="fid", mode="min")`; with their protocol to RUN/evaluations.jsonl.
    The checkpoint of the best epoch so far stays in RUN/best, a run's folder of its own: `kgan sample
    --run_dir=RUN/best`. Training is not touched.

    Args:
        run_dir: the run's folder.
        evaluator: the reals, the network and the metrics.
        every: epochs between two evaluations.
        seed: of the latents, the same each time.
        keep_best: by which metric; default the evaluator's first. "" keeps none.

    Raises:
        InputError: for an argument out of its range; in `fit`, for samples that are not of the reals' shape.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike,
        evaluator: Evaluator,
        every: int = 1,
        seed: int = 0,
        keep_best: str | None = None,
    ) -> None:
        super().__init__(run_dir)
        self.evaluator, self.every, self.seed = evaluator, whole("every", every), whole("seed", seed, least=0)
        known = [name for name, direction in evaluator.directions.items() if direction]
        self.keep_best = (known[0] if known else "") if keep_best is None else keep_best
        if self.keep_best and self.keep_best not in known:
            raise unknown("keep_best", self.keep_best, known)

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        shape = model.sample(1).shape[1:]
        if shape != self.evaluator.sample_shape:
            raise InputError(f"reals: wanted samples of the generator's {shape}, got {self.evaluator.sample_shape}")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        weights = "raw" if self.model.average is None else "ema"
        fakes = self.model.iter_samples(self.evaluator.num, self.seed)
        evaluation = self.evaluator(fakes, weights, epoch + 1, int(self.model.step.numpy()), self.model)
        if logs is not None:
            logs.update({result.metric: result.value for result in evaluation.results})
        if is_chief():
            earlier = [old for old in read(self.run_dir) if old.epoch <= epoch]
            record(self.run_dir, evaluation, later=False)
            if self.keep_best and _best(evaluation[self.keep_best], earlier):
                self._keep(evaluation)

    def _keep(self, evaluation: Evaluation) -> None:
        try:
            newest = save(self.model, self.run_dir / BEST)
        except BrokenState:
            return
        remove(folder for folder in checkpoints(self.run_dir / BEST) if folder != newest)


def _best(new: Result, earlier: list[Evaluation]) -> bool:
    """Whether `new` is better than all earlier results of its metric and protocol."""
    sign = -1 if new.better == "lower" else 1
    same = [r for old in earlier for r in old.results if (r.metric, r.protocol) == (new.metric, new.protocol)]
    return all(sign * new.value > sign * old.value for old in same)
