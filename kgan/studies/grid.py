"""A study of runs: settings x seeds, as data. `kgan study FILE.py` runs the one that a file calls `STUDY`.

Each cell is a run of `kgan train` (see `cell`) with the flags of its setting. All settings have one budget of gradient
evaluations: a setting's number of rounds is what that buys at its price a round.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure

from kgan.checks import InputError
from kgan.studies.verdict import Table

EPOCHS = 4  # in which every run is cut, for its checkpoints and curves
START = 5.0  # seconds of one core in which a cell begins and ends, whatever it trains
LOAD = 6.0  # more, for each member of an ensemble: they load TensorFlow


@dataclasses.dataclass(frozen=True)
class Setting:
    """A row of the grid.

    Attributes:
        name: in tables and figures.
        flags: what `kgan train` is given beside the study's common flags.
        price: gradient evaluations a round of one run, as its logs have them; the runner refuses a run whose logs say
            otherwise.
        runs: how many runs it is made of; more than 1 in some ensembles, among which the budget is divided.
        share: of the budget that it is given; above 1 for one that may take longer, and says so in its name.
        rows: (n, of): train on n samples of the data's first `of`, drawn by the seed; None for all.
    """

    name: str
    flags: Sequence[str] = ()
    price: float = 2.0
    runs: int = 1
    share: float = 1.0
    rows: tuple[int, int] | None = None

    def rounds(self, budget: int) -> int:
        """Rounds of each of its runs: a multiple of `EPOCHS`."""
        epoch = budget * self.share / (self.price * self.runs * EPOCHS)
        return max(1, int(epoch)) * EPOCHS


@dataclasses.dataclass(frozen=True)
class Column:
    """What is measured at a run's end.

    Attributes:
        name: in the table, and of what is measured: a metric of `kgan evaluate`; "log.NAME", a log of the last epoch;
            "equilibrium.NAME", of the last of the study's looks, "equilibrium.NAME@2" of the second at which it was
            measured; "alarms", how often the alarm was raised.
        heading: in the page.
        of: the value from all that is measured, by those names; default: that of `name`.
        shown: whether the page's table has it; else it is in the CSV alone, for the figure and the answer.
    """

    name: str
    heading: str
    of: Callable[[Mapping[str, float]], float] | None = None
    shown: bool = True

    def value(self, measured: Mapping[str, float]) -> float:
        """Its value, NaN if the run has none."""
        try:
            return float(measured[self.name] if self.of is None else self.of(measured))
        except KeyError:
            return math.nan


@dataclasses.dataclass(frozen=True)
class Study:
    """A question, runs that answer it, and how.

    Attributes:
        name: of its files.
        title, question, method: of the page, in Markdown; `method` says what is compared and what is held equal.
        common: flags of all runs.
        metrics: of `kgan evaluate`, by comma.
        settings: the grid's rows.
        columns: of the table; the first are drawn.
        answer: table -> sentences, each with its uncertainty, made by `verdict`.
        budget: gradient evaluations of a setting.
        seeds: runs of a setting.
        quick: (budget, seeds) of `--quick`.
        in_quick: whether a setting is in `--quick`; default all are.
        pace: seconds of one core for a thousand gradient evaluations, for the estimate beforehand.
        looks: how often `EquilibriumMonitor` looks at a run; at each tenth, for the eigenvalue too.
        drawn: how many of the columns are drawn.
        figure: table -> the picture, for a study that draws its own.
        reading: what a reader should know beside the numbers: expectations, failures, what was not tried.
    """

    name: str
    title: str
    question: str
    method: str
    common: Sequence[str]
    metrics: str
    settings: Sequence[Setting]
    columns: Sequence[Column]
    answer: Callable[[Table], Sequence[str]]
    budget: int
    seeds: int
    quick: tuple[int, int]
    in_quick: Callable[[Setting], bool] = lambda _: True
    pace: float = 1.0
    looks: int = 0
    drawn: int = 2
    figure: Callable[[Table], Figure] | None = None
    reading: str = ""

    def __post_init__(self) -> None:
        names = [setting.name for setting in self.settings]
        if not names or len(set(names)) < len(names):
            raise InputError(f"settings: wanted one or more, each with a name of its own, got {names}")

    def seconds(self, setting: Setting, budget: int) -> float:
        """About how long a run of a setting takes on one core."""
        training = self.pace * setting.rounds(budget) * setting.price / 1000
        if setting.runs == 1:
            return START + training
        return START + setting.runs * (LOAD + START + training)

    def cells(self, quick: bool) -> list[tuple[Setting, int, int]]:
        """(setting, seed, budget) of each cell, in the table's order."""
        budget, seeds = self.quick if quick else (self.budget, self.seeds)
        settings = [setting for setting in self.settings if not quick or self.in_quick(setting)]
        return [(setting, seed, budget) for setting in settings for seed in range(seeds)]
