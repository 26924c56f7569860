"""docs/performance.md and its plot, of what has been measured."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from benchmarks.speed.side import SIDES
from benchmarks.speed.turns import OTHERS
from kgan import files

TORCH = [name for name in OTHERS if name.startswith("torch")]
PROFILE = "## The profile"
HEAD = """\
Each side is a living process; all are asked in turn, so that what else the machine does falls on all alike. A number
is kgan's time over the other's, the median over {pairs} turns: below 1 kgan is faster. All have networks with equal
parameters and keep the generator's average. `tf.function` is the same round by hand, a call a round ("looped": all in
one call); "tuned" PyTorch is channels_last, a fused Adam and one operation for the average; `torch.compile` is that,
compiled. The share is that of the machine's own rate of convolutions, which the round's matrix products and
convolutions are of."""


def write(page: Path, kept: dict[str, Any], about: str, pairs: int, tiny: bool) -> None:
    """Writes the page and its plot. What stands on it below "The profile" is left as it is.

    Args:
        page: its path; the plot lies beside it.
        kept: by item, the "commit" that was measured and what was "found"; what is missing is left out.
        about: the machine and the libraries.
        pairs: turns.
        tiny: of networks that take no time.
    """
    results = {name: one["found"] for name, one in kept.items()}
    games = [one for one in results.values() if "rounds" in one]
    warning = "**Tiny networks: it says nothing.** " if tiny else ""
    commits: dict[str, list[str]] = {}
    for name, one in kept.items():
        commits.setdefault(one["commit"], []).append(name)
    when = "; ".join(f"at {commit}: {', '.join(names)}" for commit, names in commits.items())
    parts = [
        f"# Performance\n\n`make bench` writes this page, but for its last section. {warning}Measured on {about} "
        f"({when}).\n\n{HEAD.format(pairs=pairs)}"
    ]
    if games:
        picture = page.with_suffix(".png")
        _plot(games, picture)
        parts.append(f"![kgan's time over the others']({picture.name})")
        parts.append("## A round\n\n" + _rounds(games))
        parts += [f"{one['title']}: {name} fails: {error}." for one in games for name, error in one["errors"].items()]
        header = ["", "ms", *OTHERS]
        rows = [[one["title"], f"{1000 * one['sample']:.3g}", *_cells(one["samples"], OTHERS)] for one in games]
        parts.append("## 1,024 samples\n\n" + _table(header, rows))
        rows = [[one["title"], *_cells(one["peaks"], SIDES, ".0f")] for one in games]
        parts.append("## Peak memory of the process, MiB\n\n" + _table(["", *SIDES], rows))
    if "rules" in results:
        rows = [[f"`{n}`", f"{one['evaluations']:g}", f"{one['one']:.2f}"] for n, one in results["rules"].items()]
        parts.append(
            "## Update rules\n\nThe time of one gradient evaluation over that of `alternating`, in (a)'s networks at a "
            "width of 16, without a penalty.\n\n" + _table(["rule", "evaluations a round", "time of one"], rows)
        )
    if "players" in results:
        counts = list(next(iter(results["players"].values())))
        rows = [[kind, *_cells(costs, counts)] for kind, costs in results["players"].items()]
        parts.append(
            "## Several players\n\nThe processor's time over that of one, in a DCGAN of 28x28.\n\n"
            + _table(["", *counts], rows)
        )
    if "decoding" in results:
        rows = [[name, f"{rate:,.0f}"] for name, rate in results["decoding"].items()]
        parts.append(
            "## Decoding\n\nPictures a second, of JPEG files of 96x128 cut and resized to 64x64.\n\n"
            + _table(["of", "a second"], rows)
        )
    if "disk" in results:
        seconds = results["disk"]["seconds"]
        parts.append(
            f"## From disk to weights\n\n`kgan train --width=16`, an epoch of Fashion-MNIST, from the call to the "
            f"checkpoint, the samples and the export: {seconds:.0f} s."
        )
    if games:
        speed = games[-1]["machine"]
        rows = [[name, f"{rate:.0f}"] for name, rate in speed.items()]
        parts.append("## The machine\n\n" + _table(["", "GFLOP/s"], rows))
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    parts += [f"{PROFILE}{rest}" for rest in before.split(PROFILE)[1:]]
    files.write(page, "\n\n".join(part.rstrip() for part in parts) + "\n")


def _rounds(games: list[dict]) -> str:
    rows = []
    for one in games:
        torch = [one["rounds"][name] for name in TORCH if name in one["rounds"]]  # the fastest: the largest ratio
        best = f"{max(torch):.2f}" if torch else "–"
        rows.append([one["title"], f"{1000 * one['round']:.3g}", *_cells(one["rounds"], OTHERS), best])
        rows[-1].append(f"{one['share']:.0%}")
    return _table(["", "ms a round", *OTHERS, "best of PyTorch", "share"], rows)


def _cells(found: dict[str, float], names: Any, form: str = ".2f") -> list[str]:
    return [format(found[name], form) if name in found else "–" for name in names]


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plot(games: list[dict], path: Path) -> None:
    """kgan's time over that of the others: below 1 it is faster."""
    figure = Figure((10, 4))
    axes = figure.subplots()
    width = 0.8 / len(OTHERS)
    for number, name in enumerate(OTHERS):
        places = [place + number * width for place in range(len(games))]
        axes.bar(places, [one["rounds"].get(name, float("nan")) for one in games], width, label=name)
    axes.axhline(1.0, color="black", linewidth=0.8)
    titles = [one["title"].replace(", ", "\n") for one in games]
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(games))], titles, fontsize="small")
    axes.set_ylabel("kgan's time / the other's")
    axes.legend(ncols=3, fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
