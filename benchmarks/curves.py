"""What healthy and sick runs look like: the pictures and figures of docs/curves.md.

    python benchmarks/curves.py --folder=FOLDER [--only=healthy,collapse] [--seeds=0,1,2] [--pictures=docs/curves]

Each illness is a `kgan train` on the ring of eight Gaussians or on 8 x 8 digits, a minute or less of one core, beside
the same run with the cure. Runs are kept in FOLDER, as SEED/NAME, and go on where they were; the flags of each are in
its flags.txt and are printed. Pictures are of the first seed, a row a run. The table has the mean and the standard
error over the seeds of what the run's own files say at its end.
"""

import argparse
import dataclasses
import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, SymmetricalLogLocator
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.runs import Run

EPOCHS = 40
WATCHED = [f"--epochs={EPOCHS}", f"--evaluate_every={EPOCHS}", f"--checkpoint_every={EPOCHS}"]
RING = ["--dataset=ring", "--width=64", "--batch_size=120", "--steps_per_epoch=80", "--equilibrium_every=80"]
RING += ["--metrics=modes", "--evaluate_num=2500", *WATCHED]
DIGITS = ["--dataset=digits", "--resolution=8", "--width=32", "--batch_size=50", "--steps_per_epoch=60"]
DIGITS += ["--equilibrium_every=60", "--metrics=fid,density_coverage", "--evaluate_num=1797", *WATCHED]
FEW, ALL = 60, 1797
STOPPED = "training stopped before its end"


def adam(d_rate: float, g_rate: float, beta: float = 0.5) -> list[str]:
    rates = {"d": d_rate, "g": g_rate}
    return [f"--{player}_optimizer=adam(learning_rate={rate:g}, beta_1={beta:g})" for player, rate in rates.items()]


@dataclasses.dataclass(frozen=True)
class Case:
    """One picture: runs by name, of which the first is sick (or the only one), and their flags beside `common`."""

    common: list[str]
    runs: dict[str, list[str]]
    few: bool = False  # of the data
    pictured: bool = True


WINS = ["--loss=minimax", "--n_critic=5", *adam(1e-3, 1e-4)]
TURNS = ["--preset=wgan", "--clip_value=0.3", "--n_critic=1", *adam(1e-3, 1e-3)]
STEP = [f"--{player}_optimizer=sgd(learning_rate=0.3)" for player in "dg"]
CASES = {
    "healthy": Case(RING, {"healthy": ["--penalty=r1(gamma=1)", *adam(1e-3, 1e-3)]}),
    "wins": Case(
        RING,
        {
            "wins": WINS,
            "wins, another loss": ["--loss=non_saturating", *WINS[1:]],
            "wins, R1": [*WINS, "--penalty=r1(gamma=1)"],
        },
    ),
    "collapse": Case(
        RING,
        {
            "collapses": adam(1e-4, 1e-3),
            "collapses, R1": [*adam(1e-4, 1e-3), "--penalty=r1(gamma=0.1)"],
            "collapses, equal rates": adam(1e-3, 1e-3),
        },
    ),
    "turns": Case(
        RING,
        {
            "turns": [*TURNS, "--update=simultaneous"],
            "turns, extragradient": [*TURNS, "--update=extragradient"],
            "turns, R1 for the clip": [
                *("--loss=wasserstein", "--penalty=r1(gamma=1)", "--n_critic=1", "--update=simultaneous"),
                *adam(1e-3, 1e-3),
            ],
        },
    ),
    "explodes": Case(
        RING,
        {
            "explodes": ["--preset=wgan", "--clip_value=1000", "--n_critic=5", *adam(1e-2, 1e-2)],
            "explodes, WGAN-GP": ["--preset=wgan_gp", "--n_critic=5", *adam(1e-3, 1e-3)],
        },
    ),
    "NaN": Case(
        RING,
        {
            "NaN": [*STEP, "--penalty=r1(gamma=100)"],
            "NaN, a lighter penalty": [*STEP, "--penalty=r1(gamma=1)"],
        },
        pictured=False,  # three rounds
    ),
    "by heart": Case(
        DIGITS,
        {
            "by heart": adam(5e-4, 5e-4),
            "by heart, ADA": [*adam(5e-4, 5e-4), "--augment=ada(target=0.2)"],
        },
        few=True,
    ),
}


def train(folder: Path, case: Case, name: str, seed: int) -> Path:
    """Trains a run, or goes on with it. One that ends in NaN is a result."""
    run = folder / str(seed) / name.replace(", ", "-").replace(" ", "_")
    flags = [*case.common, *case.runs[name], f"--seed={seed}", f"--run_dir={run}"]
    if case.few:
        rows = folder / f"rows-{seed}.npy"
        rows.parent.mkdir(parents=True, exist_ok=True)
        np.save(rows, np.random.default_rng(seed).permutation(ALL)[:FEW])
        flags.append(f"--rows={rows}")
    said = folder / f"said-{seed}-{run.name}.txt"
    if not (run / "report.html").exists() and not (said.exists() and STOPPED in said.read_text()):
        print("kgan train", *(f'"{flag}"' if "(" in flag else flag for flag in flags), flush=True)
        with said.open("w") as out:
            done = subprocess.run([sys.executable, "-m", "kgan", "train", *flags], stdout=out, stderr=out)
        if done.returncode and STOPPED not in said.read_text():
            sys.exit(f"{name}: {said.read_text().strip().splitlines()[-1]}")
    return run


# The panels of a row: a title, and its curves, from logs.csv, equilibrium.csv or collapse.csv.
LOGS, EQUILIBRIUM, COLLAPSE = "logs", "equilibrium", "collapse"
NORMS, SHARES, LOOKS = "gradient norms", "r_t, rotation", "the alarm's looks"
PANELS = {
    "losses": (LOGS, {"d_loss": "discriminator", "g_loss": "generator"}),
    "mean logits": (LOGS, {"d_real": "on reals", "d_fake": "on samples"}),
    NORMS: (EQUILIBRIUM, {"d_norm": "discriminator", "g_norm": "generator"}),
    SHARES: (EQUILIBRIUM, {"r_t": "r_t, held-out reals", "rotation": "rotation"}),
    LOOKS: (COLLAPSE, {"separation": "separation", "diversity_pixels": "diversity", "classes": "classes"}),
}
COLOURS = ("#0072B2", "#D55E00", "#009E73")
LARGE = 50.0  # beyond which a scale is logarithmic on both sides of 0


def picture(path: Path, runs: dict[str, Path]) -> None:
    """A row a run: its curves over rounds, and samples of its end."""
    figure = Figure((2.5 * (len(PANELS) + 1), 2.2 * len(runs) + 0.4), layout="constrained")
    rows = figure.subplots(len(runs), len(PANELS) + 1, squeeze=False)
    for (name, run), row in zip(runs.items(), rows, strict=True):
        for axes, (title, panel) in zip(row, PANELS.items(), strict=False):
            _curves(axes, Run(run), title, *panel)
        _samples(row[-1], Run(run))
        row[0].set_ylabel(name.replace(", ", ",\n"), fontsize=11, fontweight="bold")
    for axes, title in zip(rows[0], [*PANELS, "samples at the end"], strict=True):
        axes.set_title(title, fontsize=10)
    for axes in rows[-1][:-1]:
        axes.set_xlabel("round", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    figure.savefig(whole, dpi=80)
    Image.open(whole).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


def _curves(axes: Axes, run: Run, title: str, kind: str, names: dict[str, str]) -> None:
    drawn = [np.zeros(0)]
    for colour, (column, label) in zip(COLOURS, names.items(), strict=False):
        steps, values = series(run, kind, column)
        drawn.append(values)
        axes.plot(steps, values, color=colour, label=label, linewidth=1.4)
        if column == "r_t":  # of the reals that it trains on
            axes.plot(*series(run, LOGS, column), color=colour, linewidth=1.0, linestyle=":", label="r_t, in training")
    everything = np.concatenate(drawn)
    if not len(everything):
        axes.set_axis_off()
        words = "too few reals\nfor the alarm" if kind == COLLAPSE else "not reached"
        axes.text(0.5, 0.5, words, ha="center", transform=axes.transAxes)
        return
    for alarm in run.alarms():
        axes.axvline(alarm["step"], color="#cc3311", linewidth=1, linestyle="--")
    if title == NORMS:
        axes.set_yscale("log")
        if everything.max() > 10 * everything.min():
            axes.yaxis.set_minor_formatter(NullFormatter())
    elif title in (SHARES, LOOKS):
        axes.set_ylim(*((-1.05, 1.05) if title == SHARES else (-0.05, 1.35)))
    elif np.abs(everything).max() > LARGE:
        axes.set_yscale("symlog", linthresh=1.0)
        axes.yaxis.set_major_locator(SymmetricalLogLocator(axes.yaxis.get_transform()))
        axes.yaxis.get_major_locator().set_params(numticks=7)
    axes.tick_params(labelsize=7, which="both")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7, frameon=False)


def _samples(axes: Axes, run: Run) -> None:
    """Of the generator of the last checkpoint: points over the ring, or pictures."""
    axes.set(xticks=[], yticks=[])
    try:
        samples = run.sampler().sample(500, seed=1)
    except (InputError, ValueError):
        axes.text(0.5, 0.5, "no generator:\nNaN", ha="center", va="center", transform=axes.transAxes)
        return
    if samples.ndim == 2:
        axes.scatter(*kgan.data.modes("ring")[0].T, 90, edgecolors="0.6", facecolors="none")
        axes.scatter(*samples.T, 3, color=COLOURS[0])
        axes.set(xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
    else:
        grid = samples[:36, ..., 0].reshape(6, 6, *samples.shape[1:3]).transpose(0, 2, 1, 3)
        axes.imshow(grid.reshape(6 * samples.shape[1], -1), cmap="gray", vmin=-1, vmax=1)


def series(run: Run, kind: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(rounds, values) of a column of one of the run's tables, where it is a number."""
    if kind == LOGS:
        logs = run.logs()
        steps, values = np.array(logs["step"], float), np.array(logs.get(column, [np.nan] * len(logs["step"])), float)
    else:
        rows = run.equilibrium() if kind == EQUILIBRIUM else run.collapse()
        steps, values = (np.array([row.get(key, np.nan) for row in rows], float) for key in ("step", column))
    known = np.isfinite(values)
    return steps[known], values[known]


def figures(run: Path) -> dict[str, float]:
    """What the run's files say of its end."""
    view = Run(run)
    said = {name: series(view, LOGS, name)[1] for name in ("d_loss", "g_loss", "d_real", "d_fake")}
    said |= {name: series(view, EQUILIBRIUM, name)[1] for name in ("g_norm", "rotation", "r_t")}
    said |= {"separation": series(view, COLLAPSE, "separation")[1], "r_t in training": series(view, LOGS, "r_t")[1]}
    found = {name: float(values[-1]) for name, values in said.items() if len(values)}
    for evaluation in view.evaluations()[-1:]:
        found |= {result.metric: result.value for result in evaluation.results}
    alarms = view.alarms()
    steps = view.logs()["step"]
    return found | {"rounds": steps[-1]} | ({"alarm": alarms[0]["step"]} if alarms else {})


SHOWN = (
    "modes",
    "high_quality",
    "fid",
    "coverage",
    "separation",
    "r_t in training",
    "r_t",
    "rotation",
    "d_loss",
    "g_loss",
)
SHOWN += ("d_real", "d_fake", "g_norm", "rounds", "alarm")


def table(found: dict[str, list[dict[str, float]]]) -> str:
    """A row a run: mean ± standard error over its seeds; how many there are, where not all have the figure."""
    used = [name for name in SHOWN if any(name in one for ones in found.values() for one in ones)]
    lines = [f"| run | {' | '.join(used)} |", "|" + " --- |" * (len(used) + 1)]
    for name, ones in found.items():
        cells = []
        for key in used:
            values = np.array([one[key] for one in ones if key in one])
            error = f" ± {values.std(ddof=1) / len(values) ** 0.5:.2g}" if len(values) > 1 else ""
            missing = f" ({len(values)} of {len(ones)})" if 0 < len(values) < len(ones) else ""
            cells.append(f"{values.mean():.3g}{error}{missing}" if len(values) else "–")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--pictures", type=Path)
    asked = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    names, seeds = asked.only.split(","), list(map(int, asked.seeds.split(",")))
    asked.folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[dict[str, float]]] = {}
    for seed, name in itertools.product(seeds, names):
        case = CASES[name]
        runs = {run: train(asked.folder, case, run, seed) for run in case.runs}
        if asked.pictures and case.pictured and seed == seeds[0]:
            picture(asked.pictures / f"{name.replace(' ', '-')}.png", runs)
        for run, place in runs.items():
            found.setdefault(run, []).append(figures(place))
    print(table(found))
    (asked.folder / "figures.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
