"""Time and memory of the metrics at the sizes that people use: each in a process of its own.

    python benchmarks/metrics_cost.py

Fréchet moments of 50,000 x 2,048 features in batches of 500 (and the distance after them, with and without its
jackknife over 5 folds, and an `Evaluator` that does all of it: 50,000 reals, then as many fakes); precision, recall,
density and coverage of 10,000 against 10,000 samples of dimension 512. Memory is the peak of the process beyond what
it held before, when the data of that line (one batch; all features where the metric is of all) were there already. A
line that misses its bound says so.
"""

import multiprocessing
import os
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from kgan.metrics import Evaluator, Moments, density_coverage, frechet_distance, precision_recall
from kgan.metrics.frechet import frechet_jackknife

MIB = 1024**2


def memory(key: str) -> float:
    """VmRSS, or VmHWM, its peak since `forget_peak`, in bytes."""
    with open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(key))


def forget_peak() -> None:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def batches(count: int, batch: np.ndarray):
    """As many batches: one array, filled anew, as a feature network's would be."""
    for seed in range(count):
        np.random.default_rng(seed).standard_normal(dtype="float32", out=batch)
        yield batch


def moments() -> Callable[[], object]:
    batch = np.ones((500, 2048), "float32")

    def run():
        seen = Moments(2048)
        for features in batches(100, batch):
            seen.add(features)
        return np.trace(seen.covariance)

    return run


def half_and_half(folds: int) -> list[Moments]:
    batch = np.ones((500, 2048), "float32")
    return [Moments(2048).add(next(batches(1, batch)) * (1 + fold)) for fold in range(folds)]


def distance() -> Callable[[], object]:
    real, fake = half_and_half(2)
    return lambda: frechet_distance(real, fake)


def jackknife() -> Callable[[], object]:
    real, *folds = half_and_half(6)
    return lambda: frechet_jackknife(real, folds)


class Features:
    """50,000 x 2,048 in batches, from the start for each that asks."""

    def __init__(self, batch: np.ndarray) -> None:
        self.batch = batch

    def __iter__(self):
        return batches(100, self.batch)


def evaluator() -> Callable[[], object]:
    features = Features(np.ones((500, 2048), "float32"))
    return lambda: Evaluator(features, "raw", ["fid"], num=50_000)(features)


def manifold(metric: Callable) -> Callable[[], Callable[[], object]]:
    def prepare():
        rng = np.random.default_rng(0)
        real, fake = (rng.standard_normal((10_000, 512), dtype="float32") for _ in range(2))
        return lambda: metric(real, fake)

    return prepare


CASES = {
    "Fréchet moments of 50,000 x 2,048": (moments, None, 500),
    "Fréchet distance at d = 2,048": (distance, None, None),
    "the same with its jackknife over 5 folds": (jackknife, None, None),
    "an Evaluator of 50,000 x 2,048": (evaluator, None, 500),
    "precision and recall, n = 10,000, d = 512": (manifold(precision_recall), 60, 2048),
    "density and coverage, n = 10,000, d = 512": (manifold(density_coverage), 60, 2048),
}


def measure(name: str) -> None:
    prepare, most_seconds, most_mib = CASES[name]
    run = prepare()
    np.eye(64) @ np.eye(64)  # the linear algebra's threads and their buffers are there before
    forget_peak()
    before, start = memory("VmRSS"), time.perf_counter()
    run()
    seconds, peak = time.perf_counter() - start, (memory("VmHWM") - before) / MIB
    missed = (most_seconds and seconds > most_seconds) or (most_mib and peak > most_mib)
    print(f"{name:45} {seconds:8.1f} s {peak:8.0f} MiB{'  MISSES ITS BOUND' if missed else ''}", flush=True)


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    for name in CASES:
        process = spawn.Process(target=measure, args=(name,))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{name}: ended with {process.exitcode}")


if __name__ == "__main__":
    main()
