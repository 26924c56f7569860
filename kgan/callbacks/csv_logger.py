"""Logs as a table: one row an epoch."""

from kgan.callbacks.base import RunCallback
from kgan.distribute import is_chief
from kgan.runs import logs as table


class CSVLogger(RunCallback):
    """Writes RUN/logs.csv: the epoch (from 1), the model's step, then the epoch's logs by name.

    Numbers are written so that they read back exactly, and there are no timings, so that a run that was resumed has
    the same file as one that was not. When an epoch ends, its row replaces those from it on, which a killed run or a
    rollback may have left. A log that is not there each epoch has empty cells.

    Args:
        run_dir: the run's folder.

    Raises:
        InputError: in `fit`, if there is a logs.csv of another kind.
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        table.read(self.run_dir)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if is_chief():
            kept = [row for row in table.read(self.run_dir) if row["epoch"] <= epoch]
            values = {name: float(value) for name, value in (logs or {}).items()}
            row = {"epoch": epoch + 1, "step": int(self.model.step.numpy()), **values}
            table.write(self.run_dir, [*kept, row])
