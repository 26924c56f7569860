"""RUN/evaluations.jsonl: what a run's samples were measured to be, in the order of its steps, one evaluation a line."""

import dataclasses
import os
from pathlib import Path

from kgan.metrics.result import Evaluation
from kgan.runs import lines
from kgan.runs.damage import named

FILE = "evaluations.jsonl"


def read(folder: str | os.PathLike) -> list[Evaluation]:
    """The evaluations; none if there is no such file.

    Raises:
        InputError: if the file is damaged.
    """
    path, what = Path(folder) / FILE, "file of evaluations"
    rows = lines.read(path, what, Evaluation)
    with named(path, what):
        for row in rows:
            if row.classes is not None:
                _check(row.classes)
    return rows


def record(folder: str | os.PathLike, new: Evaluation, later: bool = True) -> None:
    """Writes an evaluation into the file, beside those of the same step with another protocol.

    Args:
        folder: the run's.
        new: the evaluation; a result of the same step, metric and protocol gives way to its own.
        later: keep those of later steps, and of an earlier step of the same epoch, which a run that was killed,
            rolled back or stopped in the middle may have left.
    """
    rows = read(folder)
    kept = [old for old in rows if old.step != new.step and (later or (old.step < new.step and old.epoch < new.epoch))]
    ours = {(result.metric, result.protocol) for result in new.results}
    for old in (old for old in rows if old.step == new.step):
        others = [result for result in old.results if (result.metric, result.protocol) not in ours]
        new = dataclasses.replace(new, results=[*others, *new.results], classes=new.classes or old.classes)
    lines.write(Path(folder) / FILE, [row.to_json() for row in sorted([*kept, new], key=lambda row: row.step)])


def _check(classes: dict) -> None:
    names, real, fake = (list(classes[key]) for key in ("names", "real", "fake"))
    if not len(names) == len(real) == len(fake):
        raise ValueError(f"classes: {len(names)} names, {len(real)} shares of reals and {len(fake)} of samples")
    for share in (*real, *fake):
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"classes: {share!r} is no share")
