"""What a table says: the sentence follows the numbers, and says so where they do not tell."""

import importlib
import io

import numpy as np
import pytest
from scipy import stats

from kgan.studies import RUNS
from kgan.studies.verdict import Table, against, compared, published, spread, trend


def table(**settings):
    """A table of a column x, from its values by setting."""
    rows = [{"setting": name, "seed": i, "x": x} for name, values in settings.items() for i, x in enumerate(values)]
    return Table(rows)


def test_means_and_their_errors():
    mean = table(a=[1.0, 2.0, 3.0, np.nan, np.inf]).mean("a", "x")
    assert (mean.value, mean.num) == (2.0, 3) and mean.error == pytest.approx(stats.sem([1, 2, 3]))
    assert str(mean) == "2 ± 0.58 (in 3 of 5)"
    assert str(table(a=[5.0]).mean("a", "x")) == "5" and str(table(a=[]).mean("a", "x")) == "–"


def test_the_best_has_a_value_in_every_run():
    rows = table(lucky=[9.0, np.nan], steady=[5.0, 6.0], worse=[4.0, 4.0], none=[np.nan, np.nan])
    assert rows.best("x", highest=True) == "steady" and rows.best("x", highest=False) == "worse"
    assert rows.best("x", highest=True, among=["lucky", "none"]) is rows.best("x", highest=True, among=[]) is None


def test_one_against_another():
    far = table(a=[8.0, 8.0, 7.0], b=[4.0, 5.0, 4.0])
    assert compared(far, "x", "modes", "a", "b").startswith("a is above b in modes: 7.667 ± 0.33 against 4.333")
    assert compared(far, "x", "modes", "b", "a").startswith("b is below a in modes")
    near = table(a=[8.0, 2.0, 7.0], b=[4.0, 8.0, 4.0])
    assert "cannot be told apart" in compared(near, "x", "modes", "a", "b")
    assert "cannot be told apart" in compared(table(a=[8.0], b=[1.0]), "x", "modes", "a", "b"), "one seed tells nothing"
    assert "a is above b" in compared(table(a=[8.0, 8.0], b=[7.0, 7.0]), "x", "modes", "a", "b")
    assert "b has no finite value" in compared(table(a=[8.0], b=[np.nan]), "x", "modes", "a", "b")


def test_welch_decides():
    random = np.random.default_rng(0)
    for shift in (0.0, 0.5, 1.0, 2.0):
        a, b = random.normal(shift, 1.0, 6), random.normal(0.0, 2.0, 5)
        _, error, told = table(a=a, b=b).difference("x", "a", "b")
        assert told == (stats.ttest_ind(a, b, equal_var=False).pvalue < 0.05)
        assert error == pytest.approx(np.hypot(stats.sem(a), stats.sem(b)))


def test_all_against_one():
    rows = table(base=[4.0, 5.0, 4.0], up=[8.0, 8.0, 7.0], down=[1.0, 0.0, 1.0], same=[4.0, 4.0, 5.0], none=[])
    said = against(rows, "x", "modes", "base", ["up", "down", "same"], highest=True)
    assert "better: up" in said and "worse: down" in said and "not told apart: same" in said
    assert "better: down" in against(rows, "x", "KL", "base", ["up", "down"], highest=False)


def test_orders_of_papers():
    rows = table(a=[8.0, 8.0, 7.0], b=[4.0, 5.0, 4.0], c=[4.0, 5.0, 5.0])
    said = [published(rows, "x", "modes", "Doe et al.", *pair) for pair in ("ab", "ba", "bc")]
    assert said[0].startswith("Doe et al. report a before b. Here that is reproduced: a is above b in modes: 7.667")
    assert "the other way round: b is below a" in said[1] and "neither reproduced nor refuted" in said[2]
    assert "is reproduced" in published(rows, "x", "KL", "Doe et al.", "b", "a", highest=False)
    assert "neither" in published(rows, "x", "modes", "Doe et al.", "a", "none"), "not where there are no runs"


def test_trends():
    up = table(a=[1.0, 1.1], b=[2.0, 2.1], c=[3.0, 3.1])
    assert trend(up, "x", "quality", ["a", "b", "c"], "width").startswith("quality rises with width: 1.05")
    assert trend(up, "x", "quality", ["c", "b", "a"], "width").startswith("quality falls with width: 3.05")
    assert "no trend" in trend(
        table(a=[1.0, 3.0], b=[2.0, 2.0], c=[3.0, 1.0]), "x", "quality", ["a", "b", "c"], "width"
    )
    assert "no trend" in trend(table(a=[1.0, 1.0], b=[1.0, 1.0]), "x", "quality", ["a", "b"], "width")
    assert "too few" in trend(table(a=[1.0, 1.0], b=[np.nan]), "x", "quality", ["a", "b"], "width")


def test_spreads():
    rows = table(wide=[1.0, 9.0, 2.0, 8.0, 0.0, 10.0], narrow=[5.0, 5.1, 4.9, 5.0, 5.1, 4.9])
    assert "differ more between seeds in wide" in spread(rows, "x", "modes", "wide", "narrow")
    assert "differ less between seeds in narrow" in spread(rows, "x", "modes", "narrow", "wide")
    assert "not told apart" in spread(rows, "x", "modes", "wide", "wide")


@pytest.mark.parametrize("name", RUNS)
def test_the_answer_of_a_study_turns_with_its_table(name):
    study = importlib.import_module(f"kgan.studies.{name}").STUDY
    names = [setting.name for setting in study.settings]

    def table_of(rising: bool) -> Table:
        rows = []
        for i, setting in enumerate(names if rising else reversed(names)):
            for seed in range(3):
                value = i + 0.01 * seed
                row = {"setting": setting, "seed": seed, "outcome": "ended", "seconds": 1.0, "core_seconds": 1.0}
                row |= dict.fromkeys([column.name for column in study.columns], value)
                rows.append(row | {key: float(i % 2) for key in ("collapsed",) if key in row})
        return Table(sorted(rows, key=lambda row: names.index(row["setting"])))

    up, down = (list(study.answer(table_of(rising))) for rising in (True, False))
    assert up and len(up) == len(down) and up != down
    words = {"better": "worse", "above": "below", "rises": "falls"}
    for first, second in zip(up, down, strict=True):
        for word, other in words.items():
            if f"{word}: " in first and f"{other}: " not in first:  # all on one side: now on the other
                assert f"{other}: " in second
            if f"{word} with" in first:
                assert f"{other} with" in second
    assert all("±" in said or "of" in said for said in up), "each with its uncertainty"
    if study.figure is not None:  # its own: of any part of the settings that a table has
        assert study.figure(Table(table_of(True).rows[::2])).axes
    stopped = dict.fromkeys([column.name for column in study.columns], float("nan")) | {"outcome": "stopped"}
    for some in (slice(None), slice(0, None, 2), slice(0, len(names))):  # all, some of each, the first settings
        rows = table_of(True).rows
        for row in rows[some]:
            row |= stopped
        assert study.answer(Table(rows))
        if study.figure is not None:
            study.figure(Table(rows)).savefig(io.BytesIO(), format="png")


def test_collapses_are_counted():
    from kgan.studies.alternation import yadav

    assert "is reproduced: 2 of 30 against 15 of 30" in yadav(2, 30, 15, 30)
    assert "the other way round: 15 of 30 against 2 of 30" in yadav(15, 30, 2, 30)
    assert "neither" in yadav(7, 30, 2, 30)
