"""python -m benchmarks.speed [--only ITEM ...] [--fresh] [--pairs N] [--seconds S] [--limit S] [--device=gpu] [--tiny]

Times kgan beside hand-written TensorFlow, stock Keras and PyTorch, and writes docs/performance.md with its plot: twenty
minutes on two cores. The items are the games a1, a5, a1_bf16, b and c (a round, samples, memory), the update rules, the
games of several players, decoding, and an epoch from disk. What an item has found is kept beside the page, in
performance.json, and not measured again by the same sources on the same machine: so it may be stopped, and goes on. The
page says of which commit each is. Run it on a quiet machine.
"""

import argparse
import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.speed import machine, others, page, turns
from benchmarks.speed.settings import SETTINGS
from kgan import cache, files


def items(args: argparse.Namespace) -> dict[str, Callable[[], dict[str, Any]]]:
    """What can be measured, by name."""
    flags = [f"--device={args.device}", *(["--tiny"] if args.tiny else [])]
    found: dict[str, Callable] = {}
    for key, setting in SETTINGS.items():
        setting = setting.tiny() if args.tiny else setting
        found[key] = functools.partial(turns.measure, key, setting, args.pairs, args.seconds, flags, args.limit)
    found["rules"] = functools.partial(others.rules, min(args.pairs, 3), args.tiny)
    found["players"] = functools.partial(others.players, min(args.pairs, 3))
    found["decoding"] = functools.partial(others.decoding, min(args.pairs, 3), args.tiny)
    found["disk"] = functools.partial(others.disk, args.tiny)
    return found


def main() -> int:
    names = [*SETTINGS, "rules", "players", "decoding", "disk"]
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
    path = args.page.with_suffix(".json")
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, measure in items(args).items():
        if name not in args.only or (not args.fresh and kept.get(name, {}).get("mark") == mark):
            continue
        start = time.monotonic()
        try:
            found = measure()
        except Exception as error:  # the others are measured all the same
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            failed.append(name)
            continue
        kept[name] = {"mark": mark, "commit": commit(), "found": found}
        files.write(path, json.dumps({one: kept[one] for one in names if one in kept}, indent=1) + "\n")
        page.write(args.page, kept, about, args.pairs, args.tiny)
        print(f"{name}: {time.monotonic() - start:.0f} s: {args.page}", flush=True)
    return 1 if failed else 0


def commit() -> str:
    """Which it is that is measured; with "-dirty" if the code is not all of it. Pages, this one too, are no code."""
    told, changed = (
        subprocess.run(["git", *command], cwd=turns.ROOT, capture_output=True, text=True).stdout.strip()
        for command in (["describe", "--always"], ["status", "--porcelain", "kgan", "benchmarks"])
    )
    return f"{told or 'no commit'}{'-dirty' if changed else ''}"


def _sources(place: str) -> list[Path]:
    return list((turns.ROOT / place).rglob("*.py"))


if __name__ == "__main__":
    sys.exit(main())
