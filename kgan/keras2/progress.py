"""The progress bar of `fit`."""

from typing import Any

import keras


def give() -> None:
    """The bar counts steps, shows logs, which are means already, as they are, and need not be told of epochs."""
    kind = keras.callbacks.ProgbarLogger
    begin, told, update, end = kind.__init__, kind.set_params, kind._batch_update_progbar, kind._finalize_progbar

    def __init__(self, count_mode: str = "steps", stateful_metrics: Any = None) -> None:  # noqa: ANN001
        begin(self, count_mode, stateful_metrics)

    def as_it_is(self, logs: dict | None) -> dict:  # noqa: ANN001
        self.stateful_metrics |= set(logs or {})
        self._maybe_init_progbar()
        return logs or {}

    kind.__init__, kind.set_params = __init__, lambda self, params: told(self, {"epochs": 1, **params})
    kind._batch_update_progbar = lambda self, batch, logs=None: update(self, batch, as_it_is(self, logs))
    kind._finalize_progbar = lambda self, logs, counter: end(self, as_it_is(self, logs), counter)
