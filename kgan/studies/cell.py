"""One cell of a study: a run of `kgan train`, resumable, in a process of its own, and its row of the table.

Its folder holds the run (RUN/run), what its commands have printed (said.txt) and, when it is done, row.json: all that
was measured, from which the study's columns are made anew whenever it is read, so that columns may be thought over.
"""

import contextlib
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kgan import files, process
from kgan.checks import InputError
from kgan.runs import Run
from kgan.studies.grid import EPOCHS, Setting, Study

NUM = 2500  # samples that are measured, as in VEEGAN's and PacGAN's tables
STOPPED = "training stopped before its end"  # what `kgan train` says of a run whose weights are no numbers any more
ROW, TIMES = "row.json", ("seconds", "core_seconds")


def folder_of(cells: Path, setting: Setting, seed: int) -> Path:
    """The folder of a cell in that of all cells."""
    return cells / f"{re.sub('[^a-z0-9]+', '-', setting.name.lower()).strip('-')}-{seed}"


def read(study: Study, folder: Path) -> dict | None:
    """The row of a cell that is done: "setting", "seed", "rounds", "evaluations" (of gradients), the study's columns,
    "outcome" ("ended", or "stopped", of a run that is not finite any more), "seconds" by the clock and "core_seconds"
    of processors, which do not depend on what else the machine does; NaN if it was stopped and went on.
    """
    path = folder / ROW
    return _row(study, json.loads(path.read_text())) if path.exists() else None


def _row(study: Study, told: Mapping) -> dict:
    row = _finite(told)
    measured = _finite(row.pop("measured"))
    columns = {column.name: column.value(measured) for column in study.columns}
    last = {name: row.pop(name) for name in ("outcome", *TIMES)}
    return row | columns | last


def _finite(told: Mapping) -> dict:
    """JSON has no word for what is not finite."""
    return {k: float(v) if v in ("nan", "inf", "-inf") else v for k, v in told.items()}


def _told(row: Mapping) -> dict:
    return {k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def play(study: Study, setting: Setting, seed: int, budget: int, folder: Path, environment: Mapping | None) -> dict:
    """Trains a cell, or goes on with it, measures it, and writes its row.

    Args:
        study: whose it is.
        setting, seed, budget: which.
        folder: its own.
        environment: of its processes; default: this one's.

    Returns:
        Its row: see `read`.

    Raises:
        InputError: if a command fails for another reason, with its last line.
    """
    run, rounds = folder / "run", setting.rounds(budget)
    whole = not run.exists()
    folder.mkdir(parents=True, exist_ok=True)
    ensemble = any(flag.startswith("--ensemble") for flag in setting.flags)
    # The members of an ensemble have the seeds from its own on: those of two ensembles are not to share any.
    own = seed * setting.runs
    length = [f"--epochs={EPOCHS}", f"--steps_per_epoch={rounds // EPOCHS}", f"--seed={own}"]
    length += [f"--run_dir={run}", "--bare"]
    measure = [f"--metrics={study.metrics}", f"--evaluate_every={EPOCHS}", f"--evaluate_num={NUM}"]
    if study.looks:
        length.append(f"--equilibrium_every={max(1, rounds // study.looks)}")
    if setting.rows:
        num, of = setting.rows
        np.save(folder / "rows.npy", np.random.default_rng([seed, num]).permutation(of)[:num])
        length.append(f"--rows={folder / 'rows.npy'}")
    begun, used = time.monotonic(), 0.0
    try:
        flags = [*study.common, *([] if ensemble else measure), *setting.flags, *length]  # the last of a flag counts
        used += _command(folder, ["train", *flags], environment)
        outcome = "ended"
        if ensemble:
            asked = ["evaluate", f"--run_dir={run}", f"--metrics={study.metrics}", f"--num={NUM}"]
            used += _command(folder, asked, environment)
    except InputError as error:
        if STOPPED not in str(error):
            raise
        outcome = "stopped"
    times = (time.monotonic() - begun, used or math.nan)  # what a run used that stopped is not known
    measured = facts(run / "member-1" if ensemble else run) | facts(run)
    price = measured.get("log.gradient_evaluations", setting.price)
    if abs(price - setting.price) > 1e-3:
        raise InputError(
            f"price: {setting.name!r} has {price} gradient evaluations a round, the study says {setting.price}"
        )
    if outcome == "stopped":  # what was measured before is not of its end
        measured = {name: value for name, value in measured.items() if name == "alarms"}
    row = {
        "setting": setting.name,
        "seed": seed,
        "rounds": rounds * setting.runs,
        "evaluations": rounds * setting.runs * price,
        "outcome": outcome,
        **{name: round(value, 1) if whole else math.nan for name, value in zip(TIMES, times, strict=True)},
    }
    told = _told(row) | {"measured": _told(measured)}
    files.write(folder / ROW, json.dumps(told, indent=1) + "\n")
    return _row(study, told)


def facts(run: Path) -> dict[str, float]:
    """All that a run has measured of itself last, by the names of `grid.Column`."""
    view, found = Run(run), {}
    with contextlib.suppress(InputError):
        for name, values in view.logs().items():
            found[f"log.{name}"] = values[-1]
    for row in view.equilibrium():  # not each measurement is made at each look
        known = {name: value for name, value in row.items() if isinstance(value, float) and not math.isnan(value)}
        for name, value in known.items():
            number = sum(one.startswith(f"equilibrium.{name}@") for one in found) + 1
            found[f"equilibrium.{name}"] = found[f"equilibrium.{name}@{number}"] = value
    for evaluation in view.evaluations()[-1:]:
        found |= {result.metric: result.value for result in evaluation.results}
    return found | {"alarms": float(len(view.alarms()))}


def _command(folder: Path, arguments: Sequence[str], environment: Mapping | None) -> float:
    """Runs `kgan` with its output in said.txt. Seconds of processors."""
    said = folder / "said.txt"
    status, used = process.run(arguments, said, environment)
    if status < 0:
        raise InputError(f"{folder.name}: kgan {arguments[0]}: killed by signal {-status}; the same command goes on")
    if status:
        why = process.last_words(said, status, arguments[0])
        raise InputError(f"{folder.name}: kgan {arguments[0]}: {why}")
    return used
