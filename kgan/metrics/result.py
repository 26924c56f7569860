"""A number with its protocol, without which it means nothing (design rule 10), and the file that keeps such numbers."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kgan import files
from kgan.checks import InputError

FILE = "evaluations.jsonl"


@dataclasses.dataclass(frozen=True)
class Result:
    """One number, and all that it depends on.

    Attributes:
        metric: "fid", "precision", ...
        value: the number.
        network: the label of the feature network, its name and the first digits of the hash of its weights.
        n_real, n_fake: how many samples it was computed from.
        weights: whose samples these are: "ema", the averaged generator's; "raw", those of the one that trains;
            "exported", a SavedModel's; "images", a folder's.
        resizer: how the samples come to the network's size; "none" if not at all.
        error: the standard error of the value over fakes; None where it is not known.
        real: the same metric between two halves of the reals: what a perfect generator would have, up to n.
        better: "lower", "higher", or None if neither is better in itself.
    """

    metric: str
    value: float
    network: str
    n_real: int
    n_fake: int
    weights: str
    resizer: str = "none"
    error: float | None = None
    real: float | None = None
    better: str | None = None

    @property
    def protocol(self) -> str:
        """`classifier-3f2a, n_real=10000, n_fake=10000, ema`; the resizer where there is one."""
        resizer = [] if self.resizer == "none" else [self.resizer]
        return ", ".join([self.network, f"n_real={self.n_real}", f"n_fake={self.n_fake}", self.weights, *resizer])

    def __str__(self) -> str:
        """`fid[classifier-3f2a, n_real=10000, n_fake=10000, ema] = 7.31 ± 0.05 (real vs real: 0.42)`."""
        error = "" if self.error is None else f" ± {self.error:.2g}"
        real = "" if self.real is None else f" (real vs real: {self.real:.4g})"
        return f"{self.metric}[{self.protocol}] = {self.value:.4g}{error}{real}"

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Result":
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """All numbers of one generator.

    Attributes:
        results: the numbers.
        classes: where the network has classes: "names", and their shares in the samples, "real" and "fake". Or None.
        epoch, step: when it was taken, in a run; else 0.
    """

    results: Sequence[Result]
    classes: Mapping[str, Sequence] | None = None
    epoch: int = 0
    step: int = 0

    def __getitem__(self, metric: str) -> Result:
        return {result.metric: result for result in self.results}[metric]

    def to_json(self) -> dict[str, Any]:
        results = [result.to_json() for result in self.results]
        return {"epoch": self.epoch, "step": self.step, "results": results, "classes": self.classes}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Evaluation":
        return cls(**{**values, "results": [Result.from_json(result) for result in values["results"]]})


def read(run_dir: str | os.PathLike) -> list[Evaluation]:
    """The evaluations of a run, RUN/evaluations.jsonl, in the order of its epochs; none if there is no such file.

    Raises:
        InputError: if the file is of another kind.
    """
    path = Path(run_dir) / FILE
    if not path.exists():
        return []
    try:
        return [Evaluation.from_json(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"run_dir: {str(path)!r} is no file of evaluations: {error}") from error


def record(run_dir: str | os.PathLike, new: Evaluation, later: bool = True) -> None:
    """Writes an evaluation into RUN/evaluations.jsonl, beside those of the same epoch with another protocol.

    Args:
        run_dir: the run's folder.
        new: the evaluation; a result of the same epoch, metric and protocol gives way to its own.
        later: keep those of later epochs, which a run that was killed or rolled back may have left.
    """
    kept = [old for old in read(run_dir) if old.epoch < new.epoch or (later and old.epoch > new.epoch)]
    ours = {(result.metric, result.protocol) for result in new.results}
    for old in (old for old in read(run_dir) if old.epoch == new.epoch and old.step == new.step):
        others = [result for result in old.results if (result.metric, result.protocol) not in ours]
        new = dataclasses.replace(new, results=[*others, *new.results], classes=new.classes or old.classes)
    rows = sorted([*kept, new], key=lambda row: row.epoch)
    files.write(Path(run_dir) / FILE, "".join(json.dumps(row.to_json()) + "\n" for row in rows))
