"""Checkpoints: a run that was killed goes on as if nothing had happened."""

import os
import warnings

from kgan.callbacks.base import RunCallback
from kgan.callbacks.snapshot import BrokenState, checkpoints, describe, latest, remove, restore, save
from kgan.checks import whole
from kgan.distribute import is_chief

__all__ = ["Checkpoint", "describe", "latest", "restore", "save"]


class Checkpoint(RunCallback):
    """Saves the whole run, and goes on from the newest checkpoint when `fit` is called again.

    A run that is killed and started again with the same command ends in the same bits as one that is not: weights,
    buffers, averages, optimizers, logs and the position in the data come back. When all epochs are done, `fit` does
    nothing. The end of `fit` is saved too, wherever it is. A state with a NaN or an infinity is not saved.

    Args:
        run_dir: the run's folder. Several machines must see the same one; only the chief writes to it.
        every: save each that many epochs.
        every_steps: save also each that many rounds inside an epoch (at the end of an execution); default not.
        keep: how many of the newest checkpoints are kept.

    Raises:
        InputError: for an argument out of its range; in `fit`, for a checkpoint that cannot be read or was made by
            another architecture.
    """

    def __init__(
        self, run_dir: str | os.PathLike, every: int = 1, every_steps: int | None = None, keep: int = 3
    ) -> None:
        super().__init__(run_dir)
        self.every, self.keep = whole("every", every), whole("keep", keep)
        self.every_steps = None if every_steps is None else whole("every_steps", every_steps)
        self._warned = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        newest = latest(self.run_dir)
        if newest is not None:
            restore(self.model, newest)
        self._saved = self._step()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        # An epoch is saved only when the next one begins: what other callbacks do at its end (a row of logs, a
        # picture, a learning rate) is then done, and a run that is killed before that comes back and does it.
        self._since = self.model.progress.step
        if self._since == 0 and epoch % self.every == 0:
            self._save()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = self.model.progress.step  # 0 at the end of the epoch
        if self.every_steps and step - self._since >= self.every_steps:
            self._since = step
            self._save()

    def on_train_end(self, logs: dict | None = None) -> None:
        self._save()

    def _save(self) -> None:
        newest = latest(self.run_dir)
        # A rollback may have removed what was saved.
        there = newest is None or int(newest.name[5:]) == self._step()
        if not is_chief() or (self._step() == self._saved and there):
            return
        try:
            save(self.model, self.run_dir)
        except BrokenState as error:
            if not self._warned:
                warnings.warn(f"{error}; such a state is not saved", stacklevel=2)
            self._warned = True
            return
        self._saved = self._step()
        remove(checkpoints(self.run_dir)[: -self.keep])

    def _step(self) -> int:
        return int(self.model.step.numpy())
