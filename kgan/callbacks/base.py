"""What the callbacks share: a run's folder, in which one process at a time trains."""

import os
from collections.abc import Callable

import keras
import tensorflow as tf

from kgan.distribute import is_chief
from kgan.runs import folder, lock


class RunCallback(keras.callbacks.Callback):
    """A callback that keeps files in a run's folder, and makes the folder.

    While it trains no other process may train there: the run's callbacks hold the folder's lock together.

    Args:
        run_dir: the folder. Several machines must see the same one; only the chief writes to it.

    Raises:
        InputError: for an empty `run_dir`; in `fit`, if the folder cannot be made, or another process trains in it.
    """

    def __init__(self, run_dir: str | os.PathLike) -> None:
        super().__init__()
        self.run_dir = folder.named(run_dir)
        self._lock: lock.Lock | None = None

    def set_model(self, model: keras.Model) -> None:
        """Called by `fit` when the data and the settings have been checked: only now is there a folder."""
        super().set_model(model)
        if is_chief():
            folder.make(self.run_dir)
            self._lock = lock.take(self.run_dir)

    def compiled(self, function: Callable, by_stage: dict) -> Callable:
        """`function` compiled for the game as it is: one that grows is another in each stage; kept in `by_stage`."""
        key = self.model.graph_key()
        if key not in by_stage:
            by_stage[key] = tf.function(function, autograph=False)  # which would read the source anew
        return by_stage[key]

    def on_train_end(self, logs: dict | None = None) -> None:
        """Lets go of the folder; a callback that does more calls this last."""
        self._lock = None
