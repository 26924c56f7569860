"""One side as a living process: python -m benchmarks.speed.side NAME SETTING [--tiny] [--device=gpu].

It reads "play N" and "sample N" from standard input, and answers each with a line of JSON.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.speed.settings import SETTINGS

SIDES = {
    "kgan": ("in_keras", "Kgan"),
    "tf.function": ("in_keras", "Bare"),
    "tf.function, looped": ("in_keras", "Looped"),
    "keras fit": ("in_keras", "StockFit"),
    "torch eager": ("in_torch", "Eager"),
    "torch tuned": ("in_torch", "Tuned"),
    "torch.compile": ("in_torch", "Compiled"),
}


def peak() -> float:
    """The most MiB that this process has had in memory; `getrusage` would count those of the one that started it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=SIDES)
    parser.add_argument("setting", choices=SETTINGS)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    args = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print does not stand between the answers
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if args.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    setting = SETTINGS[args.setting].tiny() if args.tiny else SETTINGS[args.setting]
    module, kind = SIDES[args.name]

    def answer(**values) -> None:
        print(json.dumps({**values, "peak": peak()}), file=answers, flush=True)

    try:
        side = getattr(__import__(f"benchmarks.speed.{module}", fromlist=[kind]), kind)(setting)
        side.play(2)  # traced, compiled and warm
        answer(parameters=side.parameters)
        for line in sys.stdin:
            verb, count = line.split()
            start = time.perf_counter()
            getattr(side, verb)(int(count))
            answer(seconds=time.perf_counter() - start)
    except Exception as error:  # a side that cannot play is told in the table
        answer(error=next(iter(str(error).splitlines()), type(error).__name__)[:200])


if __name__ == "__main__":
    main()
