"""A round's time on W workers: computing their rows, and the all-reduces in between.

    T(W) = overhead + per_sample * B / W + sum over messages of 2 (W - 1) (latency + bytes / (W * bandwidth))

B is the whole batch. A message is one all-reduce of the graph, waited for before the next; it goes round a ring, in
2 (W - 1) steps of a W-th of it each (Patarasuk and Yuan 2009), which is what TensorFlow does between processes. With
one worker nothing is sent. Nothing is overlapped: a gradient is needed before the next player moves.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

LEAST = 1e-3  # seconds
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclasses.dataclass(frozen=True)
class Game:
    """What a round takes.

    Attributes:
        title: in the table.
        batch: samples in the whole batch.
        overhead: seconds of a round that do not depend on the batch.
        per_sample: seconds for each sample on a worker.
        messages: bytes of each all-reduce in a round.
    """

    title: str
    batch: int
    overhead: float
    per_sample: float
    messages: Sequence[int]

    def faster(self, times: float) -> "Game":
        """On a worker that computes so many times as fast; but a round costs `LEAST`, for Python and for launching."""
        overhead = self.overhead if times == 1 else max(LEAST, self.overhead / times)
        return dataclasses.replace(self, overhead=overhead, per_sample=self.per_sample / times)


@dataclasses.dataclass(frozen=True)
class Network:
    """Between workers: `latency` seconds a message of a step, `bandwidth` bytes a second."""

    title: str
    latency: float
    bandwidth: float


def computing(game: Game, workers: int, cores: int | None = None) -> float:
    """Seconds of a round that a worker computes; with `cores`, all workers share so many, one each at most."""
    waiting = 1.0 if cores is None else max(1.0, workers / cores)
    return waiting * (game.overhead + game.per_sample * game.batch / workers)


def sending(game: Game, network: Network, workers: int) -> float:
    """Seconds of a round in all-reduces."""
    steps = 2 * (workers - 1)
    return sum(steps * (network.latency + size / (workers * network.bandwidth)) for size in game.messages)


def rounds_per_second(game: Game, network: Network, workers: int, cores: int | None = None) -> float:
    """How fast the game is played."""
    return 1.0 / (computing(game, workers, cores) + sending(game, network, workers))


def simulated(game: Game, network: Network, workers: int, spread: float, rounds: int = 20, seed: int = 0) -> float:
    """Rounds a second, step by step: workers whose computing varies, each step of a ring waiting for the one before.

    Before each all-reduce, and after the last, each worker computes an equal part of its round, which takes a factor
    exp(N(0, spread^2)) of its time, drawn anew. With `spread` 0 it is `rounds_per_second`.
    """
    random, clocks = np.random.default_rng(seed), np.zeros(workers)
    part = computing(game, workers) / (len(game.messages) + 1)
    for _ in range(rounds):
        for size in game.messages:
            clocks += part * np.exp(spread * random.standard_normal(workers))
            step = network.latency + size / (workers * network.bandwidth)
            for _ in range(2 * (workers - 1)):
                clocks = np.maximum(clocks, np.roll(clocks, 1)) + step
        clocks += part * np.exp(spread * random.standard_normal(workers))
    return rounds / float(clocks.max())


def speedup(game: Game, network: Network, workers: int) -> float:
    """How many times as fast as on one worker."""
    return rounds_per_second(game, network, workers) / rounds_per_second(game, network, 1)


def grown(game: Game, network: Network, workers: int) -> float:
    """The share of `workers` times the samples a second of one, where the batch grows with the workers."""
    return computing(game, 1) / (computing(game, 1) + sending(game, network, workers))


def fastest(game: Game, network: Network) -> int:
    """The number of workers, of `WORKERS`, beyond which the same batch is played no faster."""
    return max((w for w in WORKERS if w <= game.batch), key=lambda w: rounds_per_second(game, network, w))


def worth_it(game: Game, network: Network) -> int:
    """The largest number of workers, of `WORKERS`, of which each still does half of what one does alone."""
    return max(w for w in WORKERS if w <= game.batch and speedup(game, network, w) >= w / 2)


def line(rows: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """(overhead, per_sample) of the line through measured rounds, by least squares; neither is negative."""
    mean_rows, mean = sum(rows) / len(rows), sum(seconds) / len(seconds)
    spread = sum((r - mean_rows) ** 2 for r in rows)
    slope = sum((r - mean_rows) * (s - mean) for r, s in zip(rows, seconds, strict=True)) / spread
    return max(0.0, mean - slope * mean_rows), max(0.0, slope)
