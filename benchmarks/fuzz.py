"""Makes up bad input for as long as one likes: python benchmarks/fuzz.py N [--seed=0] [--kind=NAME ...].

Prints for each kind (see tests/fuzzing.py) how many of its share of N examples were accepted, refused in one line, and
neither, and for each "neither" the input and where it was raised: something to mend, and to add to a test.
"""

import argparse
import collections
import pathlib
import sys
import tempfile
import time
import traceback
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import hypothesis
import numpy as np

from tests import fuzzing

SHOWN = 5  # inputs for each place where something was raised


def hunt(kind: fuzzing.Kind, examples: int, seed: int, folder: pathlib.Path) -> tuple[collections.Counter, dict]:
    """The verdicts on so many examples, and the inputs that were neither, by where they were raised."""
    verdicts, odd = collections.Counter(), collections.defaultdict(list)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(kind.examples)
    def play(example):
        began = time.monotonic()
        try:
            verdict = fuzzing.judge(kind, example, fuzzing.clean(folder))
        except Exception as error:
            verdict = "neither"
            place = traceback.extract_tb(error.__traceback__)[-1]
            line = str(error).splitlines()[0][:200] if str(error) else ""
            odd[f"{type(error).__name__} at {place.filename}:{place.lineno}: {line}"].append(shown(example))
        verdicts[verdict] += 1
        if time.monotonic() - began > 20:
            odd["more than 20 s"].append(shown(example))

    play()
    return verdicts, odd


def shown(example: Any) -> str:
    """An example in a line, arrays by their beginning and end."""
    with np.printoptions(threshold=4, edgeitems=1):
        return " ".join(repr(example).split())[:1000]


def told(verdicts: collections.Counter) -> str:
    """The verdicts in words."""
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))


def main() -> int:
    """Returns 1 if anything was neither."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("examples", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=fuzzing.KINDS, help="default: all")
    arguments = parser.parse_args()
    kinds = arguments.kind or list(fuzzing.KINDS)
    total, failed = collections.Counter(), False
    with tempfile.TemporaryDirectory() as folder:
        for name in kinds:
            each = -(-arguments.examples // len(kinds))
            verdicts, odd = hunt(fuzzing.KINDS[name], each, arguments.seed, pathlib.Path(folder) / "here")
            total += verdicts
            print(
                f"{name}: {', '.join(f'{count} {verdict}' for verdict, count in sorted(verdicts.items()))}", flush=True
            )
            for place, inputs in odd.items():
                failed = True
                print(f"  {len(inputs)} times {place}", *inputs[:SHOWN], sep="\n    ", flush=True)
    print(f"all: {told(total)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
