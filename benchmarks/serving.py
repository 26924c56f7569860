"""1,000 samples from a server on this machine, and from the same exported generator in this process.

python benchmarks/serving.py [SAVED_MODEL [SERVER]]: SAVED_MODEL is a version's folder, saved_models/digits/1 by
default; SERVER the address of a TensorFlow Serving that has it, "localhost:8500/digits". Without one the double of the
tests, in a process of its own, takes its place: the official messages over gRPC, and the C++ loader.
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from kgan.export import load_generator
from kgan.serving import Client

ROOT = Path(__file__).parents[1]
NUM, TIMES = 1000, 15
DOUBLE = """
import gc, sys
gc.disable()  # the real one has no garbage collector
from tests.serving.double import Double
from tests.serving.loader import Loaded
with Double({"default": {1: Loaded(sys.argv[1])}}) as double:
    print(double.grpc, double.rest, flush=True)
    sys.stdin.read()
"""


def timed(what) -> float:
    start = time.perf_counter()
    what()
    return time.perf_counter() - start


def main(folder: str, *server: str) -> None:
    local = load_generator(folder)
    double = None
    if not server:
        command = [sys.executable, "-c", DOUBLE, folder]
        double = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        server = tuple(double.stdout.readline().split())
    asked = {"in process": lambda: local.sample(NUM, seed=1)}
    clients = [Client(place) for place in server]
    for client in clients:
        asked[client.address.scheme] = lambda client=client: client.sample(NUM, seed=1)
    images = [what() for what in asked.values()]  # and all are warm
    for other in images[1:]:
        assert np.abs(other - images[0]).max() < 1e-5
    times = {name: [] for name in asked}
    for _ in range(TIMES):  # in turn, so that what else the machine does is shared
        for name, what in asked.items():
            times[name].append(timed(what))
    base = np.median(times["in process"])
    for name, seconds in times.items():
        middle = np.median(seconds)
        print(f"{name:12} {1000 * middle:8.1f} ms (fastest {1000 * min(seconds):.1f}), {middle / base:.2f} times")
    if double:
        double.stdin.close()
        double.wait()


if __name__ == "__main__":
    main(*(sys.argv[1:] or [str(ROOT / "saved_models/digits/1")]))
