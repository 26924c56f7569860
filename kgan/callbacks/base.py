"""What the callbacks share: a run's folder, and files in it that are whole or absent."""

import os
from pathlib import Path

import keras

from kgan.checks import InputError
from kgan.distribute import is_chief


class RunCallback(keras.callbacks.Callback):
    """A callback that keeps files in a run's folder, and makes the folder.

    Args:
        run_dir: the folder. Several machines must see the same one; only the chief writes to it.

    Raises:
        InputError: in `fit`, if it cannot be made.
    """

    def __init__(self, run_dir: str | os.PathLike) -> None:
        super().__init__()
        self.run_dir = Path(run_dir)

    def set_model(self, model: keras.Model) -> None:
        """Called by `fit` when the data and the settings have been checked: only now is there a folder."""
        super().set_model(model)
        if is_chief():
            try:
                self.run_dir.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"run_dir: cannot make the folder {str(self.run_dir)!r}: {error.strerror}") from error
