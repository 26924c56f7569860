"""Plays the cells of a study, several at a time, here or on a Ray cluster, and writes its table and page."""

import concurrent.futures
import importlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import tqdm

from kgan import process, script
from kgan.checks import InputError, whole
from kgan.studies import cell, grid_page, report
from kgan.studies.grid import Setting, Study
from kgan.studies.verdict import Table


def load(path: str) -> Study:
    """The `STUDY` of a Python file.

    Raises:
        InputError: if the file cannot be run, or has none.
    """
    study = getattr(script.load("study", path), "STUDY", None)
    if not isinstance(study, Study):
        raise InputError(f"study: {path} has no STUDY, wanted a kgan.studies.grid.Study of that name")
    return study


def run(study: Study, folder: Path, quick: bool = False, jobs: int = 1, ray: str | None = None) -> None:
    """Plays what is not played yet, and writes README.md, NAME.csv and NAME.png.

    The table is a function of the study, its times aside: a study that was killed goes on where it was, to the same.

    Args:
        study: the study.
        folder: to write into. The runs are in its "cells", or "cells-quick".
        quick: its small form.
        jobs: cells at a time.
        ray: the address of a Ray cluster ("auto" for that of this machine), which plays them instead, as many at a
            time as it has cores for; `folder` is then one that all of its machines see.

    Raises:
        InputError: if a cell fails for another reason than that its weights are not finite any more, or without Ray.
    """
    whole("jobs", jobs)
    cells, todo = study.cells(quick), []
    where = folder / ("cells-quick" if quick else "cells")
    for setting, seed, budget in cells:
        place = cell.folder_of(where, setting, seed)
        if cell.read(study, place) is None:
            todo.append((study, setting, seed, budget, place.absolute()))
    seconds = sum(study.seconds(setting, budget) for _, setting, _, budget, _ in todo)
    print(
        f"{study.name}: {len(cells)} runs, {len(cells) - len(todo)} of them done before; the others take about "
        f"{seconds / 60:.0f} minutes of one core"
    )
    begun, played = time.monotonic(), 0
    play = _on_ray(ray) if ray else _here(jobs)
    with tqdm.tqdm(total=len(todo), unit="run", disable=None) as bar:
        for row in play(todo):
            played += 1
            bar.update()
            left = (time.monotonic() - begun) / played * (len(todo) - played)
            tqdm.tqdm.write(
                f"{row['setting']}, seed {row['seed']}: {row['outcome']}; about {left / 60:.0f} min are left"
            )
    rows = [cell.read(study, cell.folder_of(where, setting, seed)) for setting, seed, _ in cells]
    table = Table(rows)
    picture = grid_page.points(study, table) if study.figure is None else study.figure(table)
    report.write(folder, study.name, rows, picture, grid_page.page(study, table, quick, jobs))


Cell = tuple[Study, Setting, int, int, Path]
Play = Callable[[Sequence[Cell]], Iterator[dict]]


def _here(jobs: int) -> Play:
    """In processes of this machine, `jobs` at a time, each with its share of the cores."""

    def play(todo: Sequence[Cell]) -> Iterator[dict]:
        # A thread waits for each process. What is not begun when one fails, or we are interrupted, is not begun.
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = [pool.submit(cell.play, *one, environment(jobs)) for one in todo]
            try:
                for done in concurrent.futures.as_completed(waiting):
                    yield done.result()
            except KeyboardInterrupt:
                process.stop()
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    return play


def environment(jobs: int) -> dict[str, str]:
    """This process's, for one of `jobs` side by side: as many threads as it has cores to itself.

    So many for every cell, whatever runs beside it: the last bits depend on the number of threads.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = str(max(1, cores // jobs))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    return dict(os.environ) | {name: threads for name in names}


def _on_ray(address: str) -> Play:
    """On a Ray cluster: one core a cell."""
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise InputError("ray: wanted the package Ray: pip install 'kgan[ray]'") from error

    def play(todo: Sequence[Cell]) -> Iterator[dict]:
        ray.init(address=None if address == "local" else address, ignore_reinit_error=True, log_to_driver=False)
        far = ray.remote(num_cpus=1, max_retries=3)(_far)
        waiting = [far.remote(*one) for one in todo]
        while waiting:
            [first], waiting = ray.wait(waiting)
            yield ray.get(first)

    return play


def _far(study: Study, setting: Setting, seed: int, budget: int, folder: Path) -> dict:
    return cell.play(study, setting, seed, budget, folder, environment(len(os.sched_getaffinity(0))))
