"""Part strings: what they say, and what is refused in one line."""

import pytest

from kgan.checks import InputError
from kgan.spec import resolve, same


def make(*args, **keywords):
    return args, keywords


def part(text):
    return resolve("part", text, {"part": make, "inner": lambda k=0: f"inner {k}"})


def test_names_calls_literals_and_parts_within():
    assert part("part") == part("part()") == ((), {})
    assert part("part(1, (2, 'x'), k=None, inner=inner(k=-3))") == ((1, (2, "x")), {"k": None, "inner": "inner -3"})


@pytest.mark.parametrize("text", [" part(k=1)", "part(k=1)\n", "\tpart( k =1 )\r\n", "part(\n  k=1,\n)\n"])
def test_white_space_and_line_breaks_mean_nothing(text):
    assert part(text) == ((), {"k": 1}) and same(text, "part(k=1)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("part(k=1, k=2)", "the argument 'k' is given twice"),
        ("part(k=1e999)", "part: wanted finite numbers, got '1e309'"),
        ("part([1, -1e999])", "wanted finite numbers"),
        ("part(" * 200 + ")" * 200, "wanted at most 1000 characters, got 1200"),
        ("(" * 250 + "1" + ")" * 250, "cannot read"),
        ("part(" * 40 + ")" * 40, "a dozen calls within each other at most"),
        ("part(" + "-" * 900 + "1)", "a dozen calls within each other at most"),
        ("x" * 2000, "wanted at most 1000 characters, got 2000"),
        ("part(**{'k': 1})", "cannot read"),
        ("part(*[1])", "cannot read"),
        ("part(k=x.y)", "cannot read 'x.y'"),
        ("part(" + "9" * 5000 + ")", "wanted at most"),
        ("part(" + "9" * 900 + "[0])", "cannot read"),
        ("part\0", "cannot read"),
        ("inner(j=1)", "unexpected keyword argument 'j'"),
        ("part(k=1or 2)", "cannot read"),  # of which Python warns in a line of its own
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_refused_is_told_in_one_line(text, message):
    with pytest.raises(InputError) as caught:
        part(text)
    assert message in str(caught.value) and len(str(caught.value).splitlines()) == 1


def test_what_means_the_same():
    assert same("r1(gamma=1, interval=2)", "r1( interval=2,gamma=1.0)") and same("r1", "r1()")
    assert same("color,translation", "color, translation") and same(["r1", "r2"], ["r1()", " r2"])
    assert not same("r1(gamma=1)", "r1(gamma=2)") and not same("r1", "r2") and not same(["r1"], ["r1", "r1"])
    assert not same("r1(1)", "r1('1')") and not same("r1", None) and not same("images:a b", "images:ab")
    assert same(3, 3) and not same(None, 3) and same("images:a b", "images:a b")
