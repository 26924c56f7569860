"""Memory over a long run: resident size, round by round, of many tiny rounds with every callback at work.

    python benchmarks/memory.py [ROUNDS]

Prints it ten times over the run, and how fast it still grows in the second half.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import kgan
from kgan import callbacks, metrics

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """The process's resident size in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


class Watch(keras.callbacks.Callback):
    """Notes the resident size after each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes = []

    def on_epoch_end(self, epoch, logs=None):
        self.sizes.append((int(self.model.step.numpy()), resident()))


def play(rounds: int, folder: Path) -> list[tuple[int, float]]:
    """Trains on the ring in epochs of 25 rounds; returns (round, MiB)."""
    keras.utils.set_random_seed(0)
    ring = kgan.data.load("ring", batch_size=32)
    networks = kgan.networks.mlp_generator((2,), 2, width=16), kgan.networks.mlp_discriminator((2,), width=16)
    gan = kgan.GAN(*networks, latent_dim=2)
    gan.compile(penalties=["r1(gamma=1)"], augment="instance_noise(std=0.05)")
    reals = np.concatenate(list(ring.take(20).as_numpy_iterator()))
    look = metrics.Modes(*kgan.data.modes("ring"))
    evaluator = metrics.Evaluator(ring, look, ("fid", "modes", "precision_recall"), 640)
    watch, run = Watch(), folder / "run"
    gan.fit(
        ring,
        epochs=rounds // 25,
        steps_per_epoch=25,
        verbose=0,
        callbacks=[
            callbacks.Evaluate(run, evaluator, every=4),
            callbacks.CollapseAlarm(run, reals, look, every=50, warmup=100),
            callbacks.EquilibriumMonitor(run, reals[:64], every=100),
            callbacks.NonFiniteGuard(run),
            callbacks.SampleGrid(run, every=10),
            callbacks.CSVLogger(run),
            callbacks.LossCurves(run),
            callbacks.Checkpoint(run),
            keras.callbacks.TensorBoard(run / "logs"),
            watch,
        ],
    )
    return watch.sizes


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sizes = play(int((sys.argv[1:] or [3000])[0]), Path(folder))
    for step, size in sizes[:: max(len(sizes) // 10, 1)]:
        print(f"round {step:6,}: {size:7.0f} MiB")
    steps, mib = np.array(sizes).T
    half = len(steps) // 2
    print(f"second half: {np.polyfit(steps[half:], mib[half:], 1)[0] * 1000:+.2f} MiB a thousand rounds")
