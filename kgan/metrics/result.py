"""A number with its protocol, without which it means nothing (design rule 10), and the file that keeps such numbers."""

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kgan import files
from kgan.checks import InputError

FILE = "evaluations.jsonl"
NUMBERS = ("value", "error", "real", "perfect")


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
        error: the standard error of the value, of what the metric's docstring says: mostly over the samples; of the
            inception score, as in papers, the standard deviation over its splits. None where it is not known.
        real: the same metric between two halves of the reals: what a perfect generator would have, up to n.
        better: "lower", "higher", or None if neither is better in itself.
        perfect: what a perfect generator is expected to have at this n, where that is known.
        hash: all digits of the network's hash.
        data: what the reals are, "digits", say, with the split if it is not "train" and the resolution if it is not the
            data's own; "" where nobody said.
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
    perfect: float | None = None
    hash: str = ""
    data: str = ""

    @property
    def protocol(self) -> str:
        """`classifier-3f2a, n_real=10000, n_fake=10000, ema`; the resizer and the data where they are known."""
        more = [*([] if self.resizer == "none" else [self.resizer]), *([self.data] if self.data else [])]
        return ", ".join([self.network, f"n_real={self.n_real}", f"n_fake={self.n_fake}", self.weights, *more])

    def __str__(self) -> str:
        """`fid[classifier-3f2a, n_real=10000, n_fake=10000, ema] = 7.31 ± 0.05 (real vs real: 0.42)`."""
        error = "" if self.error is None else f" ± {self.error:.2g}"
        known = [("real vs real", self.real), ("perfect", self.perfect)]
        beside = "; ".join(f"{name}: {value:.4g}" for name, value in known if value is not None)
        return f"{self.metric}[{self.protocol}] = {self.value:.4g}{error}{f' ({beside})' if beside else ''}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; a number that is not finite, which JSON has no word for, as "inf" or "nan"."""
        values = dataclasses.asdict(self)
        return values | {k: str(v) for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Result":
        numbers = {k: float(v) for k, v in values.items() if k in NUMBERS and v is not None}
        return cls(**{**values, **numbers})


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
    """The evaluations of a run, RUN/evaluations.jsonl, in the order of its steps; none if there is no such file.

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
        new: the evaluation; a result of the same step, metric and protocol gives way to its own.
        later: keep those of later steps, which a run that was killed or rolled back may have left.
    """
    rows = read(run_dir)
    kept = [old for old in rows if old.step < new.step or (later and old.step > new.step)]
    ours = {(result.metric, result.protocol) for result in new.results}
    for old in (old for old in rows if old.step == new.step):
        others = [result for result in old.results if (result.metric, result.protocol) not in ours]
        new = dataclasses.replace(new, results=[*others, *new.results], classes=new.classes or old.classes)
    rows = sorted([*kept, new], key=lambda row: row.step)
    files.write(Path(run_dir) / FILE, "".join(json.dumps(row.to_json(), allow_nan=False) + "\n" for row in rows))
