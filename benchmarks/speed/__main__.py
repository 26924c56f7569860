"""python -m benchmarks.speed [--only ITEM ...] [--fresh] [--pairs N] [--seconds S] [--limit S] [--device=gpu] [--tiny]

Times kgan beside hand-written TensorFlow, stock Keras and PyTorch, and writes docs/performance.md with its plot: twenty
minutes on two cores. The items are the games a1, a5, a1_bf16, b and c (a round, samples, memory), the update rules, the
games of several players, and an epoch from disk. What an item has found is kept in build/speed/, and taken from there
if the same is asked for again, of the same sources on the same machine: so it may be stopped, and goes on. Run it on a
quiet machine.
"""

import argparse
import functools
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed import machine, others, page, turns
from benchmarks.speed.settings import SETTINGS
from kgan import cache, files

KEPT = turns.ROOT / "build" / "speed"


def items(args: argparse.Namespace) -> dict[str, Callable[[], dict[str, Any]]]:
    """What can be measured, by name."""
    flags = [f"--device={args.device}", *(["--tiny"] if args.tiny else [])]
    found: dict[str, Callable] = {}
    for key, setting in SETTINGS.items():
        setting = setting.tiny() if args.tiny else setting
        found[key] = functools.partial(turns.measure, key, setting, args.pairs, args.seconds, flags, args.limit)
    found["rules"] = functools.partial(others.rules, min(args.pairs, 3), args.tiny)
    found["players"] = functools.partial(others.players, min(args.pairs, 3))
    found["disk"] = functools.partial(others.disk, args.tiny)
    return found


def main() -> int:
    names = [*SETTINGS, "rules", "players", "disk"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=names, default=names, metavar="ITEM", help=", ".join(names))
    parser.add_argument("--fresh", action="store_true", help="measure again what is kept")
    parser.add_argument("--pairs", type=int, default=5, help="turns")
    parser.add_argument("--seconds", type=float, default=2.0, help="that a turn of one side lasts")
    parser.add_argument(
        "--limit", type=float, default=150.0, help="seconds that a side may compile, or take for a turn"
    )
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--tiny", action="store_true", help="networks that take no time: to see that all works")
    parser.add_argument("--page", type=Path, default=turns.ROOT / "docs" / "performance.md")
    args = parser.parse_args()
    if args.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    about, failed = machine.name(), []
    sources = [path.read_bytes() for place in ("kgan", "benchmarks/speed") for path in sorted(_sources(place))]
    settings = [about, args.pairs, args.seconds, args.limit, args.device, args.tiny]
    mark = cache.digest(json.dumps(settings).encode(), *sources)
    for name, measure in items(args).items():
        path = KEPT / f"{name}.json"
        if name not in args.only or (not args.fresh and _kept(path, mark) is not None):
            continue
        start = time.monotonic()
        try:
            found = measure()
        except Exception as error:  # the others are measured all the same
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            failed.append(name)
            continue
        files.write(path, json.dumps({"mark": mark, "found": found}, indent=1))
        results = {one: _kept(KEPT / f"{one}.json", mark) for one in names}
        page.write(args.page, {one: found for one, found in results.items() if found}, about, args.pairs, args.tiny)
        print(f"{name}: {time.monotonic() - start:.0f} s: {args.page}", flush=True)
    return 1 if failed else 0


def _sources(place: str) -> list[Path]:
    return list((turns.ROOT / place).rglob("*.py"))


def _kept(path: Path, mark: str) -> dict[str, Any] | None:
    """What was found, if it is of the same sources, settings and machine."""
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["found"] if kept["mark"] == mark else None


if __name__ == "__main__":
    sys.exit(main())
