"""Runs side by side on one page of HTML that needs nothing else."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kgan import files
from kgan.checks import InputError
from kgan.report import charts
from kgan.report.template import rendered
from kgan.runs import Run

MOST, FRAMES = 8, 10  # runs on a page: as many as colours tell apart; pictures of each
ABSENT = "–"


def compare(run_dirs: Sequence[str | os.PathLike], path: str | os.PathLike) -> Path:
    """Writes a page: the settings that differ, samples at equal rounds, figures with their protocol, curves.

    Args:
        run_dirs: 2 to 8 folders of runs; the first of two of one name is told by more of its path.
        path: of the page, NAME.html.

    Returns:
        The page's path.

    Raises:
        InputError: for another number of runs, one that is named twice, or a damaged file.
    """
    runs = named(run_dirs)
    settings = {name: run.flags() for name, run in runs.items()}
    page = rendered(
        "comparison.html",
        places={name: run.newest() for name, run in runs.items()},
        settings=differing(settings),
        samples=frames(runs),
        alarms={name: run.alarms() for name, run in runs.items()},
        figures=figures(runs),
        curves=curves(runs),
    )
    files.write(path, page)
    return Path(path)


def named(run_dirs: Sequence[str | os.PathLike]) -> dict[str, Run]:
    """The runs by the shortest parts of their paths, from the end on, that tell them apart."""
    if not 2 <= len(run_dirs) <= MOST:
        raise InputError(f"run_dir: wanted 2 to {MOST} runs, got {len(run_dirs)}")
    runs = [Run(run_dir) for run_dir in run_dirs]
    parts = [run.folder.resolve().parts for run in runs]
    if len(set(parts)) < len(parts):
        twice = next(run_dir for run_dir, own in zip(run_dirs, parts, strict=True) if parts.count(own) > 1)
        raise InputError(f"run_dir: {twice} is there twice")
    while len({own[-1] for own in parts}) == 1:  # a name that all have, "run", tells nothing
        parts = [own[:-1] for own in parts]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(own[-length:]) for own in parts]
        if len(set(names)) == len(names):
            break
    return dict(zip(names, runs, strict=True))


def differing(settings: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """flag -> its value in each run, where they are not all the same; without the folders."""
    names = sorted({name for flags in settings.values() for name in flags} - {"run_dir"})
    rows = {name: [flags.get(name, ABSENT) for flags in settings.values()] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def frames(runs: Mapping[str, Run]) -> list[dict[str, Any]]:
    """Pictures of samples at equal rounds: "rounds", and each run's picture taken last before, with its rounds."""
    found = {}
    for name, run in runs.items():
        logs = run.logs()
        steps = dict(zip(map(int, logs.get("epoch", [])), map(int, logs.get("step", [])), strict=True))
        found[name] = {steps[epoch]: file for epoch, file in run.samples().items() if epoch in steps}
    if not all(found.values()):
        return []
    shortest = min(found.values(), key=max)
    places = sorted(shortest)
    kept = np.unique(np.linspace(0, len(places) - 1, min(FRAMES, len(places))).round().astype(int))
    rows = []
    for at in (places[i] for i in kept):
        cells = []
        for pictures in found.values():
            near = max((step for step in pictures if step <= at), default=None)
            source = None if near is None else charts.uri("image/png", pictures[near].read_bytes())
            cells.append({"rounds": near, "source": source})
        rows.append({"rounds": at, "cells": cells})
    return rows


def figures(runs: Mapping[str, Run]) -> list[dict[str, Any]]:
    """The last value of each metric with each protocol: "metric", "protocol", "better", and a cell a run."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for name, run in runs.items():
        for evaluation in run.evaluations():  # the newest of a protocol counts
            for result in evaluation.results:
                last.setdefault((result.metric, result.protocol), {})[name] = (result, evaluation.step)
    rows = []
    for (metric, protocol), values in last.items():
        better = next(iter(values.values()))[0].better
        numbers = [result.value for result, _ in values.values()]
        best = {"lower": min, "higher": max}[better](numbers) if better and len(set(numbers)) > 1 else None
        cells = []
        for name in runs:
            result, step = values.get(name, (None, None))
            cells.append({"result": result, "step": step, "best": result is not None and result.value == best})
        rows.append({"metric": metric, "protocol": protocol, "better": better, "cells": cells})
    return sorted(rows, key=lambda row: (row["protocol"], row["metric"]))


def curves(runs: Mapping[str, Run]) -> list[dict[str, str]]:
    """A chart for each log that two runs or more have, over rounds."""
    logs = {name: run.logs() for name, run in runs.items()}
    names = dict.fromkeys(log for columns in logs.values() for log in columns if log not in ("epoch", "step"))
    charted = []
    for log in names:
        having = {name: columns for name, columns in logs.items() if np.isfinite(columns.get(log, [])).any()}
        if len(having) > 1:
            lines = {name: (columns["step"], columns[log]) for name, columns in having.items()}
            charted.append({"name": log, "source": charts.lines(lines, "round", log=log.endswith("grad_norm"))})
    return charted
