"""python -m benchmarks.speed [--only NAME ...] [--pairs N] [--seconds S] [--device=gpu] [--tiny] [--page PAGE]

Times every side of every game, writes the page and its plot. Each side is a living process; all are asked in turn, so
that what else the machine does falls on all alike, and a ratio is the median over pairs. Run it on a quiet machine.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt

from benchmarks.speed import machine
from benchmarks.speed.settings import SETTINGS
from benchmarks.speed.side import SIDES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"


class Side:
    """A process that plays when it is told to."""

    def __init__(self, name: str, setting: str, flags: list[str]) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.side", name, setting, *flags]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        self.peak, self.seconds, self.sampling = 0.0, [], []
        first = self._answer()
        self.error, self.parameters = first.get("error"), first.get("parameters")

    def ask(self, verb: str, count: int) -> float:
        """Seconds for each of `count`; NaN of a side that has failed."""
        if self.error:
            return float("nan")
        print(verb, count, file=self.process.stdin, flush=True)
        answer = self._answer()
        self.error = answer.get("error")
        return answer.get("seconds", float("nan")) / count

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the process ended"}
        self.peak = max(self.peak, answer.get("peak", 0.0))
        return answer

    def end(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.wait()


def timed(key: str, pairs: int, seconds: float, flags: list[str]) -> dict[str, Side]:
    """All sides of a setting, with the seconds of a round in each turn, and of 1,024 samples."""
    sides = {name: Side(name, key, flags) for name in SIDES}
    sizes = {name: side.parameters for name, side in sides.items() if side.parameters}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"{key}: the sides have networks of other sizes: {sizes}")
    rounds = max(1, int(seconds / sides["kgan"].ask("play", 5)))
    for _, (_, side) in itertools.product(range(pairs), sides.items()):
        side.seconds.append(side.ask("play", rounds))
    for _, (_, side) in itertools.product(range(pairs), sides.items()):
        side.sampling.append(side.ask("sample", 1024) * 1024)
    for side in sides.values():
        side.end()
    return sides


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of our time over theirs, in the same turns."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def rules(rounds: int, pairs: int, tiny: bool) -> list[tuple[str, float, float]]:
    """(e): each update rule, its gradient evaluations a round, and the time of one over that of `alternating`."""
    import keras

    import kgan
    from benchmarks.speed.in_keras import networks

    setting = SETTINGS["a1"].tiny() if tiny else SETTINGS["a1"]
    games = {}
    for name in kgan.updates.UPDATES:
        gan = kgan.GAN(*networks(setting), setting.latents)
        gan.compile(update=name, d_optimizer=keras.optimizers.SGD(1e-4), g_optimizer=keras.optimizers.SGD(1e-4))
        data, times = setting.data(), []

        def play(epoch, gan=gan, data=data):
            start = time.perf_counter()
            epochs = {"epochs": epoch + 1, "initial_epoch": epoch, "steps_per_epoch": rounds}
            logs = gan.fit(data, batch_size=setting.batch, verbose=0, **epochs).history
            return (time.perf_counter() - start) / rounds, logs["gradient_evaluations"][0]

        play(0)
        games[name] = play, times
    for epoch, (play, times) in itertools.product(range(1, pairs + 1), games.values()):
        times.append(play(epoch))
    cost = {name: times[0][1] for name, (_, times) in games.items()}
    plain = [seconds / evaluations for seconds, evaluations in games["alternating"][1]]
    return [(name, cost[name], ratio([s / n for s, n in times], plain)) for name, (_, times) in games.items()]


def epoch_from_disk(tiny: bool) -> float:
    """(d): seconds of `kgan train` for an epoch of Fashion-MNIST, from the call to the checkpoint."""
    command = [sys.executable, "-m", "kgan", "train", "--epochs=1", "--alarm=off", "--batch_size=64"]
    command += ["--dataset=digits", "--width=4"] if tiny else ["--dataset=fashion_mnist", "--width=32"]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([*command, f"--run_dir={folder}/run"], check=True, capture_output=True, cwd=ROOT)
        return time.perf_counter() - start


def plot(rows: dict[str, dict[str, float]], path: Path) -> None:
    """kgan's time over that of the others: below 1 it is faster."""
    others = [name for name in SIDES if name != "kgan"]
    figure, axes = plt.subplots(figsize=(10, 4))
    width = 0.8 / len(others)
    for number, name in enumerate(others):
        places = [place + number * width for place in range(len(rows))]
        axes.bar(places, [row.get(name, float("nan")) for row in rows.values()], width, label=name)
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_xticks(
        [place + 0.4 - width / 2 for place in range(len(rows))], [title.partition(",")[0] for title in rows]
    )
    axes.set_ylabel("kgan's time / the other's")
    axes.legend(ncols=3, fontsize="small")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def table(header: list[str], rows: list[list[str]]) -> str:
    """In Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="that a turn lasts")
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--tiny", action="store_true", help="networks that take no time: to see that all works")
    parser.add_argument("--page", type=Path, default=PAGE)
    args = parser.parse_args()
    if args.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    flags = [f"--device={args.device}", *(["--tiny"] if args.tiny else [])]
    speed = machine.rates(256 if args.tiny else 2048)
    others = [name for name in SIDES if name != "kgan"]
    ratios, times, samples, peaks = {}, [], [], []
    for key in args.only:
        setting = SETTINGS[key].tiny() if args.tiny else SETTINGS[key]
        sides = timed(key, args.pairs, args.seconds, flags)
        ours = sides["kgan"]
        round_ = statistics.median(ours.seconds)
        share = machine.flops(setting) / round_ / 1e9 / speed[f"convolution {setting.precision}"]
        found = {name: ratio(ours.seconds, sides[name].seconds) for name in others if not sides[name].error}
        ratios[setting.title] = found
        cell = lambda name, found=found: f"{found[name]:.2f}" if name in found else "fails"  # noqa: E731
        times.append([setting.title, f"{1000 * round_:.3g}", *map(cell, others), f"{share:.0%}"])
        drawn = {name: ratio(ours.sampling, sides[name].sampling) for name in others if not sides[name].error}
        samples.append([setting.title, f"{1000 * statistics.median(ours.sampling):.3g}"])
        samples[-1] += [f"{drawn[name]:.2f}" if name in drawn else "fails" for name in others]
        peaks.append([setting.title, *(f"{sides[name].peak:.0f}" for name in SIDES)])
        print(table(["", "ms a round", *others, "share"], times), flush=True)
        for name in others:
            if sides[name].error:
                print(f"{key}: {name}: {sides[name].error}", flush=True)
    by_rule = rules(2 if args.tiny else 5, 1 if args.tiny else args.pairs, args.tiny)
    by_rule = [[f"`{name}`", f"{count:g}", f"{cost:.2f}"] for name, count, cost in by_rule]
    seconds = epoch_from_disk(args.tiny)
    picture, warning = args.page.with_suffix(".png"), "**Tiny networks: it says nothing.** " if args.tiny else ""
    plot(ratios, picture)
    text = f"""# Performance

`make bench` writes this page: {machine.name()}. {warning}\
Each side is a living process, asked in turn, {args.pairs} times; ratios are medians of pairs, of networks with equal \
parameters and the generator's average in all. Below 1 kgan is faster. `tf.function` is the same round by hand, a call \
a round, or all in one call; "tuned" is channels_last, a fused Adam and one operation for the average; the share is \
that of the machine's own rate of convolutions, which its matrix products and convolutions are of.

![kgan's time over the others']({picture.name})

## A round

{table(["", "ms a round", *others, "share"], times)}
## 1,024 samples

{table(["", "ms", *others], samples)}
## Peak memory of the process, MiB

{table(["", *SIDES], peaks)}
## Update rules

The time of one gradient evaluation over that of `alternating`, in (a)'s networks without a penalty.

{table(["rule", "evaluations a round", "time of one"], by_rule)}
## From disk to weights

`kgan train`, an epoch of Fashion-MNIST, from the call to the checkpoint: {seconds:.0f} s.

## The machine

{table(["", "GFLOP/s"], [[name, f"{rate:.0f}"] for name, rate in speed.items()])}"""
    aside = args.page.with_name(f".{args.page.name}")
    aside.write_text(text, encoding="utf-8")
    shutil.move(aside, args.page)
    print(f"wrote {args.page}")


if __name__ == "__main__":
    main()
