"""The read-only view of a run's folder: what report, sample, evaluate and export look at."""

import os
from pathlib import Path
from typing import Any

from kgan.checks import InputError
from kgan.metrics.result import Evaluation
from kgan.mixture import mixture
from kgan.runs import alarms, checkpoints, collapse, ensemble, equilibrium, evaluations, flags, folder, logs, samples
from kgan.runs.tables import Row
from kgan.sampling import Sampler


class Run:
    """What a run has kept so far. Each method reads its file anew, and writes nothing.

    Args:
        run_dir: the run's folder; or one in it, "best", that is one of its own.

    Raises:
        InputError: if there is no such folder; by each method, if its file is damaged.
    """

    def __init__(self, run_dir: str | os.PathLike) -> None:
        self.folder = folder.named(run_dir)
        if not self.folder.is_dir():
            raise InputError(f"run_dir: there is no folder {run_dir}")

    def flags(self) -> dict[str, str]:
        """What `kgan train` was asked for, as text by name; {} if a script has trained."""
        return flags.read(self.folder)

    def logs(self) -> dict[str, list[float]]:
        """The epochs' logs: columns by name, "epoch" and "step" among them, NaN where there was none."""
        return logs.columns(logs.read(self.folder))

    def equilibrium(self) -> list[Row]:
        """What `EquilibriumMonitor` measured, by rounds."""
        return equilibrium.read(self.folder)

    def collapse(self) -> list[Row]:
        """What `CollapseAlarm` measured, by rounds."""
        return collapse.read(self.folder)

    def alarms(self) -> list[alarms.Alarm]:
        """The alarms it raised."""
        return alarms.read(self.folder)

    def evaluations(self) -> list[Evaluation]:
        """What `Evaluate` and `kgan evaluate` measured, by rounds."""
        return evaluations.read(self.folder)

    def samples(self) -> dict[int, Path]:
        """The pictures of samples, by epoch."""
        return samples.find(self.folder)

    def newest(self) -> dict[str, Any] | None:
        """The newest checkpoint's "epoch", "step" and "weights" ("ema" or "raw"); None without any.

        Of an ensemble, those of the member that was trained longest.
        """
        if members := ensemble.read(self.folder):
            found = [Run(self.folder / name).newest() for name in members]
            return next(reversed(sorted((one for one in found if one), key=lambda one: one["step"])), None)
        path = checkpoints.latest(self.folder)
        return None if path is None else checkpoints.describe(path)

    def best(self) -> dict[str, Any] | None:
        """Those of the checkpoint that is kept as the best; None without one."""
        path = checkpoints.latest(self.folder / checkpoints.BEST)
        return None if path is None else checkpoints.describe(path)

    def sampler(self, name: str | None = None) -> Sampler:
        """How one samples from the game as the newest checkpoint has it, by averaged generators if it has averages.

        Args:
            name: in `samplers()` of the game; default the first.

        That of an ensemble draws each sample from one of its members, in their proportions.
        """
        if members := ensemble.read(self.folder):
            return mixture([Run(self.folder / one).sampler(name) for one in members], list(members.values()))
        path = checkpoints.latest(self.folder)
        if path is None:
            raise InputError(f"run_dir: {self.folder} holds no checkpoint yet")
        return checkpoints.sampler(path, name)
