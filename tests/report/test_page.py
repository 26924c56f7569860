"""The page holds what the run's folder holds, and needs nothing else."""

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import tensorflow as tf

from kgan import report
from kgan.checks import InputError
from kgan.metrics.result import Evaluation, Result
from kgan.penalties import PENALTIES
from kgan.priors import Normal
from kgan.report import charts, page
from kgan.runs import Run, evaluations
from kgan.sampling import Sampler

SETTINGS = {"preset": "gan", "dataset": "digits", "penalty": "r1(gamma=1); lecam"}


class Parsed(HTMLParser):
    """The page's tags and text; fails on tags that do not match."""

    VOID = {"meta", "link", "img", "input", "br"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def images(self):
        return [attributes["src"] for tag, attributes in self.tags if tag == "img"]


@pytest.fixture(scope="module")
def parsed(run, generator, reals):
    return Parsed(report.write(run, generator, SETTINGS, reals).read_text())


def test_everything_is_inside(parsed):
    for tag, attributes in parsed.tags:
        assert attributes.get("src", "data:").startswith("data:"), tag
        assert attributes.get("href", "#").startswith(("#", "data:")), tag
    assert "@import" not in "".join(parsed.text) and "url(" not in "".join(parsed.text)


def test_pictures_can_be_read_and_say_what_they_are(parsed):
    for tag, attributes in parsed.tags:
        if tag == "img":
            assert attributes["alt"]
            kind, _, content = attributes["src"].partition(";base64,")
            content = base64.b64decode(content)
            if kind == "data:image/svg+xml":
                assert ElementTree.fromstring(content).tag.endswith("svg")
            else:
                assert kind == "data:image/png" and tf.io.decode_png(content).shape[0] > 1


def test_each_part_is_there(parsed):
    anchors = {attributes["href"][1:] for tag, attributes in parsed.tags if tag == "a"}
    assert anchors == {"samples", "latents", "neighbours", "classes", "figures", "curves", "health", "settings"}
    assert anchors <= {attributes.get("id") for _, attributes in parsed.tags}
    text = " ".join(" ".join(parsed.text).split())
    assert "Collapse after 60 rounds:" in text and "20% as diverse" in text and "Try r1(gamma=1)." in text
    assert "rotating – the players turn" in text
    assert "classifier-3f2a, n_real=1000, n_fake=1000, ema" in text
    assert all(
        cell in text for cell in ("15", "0.42", "0.125", "r1(gamma=1); lecam", "tensorflow", "nearest of 300 reals")
    )
    assert "digits <1>" in text  # and is no tag


def test_metrics_are_drawn_with_their_own_and_not_among_the_logs(parsed):
    charts = [attributes["alt"] for tag, attributes in parsed.tags if tag == "img"]
    assert [name for name in charts if "fid" in name] == ["fid over training"]


def test_what_holds_for_all_charts_is_said_once_and_each_log_has_a_caption(parsed):
    text = " ".join(" ".join(parsed.text).split())
    assert text.count("classifier-3f2a, n_real=1000, n_fake=1000, ema") == 1
    assert text.count("two standard errors to either side") == 1
    assert "↓" in text and "↑" in text
    assert "What this penalty adds to the discriminator's loss." in text and "0 when it cannot tell" in text


def test_charts_of_several_protocols_say_theirs(tmp_path, generator):
    for epoch in (1, 2):
        rows = [Result("fid", 1.0 / epoch, f"network-{n}", 10, 10, "ema") for n in "ab"]
        evaluations.record(tmp_path, Evaluation(rows, None, epoch, epoch))
    text = report.write(tmp_path, generator, {}).read_text()
    for name in "ab":
        assert text.count(f"network-{name}, n_real=10, n_fake=10, ema") == 2  # in the table, under the chart


def test_every_penalty_and_augmentation_log_has_a_caption(tmp_path, generator):
    names = [*PENALTIES, "r1_2", "g_path_length", "r_t", "aug_p"]
    (tmp_path / "logs.csv").write_text(f"epoch,step,{','.join(names)}\n1,1{',1' * len(names)}\n")
    assert all(panel["meaning"] for panel in page._logs(Run(tmp_path), []))


def ticks(source):
    """The numbers on a chart's vertical axis."""
    axis = re.search(r'<g id="matplotlib.axis_2">(.*)</g>', svg(source), re.DOTALL)[1].partition('<g id="patch')[0]
    return [float(text.replace("−", "-")) for text in re.findall(r"<text[^>]*>([-−.\d]+)</text>", axis)]


@pytest.mark.parametrize(
    ("values", "log", "expected"),
    [
        ([10.0, 10.0, 10.0], False, [0, 3, 6, 9, 12]),  # a count that never changes stands above 0
        ([9.0, 10.0, 10.0], False, [9, 10]),  # a count has whole numbers
        ([6.0, 7.0, 8.0], True, [6, 6.5, 7, 7.5, 8]),  # and no axis prints 6 x 10^0
        ([0.5, 3.0, 40.0], True, [0.5, 1, 2, 5, 10, 20]),
        ([0.0, 0.0], False, [0, 1]),
    ],
)
def test_the_axis_has_numbers_that_a_person_reads(values, log, expected):
    seen = ticks(charts.lines({"a": (range(len(values)), values)}, "epoch", log=log))
    assert {round(tick, 9) for tick in seen} >= set(expected) and len(seen) <= 8


def test_letters_are_as_large_as_the_pages_small_ones():
    """On a phone a chart of 331 points is about 358 pixels wide: 11 points are 12 pixels, nothing is below."""
    text = svg(charts.lines({"one": ([1, 2], [1.0, 2.0]), "two": ([1, 2], [2.0, 1.0])}, "round", level=1.5))
    assert min(float(size) for size in re.findall(r"font-size: ([.\d]+)px", text)) >= 10.9
    assert f'width="{charts.WIDTH * 72:g}pt"' in text


def test_the_same_folder_makes_the_same_page(run, generator, reals):
    first, again = (report.write(run, generator, SETTINGS, reals).read_bytes() for _ in range(2))
    assert first == again


def test_a_run_that_kept_little_has_a_short_page(tmp_path, generator):
    text = report.write(tmp_path, generator, {}).read_text()
    parsed = Parsed(text)
    assert len(parsed.images()) == 1  # between latents
    assert [a["href"] for tag, a in parsed.tags if tag == "a"] == ["#latents", "#settings"]
    assert "Collapse" not in text and "No collapse" not in text and "<script" not in text


def test_points_are_drawn_in_the_plane(tmp_path):
    points = Sampler(lambda inputs: inputs["latents"][:, :2], {"latents": Normal(3)}, sample_shape=(2,))
    parsed = Parsed(report.write(tmp_path, points, {}, np.zeros((10, 2))).read_text())
    assert ["in the plane" in attributes["alt"] for tag, attributes in parsed.tags if tag == "img"] == [True]


def test_the_slider_has_a_bounded_number_of_pictures(tmp_path):
    for epoch in range(1, 101):
        path = tmp_path / "samples" / f"epoch-{epoch:04d}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    frames = page._frames(Run(tmp_path))
    assert len(frames) == page.FRAMES and (frames[0]["epoch"], frames[-1]["epoch"]) == (1, 100)


def test_a_damaged_file_is_named(tmp_path, generator):
    (tmp_path / "evaluations.jsonl").write_text("?\n")
    with pytest.raises(InputError, match="is no file of evaluations"):
        report.write(tmp_path, generator, {})
    assert not (tmp_path / report.NAME).exists()
    (tmp_path / "evaluations.jsonl").unlink()
    (tmp_path / "alarms.jsonl").write_text("?\n")
    (tmp_path / "collapse.csv").write_text(
        "step,coverage,diversity_pixels,diversity_features,classes,separation,wrong\n5,1,1,1,1,1,0\n"
    )
    with pytest.raises(InputError, match="is no file of alarms"):
        report.write(tmp_path, generator, {})


def svg(source):
    return base64.b64decode(source.partition(",")[2]).decode()


def test_only_the_classes_that_differ_most_are_drawn():
    names = [f"class{i}" for i in range(1000)]
    fake = np.full(1000, 1e-3)
    fake[[3, 77]] = 0.5
    text = svg(charts.classes(names, np.full(1000, 1e-3), fake))
    shown = re.findall(r">(class\d+)<", text)
    assert len(shown) == charts.SHOWN and {"class3", "class77"} <= set(shown)


def test_a_curve_with_gaps_and_an_alarm():
    text = svg(charts.lines({"a": ([1, 2, 3], [1.0, np.nan, 2.0])}, "round", marks=[2.5, 3], level=0.5))
    assert text.count(">alarm<") == 1 and ">real against real<" in text and ">round<" in text
