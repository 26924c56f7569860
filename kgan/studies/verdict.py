"""What a table of runs says, with how sure it is: means, differences and trends over seeds, in sentences.

Pure functions of the table: the sentence of a study's page is computed, and says the opposite of an opposite table.
A difference is told where Welch's t-test, two-sided, has p < `LEVEL`, and a trend where Kendall's rank correlation
has; what is not told is said to be so.
"""

import dataclasses
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

LEVEL = 0.05


@dataclasses.dataclass(frozen=True)
class Mean:
    """A mean over seeds.

    Attributes:
        value: the mean, NaN of none.
        error: its standard error, NaN of fewer than two.
        num: of how many.
        runs: how many there are; those without a finite value are left out, and it says so.
    """

    value: float
    error: float
    num: int
    runs: int

    def __str__(self) -> str:
        if not self.num:
            return "–"
        said = f"{self.value:.4g}" + ("" if math.isnan(self.error) else f" ± {self.error:.2g}")
        return said + (f" (in {self.num} of {self.runs})" if self.num < self.runs else "")


class Table:
    """The rows of a study, one a run: "setting", "seed", and what was measured, NaN where there is nothing.

    Args:
        rows: in any order.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.rows = list(rows)

    def settings(self) -> list[str]:
        """The settings, in the order of the rows."""
        return list(dict.fromkeys(row["setting"] for row in self.rows))

    def values(self, setting: str, column: str) -> np.ndarray:
        """The finite values of a column in the runs of a setting, float64 (n,)."""
        values = np.array([row[column] for row in self.rows if row["setting"] == setting], float)
        return values[np.isfinite(values)]

    def mean(self, setting: str, column: str) -> Mean:
        """The mean of a column over the seeds of a setting."""
        values, runs = self.values(setting, column), sum(row["setting"] == setting for row in self.rows)
        error = values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        return Mean(float(values.mean()) if len(values) else math.nan, float(error), len(values), runs)

    def difference(self, column: str, one: str, other: str) -> tuple[float, float, bool]:
        """(mean of `one` less that of `other`, its standard error, whether the two are told apart)."""
        a, b = self.mean(one, column), self.mean(other, column)
        difference, error = a.value - b.value, math.hypot(a.error, b.error)
        if math.isnan(error):
            return difference, error, False
        if not error:  # no spread at all: Welch's statistic is not defined
            return difference, error, difference != 0.0
        told = (v for mean in (a, b) for v in (mean.value, mean.error * math.sqrt(mean.num), mean.num))
        return difference, error, bool(stats.ttest_ind_from_stats(*told, equal_var=False).pvalue < LEVEL)

    def best(self, column: str, highest: bool, among: Sequence[str] | None = None) -> str | None:
        """The setting with the best mean, of those of which every run has a finite value; None if there is none."""
        means = {name: self.mean(name, column) for name in (self.settings() if among is None else among)}
        values = {name: mean.value for name, mean in means.items() if 0 < mean.num == mean.runs}
        return (max if highest else min)(values, key=values.__getitem__) if values else None


def compared(table: Table, column: str, what: str, one: str, other: str) -> str:
    """One against another: "packed is above plain in modes: 7.8 ± 0.1 against 6.3 ± 0.5"."""
    a, b = table.mean(one, column), table.mean(other, column)
    if not a.num or not b.num:
        return f"{one} and {other} cannot be compared in {what}: {one if not a.num else other} has no finite value"
    difference, error, told = table.difference(column, one, other)
    figures = f"{a} against {b}, a difference of {difference:+.3g}" + ("" if math.isnan(error) else f" ± {error:.2g}")
    if not told:
        return f"{one} and {other} cannot be told apart in {what}: {figures}"
    return f"{one} is {'above' if difference > 0 else 'below'} {other} in {what}: {figures}"


def against(table: Table, column: str, what: str, one: str, others: Sequence[str], highest: bool) -> str:
    """How all `others` stand to `one`: which are better, which worse, and which cannot be told apart."""
    groups: dict[str, list[str]] = {"better": [], "worse": [], "not told apart": [], "without a finite value": []}
    for other in others:
        difference, _, told = table.difference(column, other, one)
        if math.isnan(difference):
            groups["without a finite value"].append(other)
        elif not told:
            groups["not told apart"].append(other)
        else:
            groups["better" if (difference > 0) == highest else "worse"].append(other)
    said = [f"{key}: {_listed(table, column, names)}" for key, names in groups.items() if names]
    return f"in {what}, against {one} ({table.mean(one, column)}): {'; '.join(said)}"


def published(table: Table, column: str, what: str, source: str, better: str, worse: str, highest: bool = True) -> str:
    """Whether the order of two settings that a paper reports is found here too."""
    said = compared(table, column, what, better, worse)
    difference, _, told = table.difference(column, better, worse)
    return f"{source} report {better} before {worse}. Here that is {found(told, (difference > 0) == highest)}: {said}"


def found(told: bool, as_published: bool) -> str:
    """What became of an order that a paper reports, by whether two settings are told apart here, and in that order."""
    if not told:
        return "neither reproduced nor refuted"
    return "reproduced" if as_published else "not reproduced, it is the other way round"


def trend(table: Table, column: str, what: str, settings: Sequence[str], along: str) -> str:
    """Whether a column rises or falls over settings in their order, over all their runs."""
    pairs = [(i, value) for i, name in enumerate(settings) for value in table.values(name, column)]
    ends = f"{table.mean(settings[0], column)} at {settings[0]}, {table.mean(settings[-1], column)} at {settings[-1]}"
    if len({place for place, _ in pairs}) < 2:
        return f"{what} has too few finite values to tell a trend with {along}: {ends}"
    with warnings.catch_warnings(action="ignore"):  # of values that are all one
        tau = stats.kendalltau(*zip(*pairs, strict=True))
    if not tau.pvalue < LEVEL:
        return f"{what} shows no trend with {along}: {ends}"
    best = (table.best(column, tau.statistic > 0, settings), "highest" if tau.statistic > 0 else "lowest")
    turn = "" if best[0] in (None, settings[-1]) else f" ({best[1]}, {table.mean(best[0], column)}, at {best[0]})"
    return f"{what} {'rises' if tau.statistic > 0 else 'falls'} with {along}: {ends}{turn}"


def spread(table: Table, column: str, what: str, one: str, other: str) -> str:
    """Whose seeds differ more in a column: by Levene's test, with the median."""
    a, b = table.values(one, column), table.values(other, column)
    figures = " against ".join(f"{values.std(ddof=1):.2g}" if len(values) > 1 else "–" for values in (a, b))
    told = False
    if min(len(a), len(b)) > 2 and (a.std() or b.std()):
        told = bool(stats.levene(a, b).pvalue < LEVEL)
    if not told:
        return f"the spread of {what} between seeds is not told apart in {one} and in {other}: {figures}"
    return f"{what} differ {'less' if a.std() < b.std() else 'more'} between seeds in {one} than in {other}: {figures}"


def _listed(table: Table, column: str, names: Sequence[str]) -> str:
    return ", ".join(f"{name} ({table.mean(name, column)})" for name in names)
