"""The page of `make bench`: of what has been measured, whatever that is; and sides that do not answer."""

import json

from benchmarks.speed import page, turns
from benchmarks.speed.__main__ import _kept


def found(title, seconds, **theirs):
    ratios = {"kgan": 1.0, **theirs}
    errors = {"torch.compile": "no answer in 9 s"}
    return {"title": title, "round": seconds, "share": 0.5, "rounds": ratios, "sample": 0.1, "samples": ratios,
            "peaks": dict.fromkeys(ratios, 900.4), "errors": errors, "machine": {"matmul float32": 151.3}}  # fmt: skip


def test_the_page_is_of_what_there_is(tmp_path):
    results = {"a1": found("(a) one", 0.2, **{"torch eager": 0.6, "torch tuned": 0.8})}
    results["rules"] = {"alternating": {"evaluations": 2.0, "one": 1.0}, "consensus": {"evaluations": 6.0, "one": 1.2}}
    page.write(tmp_path / "p.md", results, "a machine", 3, tiny=False)
    text = (tmp_path / "p.md").read_text()
    (row,) = (line for line in text.splitlines() if line.startswith("| (a) one | 200 |"))
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    header = next(line for line in text.splitlines() if "ms a round" in line)
    assert len(header.split("|")) - 2 == len(cells)
    assert cells[-2:] == ["0.80", "50%"]  # beside the fastest of PyTorch
    assert "(a) one: torch.compile fails: no answer in 9 s." in text and "| `consensus` | 6 | 1.20 |" in text
    assert "From disk" not in text and (tmp_path / "p.png").stat().st_size > 1000


def test_what_is_kept_is_of_the_same_sources(tmp_path):
    path = tmp_path / "a1.json"
    assert _kept(path, "now") is None
    path.write_text(json.dumps({"mark": "then", "found": {"seconds": 1.0}}))
    assert _kept(path, "now") is None and _kept(path, "then") == {"seconds": 1.0}


def test_a_side_that_does_not_answer_in_time_has_failed():
    side = turns.Side("kgan", "c", ["--tiny"], limit=0.2)  # which its imports alone exceed
    assert side.error == "no answer in 0.2 s"
    side.end()
    assert side.ask("play", 1) != side.ask("play", 1)  # NaN
