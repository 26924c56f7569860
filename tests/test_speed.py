"""The page of `make bench`: of what has been measured, whatever that is; and sides that do not answer."""

import json

from benchmarks.speed import __main__ as main
from benchmarks.speed import page, profile, turns


def found(title, seconds, **theirs):
    ratios = {"kgan": 1.0, **theirs}
    errors = {"torch.compile": "no answer in 9 s"}
    return {"title": title, "round": seconds, "share": 0.5, "rounds": ratios, "sample": 0.1, "samples": ratios,
            "peaks": dict.fromkeys(ratios, 900.4), "errors": errors, "machine": {"matmul float32": 151.3}}  # fmt: skip


def test_the_page_is_of_what_there_is(tmp_path):
    results = {"a1": found("(a) one", 0.2, **{"torch eager": 0.6, "torch tuned": 0.8})}
    results["rules"] = {"alternating": {"evaluations": 2.0, "one": 1.0}, "consensus": {"evaluations": 6.0, "one": 1.2}}
    kept = {name: {"commit": f"c{len(name)}", "found": one} for name, one in results.items()}
    (tmp_path / "p.md").write_text("# Old\n\n## The profile\n\nBy hand.\n")
    page.write(tmp_path / "p.md", kept, "a machine", 3, tiny=False)
    text = (tmp_path / "p.md").read_text()
    assert "Measured on a machine (at c2: a1; at c5: rules)." in text
    assert "# Old" not in text and text.endswith("\n\n## The profile\n\nBy hand.\n")
    (row,) = (line for line in text.splitlines() if line.startswith("| (a) one | 200 |"))
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    header = next(line for line in text.splitlines() if "ms a round" in line)
    assert len(header.split("|")) - 2 == len(cells)
    assert cells[-2:] == ["0.80", "50%"]  # beside the fastest of PyTorch
    assert "(a) one: torch.compile fails: no answer in 9 s." in text and "| `consensus` | 6 | 1.20 |" in text
    assert "From disk" not in text and (tmp_path / "p.png").stat().st_size > 1000


def test_what_is_kept_is_of_the_same_sources(tmp_path, monkeypatch):
    measured = []
    monkeypatch.setattr(main, "items", lambda args: {"rules": lambda: measured.append(args) or {}})
    monkeypatch.setattr(main.machine, "name", lambda: "a machine")
    run = ["bench", "--only", "rules", f"--page={tmp_path}/p.md"]
    for arguments, times in ((run, 1), (run, 1), ([*run, "--fresh"], 2), ([*run, "--pairs=2"], 3)):
        monkeypatch.setattr("sys.argv", arguments)
        assert main.main() == 0 and len(measured) == times
    assert json.loads((tmp_path / "p.json").read_text())["rules"]["found"] == {}


def test_a_games_profile_takes_the_place_of_its_own(tmp_path):
    path = tmp_path / "p.md"
    path.write_text("# Page\n\n## The profile\n\nBy hand.\n")
    for table in ("### a\n\n1", "### b\n\n2", "### a\n\n3\n\n4"):
        profile.put(table, path)
    assert path.read_text() == "# Page\n\n## The profile\n\nBy hand.\n\n### a\n\n3\n\n4\n\n### b\n\n2\n"


def test_a_side_that_does_not_answer_in_time_has_failed():
    side = turns.Side("kgan", "c", ["--tiny"], limit=0.2)  # which its imports alone exceed
    assert side.error == "no answer in 0.2 s"
    side.end()
    assert side.ask("play", 1) != side.ask("play", 1)  # NaN
