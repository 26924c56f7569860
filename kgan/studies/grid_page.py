"""The page of a study of runs: question, method, the answer that its table gives, the table, the picture, the cost."""

import math
import os
import platform
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kgan.studies import report
from kgan.studies.grid import Column, Study
from kgan.studies.verdict import LEVEL, Table

COLOUR = "#0072B2"


def points(study: Study, table: Table) -> Figure:
    """A panel a column, a row a setting: every run as a point, their mean with its standard error."""
    drawn, names = study.columns[: study.drawn], table.settings()
    result = Figure(figsize=(2.6 + 3.6 * len(drawn), 1.4 + 0.32 * len(names)), layout="constrained")
    panels = result.subplots(1, len(drawn), sharey=True, squeeze=False)[0]
    for axes, column in zip(panels, drawn, strict=True):
        _panel(axes, table, column, names)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    return result


def _panel(axes: Axes, table: Table, column: Column, names: list[str]) -> None:
    for place, name in enumerate(names):
        values, mean = table.values(name, column.name), table.mean(name, column.name)
        axes.plot(values, np.full(len(values), place), "o", color=COLOUR, alpha=0.3, markersize=5)
        if mean.num:
            error = 0.0 if math.isnan(mean.error) else mean.error
            axes.errorbar(mean.value, place, xerr=error, fmt="D", color=COLOUR, markersize=6, capsize=4)
        else:
            axes.text(0.5, place, "no run ended", transform=axes.get_yaxis_transform(), ha="center", va="center")
    axes.set(xlabel=column.heading, ylim=(-0.6, len(names) - 0.4))
    axes.grid(alpha=0.3)


def lines(axes: Axes, table: Table, column: str, curves: Mapping[str, Sequence[tuple[float, str]]]) -> None:
    """Means with their standard errors over a number that settings have; curves: label -> (number, setting), of which
    those are drawn that the table has.
    """
    for i, (label, points) in enumerate(curves.items()):
        there = [(x, table.mean(name, column)) for x, name in points]
        there = [(x, mean) for x, mean in there if mean.num]
        if there:
            place = 1.0 + 0.02 * (i - len(curves) / 2)  # beside each other, on a logarithmic axis
            errors = [0.0 if math.isnan(mean.error) else mean.error for _, mean in there]
            axes.errorbar(
                [x * place for x, _ in there], [mean.value for _, mean in there], errors, marker="o", markersize=4,
                capsize=2, linewidth=1.2, label=label, color=f"C{i % 10}", linestyle="-" if i < 10 else "--",
            )  # fmt: skip
    axes.set_xscale("log")
    axes.grid(alpha=0.3)


def page(study: Study, table: Table, quick: bool, jobs: int) -> str:
    """README.md."""
    headings = {"setting": "setting", "rounds": "rounds", "evaluations": "gradient evaluations"}
    headings |= {column.name: column.heading for column in study.columns if column.shown}
    headings |= {"ended": "ended", "core_seconds": "seconds of a core"}
    rows, used = [], lambda name: str(table.mean(name, "core_seconds"))
    for name in table.settings():
        mine = [row for row in table.rows if row["setting"] == name]
        cells = {column.name: str(table.mean(name, column.name)) for column in study.columns}
        whole = {key: f"{mine[0][key]:,.0f}" for key in ("rounds", "evaluations")}
        ended = f"{sum(row['outcome'] == 'ended' for row in mine)} of {len(mine)}"
        rows.append({"setting": name, **whole, **cells, "ended": ended, "core_seconds": used(name)})
    answer = "\n".join(f"- {_sentence(said)}" for said in study.answer(table))
    seeds = len({row["seed"] for row in table.rows})
    known = [row["seconds"] for row in table.rows if not math.isnan(row["seconds"])]
    cores = np.nansum([row["core_seconds"] for row in table.rows]) / 60
    clock = f"{sum(known) / 60:.0f} by the clock, in which the machine may have done more"
    cost = (
        f"{len(table.rows)} runs, {cores:.0f} minutes of one core all together ({clock}), "
        f"{jobs} at a time, on {os.cpu_count()} cores ({platform.machine()})."
    )
    if len(known) < len(table.rows):
        cost += f" {len(table.rows) - len(known)} were stopped and went on: their times are not known."
    tests = (
        f"± is the standard error over {seeds} seeds. Two settings are told apart where Welch's test has p < {LEVEL}, "
        f"a trend where Kendall's rank correlation has. Sentences are made from the table by the program."
    )
    option = " --quick" if quick else ""
    more = "\n\nThis is the quick form: too few rounds and seeds for an answer that lasts." if quick else ""
    sections = {
        "Question": study.question,
        "Answer": answer + more,
        "Method": study.method.strip() + "\n\n" + tests,
        "Result": f"![{study.title}]({study.name}.png)\n\n" + report.markdown(rows, headings),
        **({"How to read it": study.reading} if study.reading else {}),
        "Cost": cost,
    }
    return report.page(f"{study.name}{option}", study.title, sections, table=study.name)


def _sentence(said: str) -> str:
    return said[0].upper() + said[1:] + "."
