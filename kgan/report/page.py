"""A run's folder as one page of HTML that needs nothing else: no network, no other file."""

import importlib.metadata
import math
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import kgan
from kgan import files, pictures
from kgan.metrics import Evaluation, Network
from kgan.metrics.networks import Raw
from kgan.penalties import PENALTIES
from kgan.report import charts, views
from kgan.report.template import rendered
from kgan.runs import Run
from kgan.runs.collapse import COLUMNS as DIVERSITY
from kgan.sampling import Sampler

NAME = "report.html"
FRAMES = 40  # pictures under the slider: a page of some megabytes

# The panels of what the monitor and the alarm keep, each with its columns and what it means.
EQUILIBRIUM = {
    "rotation": (("rotation", "update_cosine"), "Rotation near 1, and updates that turn: the players circle."),
    "field": (("field_norm", "d_norm", "g_norm"), "The length of the players' gradients; at an equilibrium it is 0."),
    "discriminator": (("d_accuracy_real", "d_accuracy_fake"), "Its share of right answers; 0.5 when it cannot tell."),
    "slope": (("lipschitz",), "The discriminator's steepest slope that was seen, from below."),
}
DIAGNOSES = {
    "generator starved": "the generator hardly gets a gradient, and the discriminator is sure",
    "discriminator saturated": "the discriminator is right about nearly all",
    "converging": "the players' gradients fall",
    "rotating": "the players turn about each other more than they approach",
    "undecided": "no more to say",
}
SUFFIX = re.compile(r"_(d?\d+|d_[a-z])$")  # of a log: r1_2 is a second r1, r1_d2 and r1_d_a are those of judges
MEANING = {
    "loss": "What each player minimises. In a game these need not fall.",
    "mean logit": "What the discriminator says of reals and of samples.",
    "gradient norm": "The length of each player's gradient.",
    "r_t": "The share of reals that the discriminator takes for real, less that of the others: 0 when it cannot tell.",
    "aug_p": "The probability of each augmentation.",
}
MEANING |= {name: "What this penalty adds to the discriminator's loss." for name in PENALTIES}
MEANING |= {f"g_{name}": "What this penalty adds to the generator's loss." for name in PENALTIES}


def write(
    run_dir: str | os.PathLike,
    generator: Sampler,
    settings: Mapping[str, str],
    reals: np.ndarray | None = None,
    network: Network | None = None,
) -> Path:
    """Writes RUN/report.html from what the callbacks have kept in the folder; what is not there is left out.

    Args:
        run_dir: the run's folder.
        generator: the averaged generator of its newest checkpoint.
        settings: the run's flags by name.
        reals: (n, ...) of some thousands, among which the samples' nearest neighbours are sought; default: none are.
        network: in whose features; default: pixels.

    Returns:
        The page's path.

    Raises:
        InputError: if a file in the folder is damaged.
    """
    run = Run(run_dir)
    evaluations = run.evaluations()
    page = rendered(
        "page.html",
        title=run.folder.resolve().name,
        settings=settings,
        place=run.newest(),
        versions=_versions(),
        frames=_frames(run),
        evaluations=evaluations,
        metrics=_metrics(evaluations),
        classes=_classes(evaluations),
        best=run.best(),
        logs=_logs(run, evaluations),
        game=_game(run),
        collapse=_collapse(run),
        **_views(generator, reals, network or Raw()),
    )
    path = run.folder / NAME
    files.write(path, page)
    return path


def _frames(run: Run) -> list[dict[str, Any]]:
    """The pictures of samples, with their epochs: at most `FRAMES`, the first and the last among them."""
    found = list(run.samples().items())
    kept = np.unique(np.linspace(0, len(found) - 1, min(FRAMES, len(found))).round().astype(int))
    return [
        {"epoch": epoch, "source": charts.uri("image/png", path.read_bytes())}
        for epoch, path in (found[i] for i in kept)
    ]


def _logs(run: Run, evaluations: Sequence[Evaluation]) -> list[dict[str, str]]:
    """Curves of logs.csv but those of the metrics, which have their own, and those of the monitor."""
    logs = run.logs()
    ours = {result.metric for evaluation in evaluations for result in evaluation.results}
    ours |= {name for names, _ in EQUILIBRIUM.values() for name in names} | {"eigenvalue_real", "eigenvalue_imag"}
    panels = pictures.panels(name for name in logs if name not in ours)
    return [
        {
            "name": label,
            "source": charts.lines({n: (logs["epoch"], logs[n]) for n in names}, "epoch", log=label == "gradient norm"),
            "meaning": MEANING.get(SUFFIX.sub("", label), ""),
        }
        for label, names in panels.items()
        if any(math.isfinite(value) for name in names for value in logs[name])
    ]


def _metrics(evaluations: Sequence[Evaluation]) -> list[dict[str, str]]:
    """A chart for each metric that was taken more than once, with the same protocol; it is told where they differ."""
    curves: dict[tuple[str, str], list] = {}
    for evaluation in evaluations:
        for result in evaluation.results:
            curves.setdefault((result.metric, result.protocol), []).append((evaluation.epoch, result))
    shown = []
    for (metric, protocol), points in curves.items():
        if len(points) < 2:
            continue
        epochs, results = zip(*points, strict=True)
        error = [math.nan if result.error is None else result.error for result in results]
        source = charts.lines(
            {metric: (epochs, [result.value for result in results])}, "epoch", errors=error, level=results[-1].real
        )
        better = f"{results[-1].better.capitalize()} is better." if results[-1].better else ""
        shown.append({"name": metric, "source": source, "meaning": better, "protocol": protocol})
    if len({panel["protocol"] for panel in shown}) > 1:
        shown = [{**panel, "meaning": f"{panel['meaning']} {panel['protocol']}".strip()} for panel in shown]
    return shown


def _classes(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    counted = next((evaluation for evaluation in reversed(evaluations) if evaluation.classes), None)
    if counted is None or counted.classes is None:
        return None
    chart = charts.classes(*(counted.classes[key] for key in ("names", "real", "fake")))
    return {"source": chart, "epoch": counted.epoch, "count": len(counted.classes["names"]), "shown": charts.SHOWN}


def _game(run: Run) -> dict[str, Any] | None:
    rows = run.equilibrium()
    if not rows:
        return None
    steps = [row["step"] for row in rows]
    panels = [
        {
            "name": name,
            "meaning": meaning,
            "source": charts.lines(
                {n: (steps, [row[n] for row in rows]) for n in names}, "round", log=name in ("field", "slope")
            ),
        }
        for name, (names, meaning) in EQUILIBRIUM.items()
    ]
    diagnosis = rows[-1]["diagnosis"]
    return {"diagnosis": f"{diagnosis} – {DIAGNOSES[diagnosis]}", "step": steps[-1], "panels": panels}


def _collapse(run: Run) -> dict[str, Any] | None:
    rows = run.collapse()
    if not rows:
        return None
    alarms = run.alarms()
    steps = [row["step"] for row in rows]
    curves = {name: (steps, [row[name] for row in rows]) for name in DIVERSITY}
    curves = {name: (x, y) for name, (x, y) in curves.items() if not all(math.isnan(value) for value in y)}
    return {"alarms": alarms, "source": charts.lines(curves, "round", marks=[alarm["step"] for alarm in alarms])}


def _views(generator: Sampler, reals: np.ndarray | None, network: Network) -> dict[str, Any]:
    """The pictures for which the generator is asked."""
    if not generator.free:  # it translates: its pictures are among the samples
        return {"plane": None, "arcs": None, "neighbours": None}
    arcs = None
    if generator.latent_dim is not None:
        arcs = views.interpolation(generator.of_latents, generator.latent_dim)
    samples = generator.sample(1000)
    if samples.ndim == 2:  # points, in one picture
        known = None if reals is None else reals[:2000]
        return {"plane": charts.plane(samples, known, arcs), "arcs": None, "neighbours": None}
    near = None
    if reals is not None:
        found = views.neighbours(samples, reals, network)
        near = {
            "samples": _picture(found.samples),
            "reals": [_picture(row) for row in found.reals],
            "ratio": found.ratio,
            "network": network.label,
            "count": len(reals),
        }
    return {
        "plane": None,
        "arcs": None if arcs is None else _picture(arcs.reshape(-1, *arcs.shape[2:]), arcs.shape[1]),
        "neighbours": near,
    }


def _picture(images: np.ndarray, columns: int | None = None) -> str:
    grid = pictures.grid(images, columns or len(images))
    return charts.uri("image/png", tf.io.encode_png(grid).numpy())


def _versions() -> dict[str, str]:
    packages = ("tensorflow", "keras", "numpy")
    return {"kgan": kgan.__version__, "Python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in packages
    }
