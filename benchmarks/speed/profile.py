"""Where time goes: python -m benchmarks.speed.profile [GAME ...] [--turns N], of a1, a5, a1_bf16, b, c.

Prints tables, and puts each in the place of the game's own in the last section of docs/performance.md.

For each game of `make bench` the steps from `fit` down to a loop by hand, each a way to play the same rounds, asked in
turn: wall time, and the processor's, which others on the machine do not lengthen. Then, by TensorFlow's profiler, what
the operations cost by kind, those that it takes for cheap left out, and the rate of matrix products and convolutions.
"""

import argparse
import collections
import statistics
import tempfile
import time
from pathlib import Path

import tensorflow as tf

from benchmarks.speed import in_keras, machine
from benchmarks.speed.settings import SETTINGS, Setting
from benchmarks.speed.turns import ROOT
from kgan import batches, files
from kgan.bits import exact
from kgan.derivatives import without_zeros

PAGE = ROOT / "docs" / "performance.md"
ROUNDS = {"c": 200}  # in one execution; 6 of the others
SHOWN = 14  # kinds of operations
ONCE = "a call of `fit` with one round"


class Ways:
    """The ways to play rounds of a game."""

    def __init__(self, setting: Setting, rounds: int) -> None:
        self.setting, self.number = setting, rounds
        self.side, self.hand = in_keras.Kgan(setting), in_keras.Looped(setting)
        self.gan = self.side.gan
        self.feed = batches.feed(setting.data(), None, setting.batch, True, 0)

    def all(self) -> dict:
        """By name, from all that `fit` does to what is left without it."""
        options = tf.data.Options()
        options.autotune.enabled = False
        held = tf.data.Dataset.from_tensors(self.feed.first).repeat().with_options(options)
        return {
            "`fit`": lambda: self.side.play(self.number),
            "one execution, on `fit`'s data": self.execution(self.feed.batches(0)),
            "one execution, on one batch": self.execution(held),
            "by hand, looped": lambda: self.hand.play(self.number),
            "`fit`'s data alone": self.data(self.feed.batches(0)),
        }

    def execution(self, data: tf.data.Dataset):
        """The compiled rounds without `fit`."""
        iterator = iter(data)

        def play():
            with exact(), without_zeros():
                logs = self.gan.make_train_function()(iterator, tf.constant(self.number))
                next(iter(logs.values())).numpy()

        return play

    def data(self, data: tf.data.Dataset):
        """The batches, read and let go."""
        iterator = iter(data)
        read = tf.function(
            lambda count: tf.while_loop(
                lambda i: i < count, lambda i: _after(i + 1, [next(iterator) for _ in range(self.needed)]), [0]
            ),
            autograph=False,
        )
        return lambda: read(tf.constant(self.number))

    @property
    def needed(self) -> int:
        """Batches in a round."""
        return self.gan.rounds_needed


def _after(value: tf.Tensor, others: list) -> tf.Tensor:
    with tf.control_dependencies(tf.nest.flatten(others)):
        return tf.identity(value)


def kinds(play) -> dict[str, tuple[int, float]]:
    """(how many, seconds over all threads) of the operations by kind, as TensorFlow's profiler sees them in `play`."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2  # with TensorFlow, and outside of its public face

    with tempfile.TemporaryDirectory() as folder:
        options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=3)  # the cheap ones too
        with tf.profiler.experimental.Profile(folder, options):
            play()
        (path,) = Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    found = collections.defaultdict(lambda: [0, 0.0])
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                label = plane.event_metadata[event.metadata_id].name
                name, _, kind = label.partition("#")[0].rpartition(":")
                if name and "::" not in label and kind.isidentifier():  # NAME:KIND of an operation
                    kind = kind.removeprefix("_Mkl").removeprefix("Native").removesuffix("WithBias")  # oneDNN's
                    found[kind][0] += 1
                    found[kind][1] += event.duration_ps / 1e12
    return {kind: tuple(numbers) for kind, numbers in found.items()}


def measured_in(operations: set) -> dict[str, float]:
    """Floating-point operations of matrix products and convolutions, by kind."""
    found = collections.Counter()
    for op in operations:
        found[op.type] += 2.0 * machine.products(op)
    return {kind: flops for kind, flops in found.items() if flops}


def measure(key: str, turns: int) -> str:
    """The tables of a game."""
    setting, rounds = SETTINGS[key], ROUNDS.get(key, 6)
    ways = Ways(setting, rounds)
    played = ways.all()
    rounds_of = {name: rounds for name in played} | {ONCE: 1}
    played[ONCE] = lambda: ways.side.play(1)
    for play in played.values():
        play()  # traced, compiled and warm
    walls, seconds = ({name: [] for name in played} for _ in range(2))
    for _ in range(turns):
        for name, play in played.items():
            wall, computing = time.perf_counter(), time.process_time()
            play()
            walls[name].append((time.perf_counter() - wall) / rounds_of[name])
            seconds[name].append((time.process_time() - computing) / rounds_of[name])
    ours, theirs = (
        machine.operations(step, setting, ways.needed) for step in (ways.gan.train_step, ways.hand.model.train_step)
    )
    flops, there = measured_in(ours), collections.Counter(op.type for op in ours)
    counts = (sum(op.type != "Const" for op in side) for side in (ours, theirs))
    lines = [f"### {setting.title}", "", "Operations in a round: {} of kgan, {} by hand.".format(*counts), ""]
    lines += ["| way | ms a round | ms of the processor |", "| --- | --- | --- |"]
    for name in played:
        wall, computing = (1e3 * statistics.median(taken[name]) for taken in (walls, seconds))
        lines.append(f"| {name} | {wall:.3g} | {computing:.3g} |")
    ours, theirs = (kinds(played[name]) for name in ("one execution, on one batch", "by hand, looped"))
    total = sum(taken for _, taken in ours.values())
    lines += ["", "| operation | a round | by hand | ms a round | by hand | share | GFLOP/s |"]
    lines += ["| --- | --- | --- | --- | --- | --- | --- |"]
    names = sorted(ours, key=lambda kind: -ours[kind][1])
    for kind in names[:SHOWN]:
        (count, taken), (number, other) = ours[kind], theirs.get(kind, (0, 0.0))
        all_seen = kind in flops and round(count / rounds) == there[kind]
        rate = f"{flops[kind] * rounds / taken / 1e9:.0f}" if all_seen else "–"
        cells = [kind, f"{count / rounds:.0f}", f"{number / rounds:.0f}", f"{1e3 * taken / rounds:.3g}"]
        lines.append(f"| {' | '.join([*cells, f'{1e3 * other / rounds:.3g}', f'{taken / total:.0%}', rate])} |")
    sums = [(sum(n for n, _ in side.values()), sum(t for _, t in side.values())) for side in (ours, theirs)]
    cells = [f"{count / rounds:.0f}" for count, _ in sums] + [f"{1e3 * taken / rounds:.3g}" for _, taken in sums]
    lines.append(f"| all of {len(names)} kinds | {' | '.join(cells)} | 100% | – |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("games", nargs="*", default=list(SETTINGS), help=", ".join(SETTINGS))
    parser.add_argument("--turns", type=int, default=5)
    args = parser.parse_args()
    for key in args.games:
        table = measure(key, args.turns)
        print(table, flush=True)
        put(table, PAGE)


def put(table: str, page: Path) -> None:
    """Puts a game's table on a page, in the place of the one that begins with its line; else at the end."""
    title, _, _ = table.partition("\n")
    before, found, rest = page.read_text(encoding="utf-8").partition(f"{title}\n")
    after = rest.partition("\n### ")[2] if found else ""
    files.write(page, f"{before.rstrip()}\n\n{table}\n" + (f"\n### {after}" if after else ""))


if __name__ == "__main__":
    main()
