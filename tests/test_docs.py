"""The page of parts: it names every part, with the defaults that the code has, and a cost that was measured."""

import ast
import inspect
import re
import textwrap
from pathlib import Path

import pytest
import tensorflow as tf

import kgan
from benchmarks import curves, parts_cost
from kgan.analysis import DiracGAN
from kgan.checks import InputError
from kgan.losses import DIVERGENCES, LOSSES
from kgan.models import PRESETS
from kgan.penalties import PENALTIES
from kgan.spec import resolve
from kgan.updates import UPDATES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "parts.md").read_text()


def tables(page):
    """The rows of all tables as dicts, under the heading that they stand under."""
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        for table in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
            header, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines())
            assert all(len(line) == len(header) for line in lines), heading
            yield from ((heading, dict(zip(header, line, strict=True))) for line in lines)


ROWS = [(heading, row) for heading, row in tables(PAGE) if "Cost" in row]


EVALUATION = (Path(__file__).parent.parent / "docs" / "evaluation.md").read_text()


def named(heading):
    """What the first cells under a heading name, without arguments and modules."""
    codes = [code for where, row in ROWS if where == heading for code in re.findall("`([^`]+)`", row["Name"])]
    return {code.partition("(")[0].rpartition(".")[2] for code in codes}


def classes(module):
    return {
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def test_every_part_has_a_row():
    assert named("Losses") == set(LOSSES)
    assert named("Penalties") == set(PENALTIES)
    assert named("Layers") == set(kgan.layers.__all__)
    assert named("Augmentation") == set(kgan.augment.AUGMENTATIONS)
    assert named("Schedules") == classes(kgan.schedules) - {"Schedule"} | {"ttur"}
    assert named("Curriculum") == classes(kgan.curriculum) | {"easy_to_hard", "growing_discriminator"}
    games = {"ConditionalGAN", "ACGAN", "CycleGAN", "Pix2Pix", "MultiDiscriminatorGAN", "D2GAN", "PackedGAN"}
    games |= {"MixGAN", "ChekhovGAN", "ProgressiveGAN", "StyleGAN2ADA"}
    assert named("Presets") | games == {preset.__name__ for preset in PRESETS.values()}
    page = (Path(__file__).parent.parent / "docs" / "games.md").read_text()
    assert all(f"| `{name}` |" in page for name in games)
    assert named("Updates") == set(UPDATES)
    divergences = [row["`divergence`"].strip("`") for _, row in tables(PAGE) if "`divergence`" in row]
    assert divergences == list(DIVERGENCES)


def test_no_cell_is_empty_and_no_name_stands_twice():
    assert all(cell for _, row in ROWS for cell in row.values())
    names = [row["Name"] for _, row in ROWS]
    assert len(set(names)) == len(names)


def test_every_cost_was_measured():
    missing = [row["Name"] for _, row in ROWS if not re.fullmatch(r"\d+\.\d\d", row["Cost"])]
    assert not missing, "run benchmarks/parts_cost.py"


def part(heading, row):
    """The class or function that a row is about."""
    name = re.match("`([^`]+)`", row["Name"])[1].partition("(")[0]
    known = {"Losses": LOSSES, "Penalties": PENALTIES, "Augmentation": kgan.augment.AUGMENTATIONS, "Updates": UPDATES}
    if heading in known:
        return known[heading][name]
    value = kgan
    for attribute in name.split(".")[1:]:
        value = getattr(value, attribute)
    return value


def default(value, argument):
    """An argument's default, of a function, or of a class, its bases or its `compile`."""
    if value is kgan.curriculum.easy_to_hard:
        value = kgan.curriculum.EasyToHard  # to which it hands its settings on
    functions = [value]
    if inspect.isclass(value):
        methods = [vars(cls).get(name) for cls in value.__mro__ for name in ("__init__", "compile")]
        functions = [method for method in methods if inspect.isfunction(method)]
    parameters = [inspect.signature(function).parameters for function in functions]
    return next(found[argument].default for found in parameters if argument in found)


def test_defaults_are_those_of_the_code():
    checked = 0
    for heading, row in ROWS:
        for argument, text in re.findall(r"(\w+)=(\([^)]*\)|'[^']*'|[-+.\w]+)", row.get("Default", "")):
            try:
                value = ast.literal_eval(text)
            except (SyntaxError, ValueError):
                continue  # a formula
            assert default(part(heading, row), argument) == value, (row["Name"], argument)
            checked += 1
    assert checked > 80


def test_gradients_are_what_the_rules_say():
    for row in [row for heading, row in ROWS if heading == "Updates"]:
        game, update = DiracGAN(), resolve("update", row["Name"].strip("`"), UPDATES)
        update.build(game)
        assert update.cost(game) == float(row["Gradients"]), row["Name"]


def test_the_benchmark_finds_every_row_and_can_make_its_part():
    rows = parts_cost.rows(PAGE)
    assert list(rows) == [re.match("`([^`]+)`", row["Name"])[1] for _, row in ROWS]
    get = {
        "loss": kgan.losses.get,
        "penalties": lambda value: kgan.penalties.get(value[0]),
        "augment": kgan.augment.get,
    }
    for name, (family, _) in rows.items():
        settings = parts_cost.made(family, name)
        for argument in get.keys() & settings.keys():
            get[argument](settings[argument])
        assert hasattr(kgan, settings.get("preset", "GAN"))
    with pytest.raises((InputError, KeyError)):
        parts_cost.made("Layers", "kgan.layers.Nothing()")


def test_the_benchmark_rewrites_a_cost_and_nothing_else():
    changed = parts_cost.rewritten(PAGE, "r1(gamma=10)", "123.45")
    assert parts_cost.rows(changed)["r1(gamma=10)"][1]["Cost"] == "123.45"
    before, after = PAGE.splitlines(), changed.splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_the_example_runs(recwarn):
    script = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    names = {}
    exec(script, names)
    assert int(names["gan"].step.numpy()) == 2
    assert {"r1", "lecam"} <= set(names["gan"].history.history)
    assert not [warning for warning in recwarn if "discriminator" in str(warning.message)]  # the lint has no objection


def test_the_game_of_ones_own_runs():
    page = (Path(__file__).parent.parent / "docs" / "own_game.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    script = "\n".join(blocks).replace("epochs=10, steps_per_epoch=300", "epochs=1, steps_per_epoch=2")
    names = {}
    exec(script, names)
    assert names["gan"].step.numpy() == 2 and names["codes"].shape == (128, 2)


def test_the_study_of_ones_own_is_one(tmp_path):
    from kgan.studies import runner
    from kgan.studies.verdict import Table

    page = (Path(__file__).parent.parent / "docs" / "own_study.md").read_text()
    path = tmp_path / "packing.py"
    path.write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    study = runner.load(str(path))
    rows = [{"setting": setting.name, "seed": i, "modes": 8.0} for setting in study.settings for i in range(2)]
    assert len(study.cells(quick=True)) == 6 and len(study.answer(Table(rows))) == 2


def test_the_page_of_curves_has_every_case_and_its_runs_are_ones_that_kgan_train_takes():
    from kgan.commands import train

    page = (ROOT / "docs" / "curves.md").read_text()
    for name, case in curves.CASES.items():
        path = f"curves/{name.replace(' ', '-')}.png"
        assert not case.pictured or (f"]({path})" in page and (ROOT / "docs" / path).exists())
        for flags in case.runs.values():
            train.FLAGS.unparse_flags()
            train.FLAGS(["train", *case.common, *flags, "--run_dir=x"])  # an unknown flag or value is refused
    told = {words for words in re.findall(r"\]\(#([\w-]+)\)", page)}
    assert told == {heading.lower().replace(" ", "-") for heading in re.findall(r"\n## (.+)", page)[:-1]}


def test_every_metric_and_network_has_a_row_with_the_names_of_its_values():
    rows = {row["Name"].strip("`"): row for _, row in tables(EVALUATION) if "Values" in row}
    assert set(rows) == set(kgan.metrics.METRICS)
    for name, metric in kgan.metrics.METRICS.items():
        values = [text.partition(":")[0] for text in re.findall("`([^`]+)`", rows[name]["Values"])]
        assert values and all(any(value.startswith(start) for start in metric.better) for value in values), name
        directions = {metric.direction(value) for value in values}
        assert {d or "–" for d in directions} == set(rows[name]["Better"].split(", ")), name
    networks = " ".join(row["`--features`"] for _, row in tables(EVALUATION) if "`--features`" in row)
    for name in ("raw", "random_projection", "classifier", "inception", "application"):
        assert f"`{name}" in networks
        with pytest.raises(InputError, match=name):
            kgan.metrics.network(f"{name}_")  # it is known


def test_the_example_of_evaluation_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", EVALUATION, re.DOTALL)[1], {})
    assert re.search(r"fid\[random-\w+, n_real=500, n_fake=500, ema, digits at 16\] = ", capsys.readouterr().out)
    assert (tmp_path / "runs" / "evaluated" / "best").exists()


def test_the_loss_that_contributing_builds_is_the_hinge_loss_at_one():
    text = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
    code = textwrap.dedent(re.search(r"    ```python\n(.*?)    ```", text, re.DOTALL)[1])
    names = {}
    exec("import tensorflow as tf\nfrom kgan import checks\nfrom kgan.losses import Separable\n" + code, names)
    logits = tf.constant([-2.0, 0.5]), tf.constant([0.3, 3.0])
    ours, hinge = names["Margin"](), LOSSES["hinge"]()
    assert float(ours.discriminator(*logits)) == float(hinge.discriminator(*logits))
    assert float(ours.generator(*logits)) == float(hinge.generator(*logits))
