"""Do equal runs end equal, to the bit; and what does it cost? See `kgan.bits`.

    python benchmarks/bits.py runs [RUNS] [AT_ONCE]   one command RUNS (12) times in turn, then AT_ONCE (6) at a time
    python benchmarks/bits.py presets [RUNS] [AT_ONCE] a small run of every preset (tests/bits_script.py), likewise
    python benchmarks/bits.py cost [TURNS]            time of a round with `exact` over without, in one process

`runs` compares the arrays of the last checkpoint and logs.csv with the first run's, `presets` a hash of all state and
logs, preset by preset. `cost` trains each game in turns
with and without it, and prints the ratios of the fastest and of the median turns, and the megabytes by which the
process grew as each was first trained.
"""

import concurrent.futures
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan.bits import exact

ROOT = Path(__file__).parents[1]
COMMAND = [
    *("--preset=wgan_gp", "--dataset=ring", "--width=16", "--batch_size=32", "--n_critic=5", "--epochs=10"),
    *("--steps_per_epoch=12", "--seed=0", "--alarm=off", "--update=lookahead(alternating, k=5)"),
]


def train(folder: Path) -> tuple[list[bytes], bytes]:
    """The arrays of the last checkpoint, and the table."""
    command = [sys.executable, "-m", "kgan", "train", *COMMAND, f"--run_dir={folder}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with np.load(max((folder / "checkpoints").iterdir()) / "state.npz") as state:
        return [state[name].tobytes() for name in state.files], (folder / "logs.csv").read_bytes()


def runs(number: int = 12, at_once: int = 6) -> None:
    out, first = Path(tempfile.mkdtemp(prefix="bits-")), None
    for width in (1, at_once):
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            results = list(pool.map(train, [out / f"{width}-{run}" for run in range(number)]))
        first = first or results[0]
        weights, tables = (sum(result[part] != first[part] for result in results) for part in (0, 1))
        print(
            f"{number} runs, {width} at a time: {weights} end in other weights, {tables} in another table", flush=True
        )


def small_runs(_: object) -> list[str]:
    """A line for each preset, with its hash."""
    command = [sys.executable, str(ROOT / "tests" / "bits_script.py")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [line for line in done.stdout.decode().splitlines() if "\t" in line]


def presets(number: int = 12, at_once: int = 6) -> None:
    first = None
    for width in (1, at_once):
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            results = list(pool.map(small_runs, range(number)))
        first = first or results[0]
        odd = [mine for result in results for mine, wanted in zip(result, first, strict=True) if mine != wanted]
        print(
            f"{number} processes of {len(first)} runs, {width} at a time: {len(odd)} runs end in other bits",
            *odd,
            flush=True,
        )


def dcgan() -> tuple[kgan.GAN, int, dict]:
    shape = (32, 32, 3)
    networks = kgan.networks.dcgan_generator(shape), kgan.networks.dcgan_discriminator(shape, normalization=None)
    return kgan.WGANGP(*networks, latent_dim=100), 3, {}


def sngan() -> tuple[kgan.GAN, int, dict]:
    shape = (32, 32, 3)
    networks = kgan.networks.sngan_generator(shape, width=32), kgan.networks.sngan_discriminator(shape, width=32)
    return kgan.SNGAN(*networks, latent_dim=128), 1, {"n_critic": 1}


def ring(model: type = kgan.WGANGP, **settings: object) -> tuple[kgan.GAN, int, dict]:
    return model(kgan.networks.mlp_generator((2,), 2), kgan.networks.mlp_discriminator((2,)), 2), 100, settings


GAMES = {
    "WGAN-GP, DCGAN 32x32x3": dcgan,
    "SNGAN 32x32x3": sngan,
    "WGAN-GP, ring MLP": ring,
    "consensus, ring MLP": lambda: ring(kgan.GAN, update="consensus(weight=1)"),
}


def player(make, context):
    """A function that plays some rounds in that context and returns the seconds a round took."""
    keras.utils.set_random_seed(0)
    gan, rounds, settings = make()
    gan.compile(**settings)
    shape = gan.discriminator.input_shape[1:]
    noise = np.random.default_rng(0).uniform(-1, 1, (640, *shape)).astype("float32")
    batches = iter(kgan.data.stream.Stream(kgan.data.arrays.Arrays(noise), 64).batches())
    function = gan.make_train_function()

    def play() -> float:
        with context():
            start = time.perf_counter()
            for _ in range(rounds):
                logs = function(batches, tf.constant(1))
            logs["d_loss"].numpy()
        return (time.perf_counter() - start) / rounds

    play()  # the tracing is not measured
    return play


def cost(turns: int = 7) -> None:
    for name, make in GAMES.items():
        players, grown = [], []
        for context in (contextlib.nullcontext, exact):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            players.append(player(make, context))
            grown.append((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
        times = np.array([[play() for play in players] for _ in range(turns)])
        fastest, middle = (pick(times, axis=0) for pick in (np.min, np.median))
        print(
            f"{name}: {fastest[1] / fastest[0]:.2f} (fastest), {middle[1] / middle[0]:.2f} (median) of "
            f"{1000 * fastest[0]:.1f} ms a round; memory {grown[1]} MB, without {grown[0]} MB",
            flush=True,
        )


if __name__ == "__main__":
    {"runs": runs, "presets": presets, "cost": cost}[sys.argv[1]](*map(int, sys.argv[2:]))
