"""Checkpoints: a run that was killed goes on as if nothing had happened."""

import math
import os
import warnings

from kgan.callbacks.base import RunCallback
from kgan.checks import whole
from kgan.distribute import is_chief
from kgan.runs import checkpoints


class Checkpoint(RunCallback):
    """Saves the whole run, and goes on from the newest checkpoint when `fit` is called again.

    A run that is killed and started again with the same command ends in the same bits as one that is not: weights,
    buffers, averages, optimizers, logs and the position in the data come back. When all epochs are done, `fit` does
    nothing. The end of `fit` is saved too, wherever it is. A state with a NaN or an infinity is not saved.

    A checkpoint holds what training reached, under its step. `fit` calls this callback before all others, wherever it
    stands in the list: what they find at the beginning is the run as it was left, and what they set at the end (Keras's
    `EarlyStopping(restore_best_weights=True)`) is the model's, and not the run's. Weights that are set or loaded before
    `fit` give way to those of a checkpoint that is there; while training goes on, to earlier ones, they are a way back:
    checkpoints of later steps are removed.

    Args:
        run_dir: the run's folder. Several machines must see the same one; only the chief writes to it.
        every: save each that many epochs.
        every_steps: save also each that many rounds inside an epoch (at the end of an execution); default not.
        keep: how many of the newest checkpoints are kept.

    Raises:
        InputError: for an argument out of its range; in `fit`, for a checkpoint that cannot be read or was made by
            another architecture.
    """

    goes_first = True  # see `FitLoop.fit`

    def __init__(
        self, run_dir: str | os.PathLike, every: int = 1, every_steps: int | None = None, keep: int = 3
    ) -> None:
        super().__init__(run_dir)
        self.every, self.keep = whole("every", every), whole("keep", keep)
        self.every_steps = None if every_steps is None else whole("every_steps", every_steps)
        self._warned = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        if is_chief():
            checkpoints.tidy(self.run_dir, self.keep)
        newest = checkpoints.latest(self.run_dir)
        if newest is not None:
            held = self._step()
            checkpoints.restore(self.model, newest)
            if held not in (0, self._step()):
                text = f"checkpoint: training goes on from {newest.name}; the model's weights, of step {held}, give way"
                warnings.warn(text, stacklevel=2)
        self._saved = self._step()

    # A moment is saved only when the next one begins: what other callbacks do at its end (a row of logs, a picture, a
    # measurement, a learning rate) is then done, and a run that is killed before that comes back and does it.

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._since = self.model.progress.step
        if self._since == 0 and epoch % self.every == 0:
            self._save()

    def next_round(self, step: int) -> float:
        """The next in an epoch after which it saves (`kgan.pace`)."""
        if not self.every_steps:
            return math.inf
        return step + self.every_steps - (self.model.progress.step - self._since)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        step = self.model.progress.step
        if self.every_steps and step - self._since >= self.every_steps:
            self._since = step
            self._save()

    def on_train_end(self, logs: dict | None = None) -> None:
        self._save()
        super().on_train_end(logs)

    def _save(self) -> None:
        newest = checkpoints.latest(self.run_dir)
        # A rollback may have removed what was saved.
        there = newest is None or checkpoints.step(newest) == self._step()
        if not is_chief() or (self._step() == self._saved and there):
            return
        try:
            checkpoints.save(self.model, self.run_dir, self.keep)
        except checkpoints.BrokenState as error:
            if not self._warned:
                warnings.warn(f"{error}; such a state is not saved", stacklevel=2)
            self._warned = True
            return
        self._saved = self._step()

    def _step(self) -> int:
        return int(self.model.step.numpy())
