"""Says how training goes, in as many numbers as a person reads."""

import math
import re
from collections.abc import Sequence

import keras

SHOWN = re.compile(r"[a-z]+\d*_(loss|real|fake)")  # each player's loss and the mean logits: d_loss, d2_real


class ProgressLines(keras.callbacks.ProgbarLogger):
    """Keras's progress bar, or its line an epoch, with the losses and the mean logits; all else is in the logs.

    It takes the place of Keras's own: `fit(callbacks=[..., ProgressLines()], verbose=0)`.

    Args:
        lines: a line an epoch; otherwise a bar.
        also: names of other logs to show, in the epochs that have them.
    """

    def __init__(self, lines: bool = False, also: Sequence[str] = ()) -> None:
        super().__init__()
        self.lines, self.also = lines, tuple(also)

    def set_params(self, params: dict) -> None:
        super().set_params({**params, "verbose": 2 if self.lines else 1})

    def next_round(self, step: int) -> float:
        """Never: a bar moves as rounds come (`kgan.pace`)."""
        return math.inf

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        super().on_train_batch_end(batch, self._shown(logs))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        super().on_epoch_end(epoch, self._shown(logs))

    def _shown(self, logs: dict | None) -> dict:
        return {name: value for name, value in (logs or {}).items() if SHOWN.fullmatch(name) or name in self.also}
