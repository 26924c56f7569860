"""A picture of the whole training."""

import warnings

from kgan import pictures
from kgan.callbacks.base import RunCallback
from kgan.distribute import is_chief
from kgan.runs import Run


class LossCurves(RunCallback):
    """Draws RUN/logs.csv, which `CSVLogger` writes, as RUN/curves.png at the end of training.

    Args:
        run_dir: the run's folder.
    """

    def on_train_end(self, logs: dict | None = None) -> None:
        if is_chief():
            self._draw()
        super().on_train_end(logs)

    def _draw(self) -> None:
        table = Run(self.run_dir).logs()
        if table:
            pictures.curves(table, self.run_dir / "curves.png")
        else:
            warnings.warn(f"LossCurves: no logs.csv in {str(self.run_dir)!r}; add CSVLogger to draw it", stacklevel=2)
