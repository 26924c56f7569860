"""What to do when a loss becomes NaN: stop, or go back and move more slowly."""

import math
import os
import warnings

import keras

from kgan.callbacks.rollback import check_rates, go_back
from kgan.checks import InputError, unknown, whole
from kgan.runs import folder
from kgan.runs.checkpoints import latest
from kgan.runs.finite import broken_logs

POLICIES = ("stop", "rollback")


class NonFiniteGuard(keras.callbacks.Callback):
    """Looks at the logs of each round; a NaN or an infinity ends training, or sends it back.

    "rollback" restores the newest checkpoint of `run_dir` and goes on from there, with each player's learning rate
    `factor` times what it was when training broke: after k rollbacks, factor^k times the original; the checkpoint then
    has these rates too. The seeds and the data are the same the second time.

    Args:
        run_dir: the folder of the run's `Checkpoint`; for "rollback" only.
        policy: "stop" or "rollback".
        factor: by which a rollback multiplies the learning rates, in (0, 1].
        retries: rollbacks in one call of `fit`; the next time it stops.

    Raises:
        InputError: for an unknown policy, an argument out of its range, or a rollback without `run_dir`; in `fit`,
            for a rollback with an optimizer whose learning rate cannot be set.
    """

    def __init__(
        self, run_dir: str | os.PathLike | None = None, policy: str = "stop", factor: float = 0.5, retries: int = 3
    ) -> None:
        super().__init__()
        if policy not in POLICIES:
            raise unknown("policy", policy, POLICIES)
        if policy == "rollback" and run_dir is None:
            raise InputError("run_dir: the policy 'rollback' wants the folder of the run's checkpoints")
        if not 0.0 < factor <= 1.0:
            raise InputError(f"factor: wanted a number in (0, 1], got {factor!r}")
        self.run_dir = None if run_dir is None else folder.named(run_dir)
        self.policy, self.factor, self.retries = policy, factor, whole("retries", retries, least=0)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._rollbacks, self.failed = 0, False
        if self.policy == "rollback":
            check_rates(self.model, type(self).__name__)

    def next_round(self, step: int) -> float:
        """Never by itself: a round whose logs are not finite is the last of its execution (`kgan.graphs`)."""
        return math.inf

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        broken = broken_logs(self.model, logs or {})
        if broken:
            self._act(f"{', '.join(broken)} not finite after step {int(self.model.step.numpy())}")

    def _act(self, what: str) -> None:
        newest = latest(self.run_dir) if self.policy == "rollback" else None
        if newest is None or self._rollbacks == self.retries:
            reason = ""
            if self.policy == "rollback":
                reason = " (no checkpoint)" if newest is None else f" (after {self.retries} rollbacks)"
            warnings.warn(f"{what}: training stops{reason}; lower the learning rates", stacklevel=2)
            self.model.stop_training = self.failed = True
            return
        go_back(self.model, self.run_dir, newest, self.factor)
        self._rollbacks += 1
        warnings.warn(f"{what}: back to {newest.name}, learning rates times {self.factor:g}", stacklevel=2)
