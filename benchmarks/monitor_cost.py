"""What EquilibriumMonitor adds to the training time at its default interval.

Trains the digits' DCGAN with the monitor for whole cycles of its eigenvalues, and counts the time that passes in the
monitor's hooks against that of the rest, in wall-clock and in CPU seconds (of all threads). Both are of one run, so
that other work on the machine weighs on both alike; two runs, one with and one without, differed by more than this.

    python benchmarks/monitor_cost.py [CYCLES]
"""

import sys
import tempfile
import time

import keras
import numpy as np

import kgan


def now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


class Timed(kgan.callbacks.EquilibriumMonitor):
    spent = np.zeros(2)

    def on_train_batch_end(self, batch, logs=None):
        start = now()
        super().on_train_batch_end(batch, logs)
        self.spent = self.spent + now() - start


def main(cycles: int = 2) -> None:
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        kgan.networks.dcgan_generator((16, 16, 1), 32, width=16),
        kgan.networks.dcgan_discriminator((16, 16, 1), width=16),
        latent_dim=32,
    )
    gan.compile(penalties=["r1"])
    data = kgan.data.load("digits", batch_size=64, resolution=16)
    held_out = next(iter(kgan.data.load("digits", batch_size=64, resolution=16, seed=1)))
    monitor = Timed(tempfile.mkdtemp(), held_out)
    defaults = monitor.every, monitor.eigen_every
    monitor.every = monitor.eigen_every = 1
    gan.fit(data, steps_per_epoch=2, verbose=0, callbacks=[monitor])  # compiles: what is measured is the running
    monitor.every, monitor.eigen_every = defaults
    monitor.on_train_begin = lambda logs=None: None  # which would compile once more
    cycle = monitor.every * monitor.eigen_every
    for number in range(cycles):
        monitor.spent, start = np.zeros(2), now()
        gan.fit(data, steps_per_epoch=cycle, verbose=0, callbacks=[monitor])
        rest = now() - start - monitor.spent
        wall, cpu = monitor.spent / rest
        print(
            f"cycle {number + 1} of {cycle} rounds: {monitor.spent[1]:.2f} CPU seconds in the monitor, {rest[1]:.2f} "
            f"beside it: {cpu:.2%} ({wall:.2%} of wall-clock)",
            flush=True,
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
