"""All sides of a game as living processes that are asked in turn, so that what else the machine does falls on all."""

import contextlib
import itertools
import json
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.speed import machine
from benchmarks.speed.settings import Setting
from benchmarks.speed.side import SIDES

ROOT = Path(__file__).parents[2]
OTHERS = [name for name in SIDES if name != "kgan"]
LOOPED = "tf.function, looped"


class Side:
    """A process that plays when it is told to.

    Args:
        name: of `SIDES`.
        key: of `SETTINGS`.
        flags: of the process.
        limit: seconds for each answer, the first among them, before which it traces or compiles.
    """

    def __init__(self, name: str, key: str, flags: list[str], limit: float) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.side", name, key, *flags]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        start = time.monotonic()
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        self.limit, self.peak, self.error = limit, 0.0, None
        self.parameters = self._answer().get("parameters")
        self.ready = time.monotonic() - start

    def ask(self, verb: str, count: int) -> float:
        """Seconds for each of `count`; NaN of a side that has failed."""
        if self.error:
            return float("nan")
        with contextlib.suppress(BrokenPipeError):  # it was killed: the answer says that it has ended
            print(verb, count, file=self.process.stdin, flush=True)
        return self._answer().get("seconds", float("nan")) / count

    def _answer(self) -> dict:
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            self.process.kill()
            self.error = f"no answer in {self.limit:g} s"
            return {}
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the process ended"}
        self.peak, self.error = max(self.peak, answer.get("peak", 0.0)), answer.get("error")
        return answer

    def end(self) -> None:
        """Ends the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def measure(key: str, setting: Setting, pairs: int, seconds: float, flags: list[str], limit: float) -> dict[str, Any]:
    """What the page says of a game: plain numbers, those of each side by its name.

    Args:
        key: its name.
        setting: it.
        pairs: turns.
        seconds: that kgan's part of a turn lasts.
        flags: of the processes.
        limit: seconds for an answer.
    """
    speed = machine.rates(256 if "--tiny" in flags else 2048)
    flops = machine.flops(setting)
    sides = {}
    for name in SIDES:
        if name == LOOPED and setting.network != "mlp":  # a round that takes long gains nothing by it
            continue
        sides[name] = Side(name, key, flags, limit)
        said = sides[name].error or f"ready after {sides[name].ready:.0f} s"
        print(f"{key}: {name}: {said}", flush=True)
    sizes = {name: side.parameters for name, side in sides.items() if side.parameters}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"{key}: the sides have networks of other sizes: {sizes}")
    ours = sides["kgan"]
    if ours.error:
        for side in sides.values():
            side.end()
        raise RuntimeError(f"kgan: {ours.error}")
    rounds = max(1, int(seconds / ours.ask("play", 5)))
    playing, sampling = ({name: [] for name in sides} for _ in range(2))
    for turn, (name, side) in itertools.product(range(pairs), sides.items()):
        playing[name].append(side.ask("play", rounds))
        sampling[name].append(side.ask("sample", 1024) * 1024)
        if side is ours:
            print(f"{key}: turn {turn + 1} of {pairs}: {1000 * playing[name][-1]:.3g} ms a round", flush=True)
    for side in sides.values():
        side.end()
    if ours.error:
        raise RuntimeError(f"{key}: kgan: {ours.error}")
    works = [name for name, side in sides.items() if not side.error]
    middle = statistics.median(playing["kgan"])
    return {
        "title": setting.title,
        "round": middle,
        "share": flops / middle / 1e9 / speed[f"convolution {setting.precision}"],
        "rounds": {name: ratio(playing["kgan"], playing[name]) for name in works},
        "sample": statistics.median(sampling["kgan"]),
        "samples": {name: ratio(sampling["kgan"], sampling[name]) for name in works},
        "peaks": {name: sides[name].peak for name in works},
        "errors": {name: side.error for name, side in sides.items() if side.error},
        "machine": speed,
    }


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of our time over theirs, in the same turns."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
