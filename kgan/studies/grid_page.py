"""The page of a study of runs: question, method, the answer that its table gives, the table, the picture, the cost."""

import math
import os
import platform

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


def page(study: Study, table: Table, quick: bool, jobs: int) -> str:
    """README.md."""
    headings = {"setting": "setting", "rounds": "rounds", "evaluations": "gradient evaluations"}
    headings |= {column.name: column.heading for column in study.columns}
    headings |= {"ended": "ended", "seconds": "seconds a run"}
    rows = []
    for name in table.settings():
        mine = [row for row in table.rows if row["setting"] == name]
        cells = {column.name: str(table.mean(name, column.name)) for column in study.columns}
        whole = {key: f"{mine[0][key]:,.0f}" for key in ("rounds", "evaluations")}
        ended = f"{sum(row['outcome'] == 'ended' for row in mine)} of {len(mine)}"
        rows.append({"setting": name, **whole, **cells, "ended": ended, "seconds": str(table.mean(name, "seconds"))})
    answer = "\n".join(f"- {_sentence(said)}" for said in study.answer(table))
    seeds = len({row["seed"] for row in table.rows})
    known = [row["seconds"] for row in table.rows if not math.isnan(row["seconds"])]
    cost = (
        f"{len(table.rows)} runs, {sum(known) / 60:.0f} minutes of them all together, {jobs} at a time, on "
        f"{os.cpu_count()} cores ({platform.machine()})."
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
