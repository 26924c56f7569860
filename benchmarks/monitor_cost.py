"""What EquilibriumMonitor adds to the training time at its default interval: a ratio, measured in one process.

Trains the digits' DCGAN in turns with and without the monitor, A B A B ..., and prints each pair's ratios and their
medians: of wall-clock seconds, and of CPU seconds over all threads, which other work on the machine disturbs less.

    python benchmarks/monitor_cost.py [PAIRS] [ROUNDS]
"""

import sys
import tempfile
import time

import keras
import numpy as np

import kgan


def main(pairs: int = 3, rounds: int = 2000) -> None:
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        kgan.networks.dcgan_generator((16, 16, 1), 32, width=16),
        kgan.networks.dcgan_discriminator((16, 16, 1), width=16),
        latent_dim=32,
    )
    gan.compile(penalties=["r1"])
    data = kgan.data.load("digits", batch_size=64, resolution=16)
    held_out = next(iter(kgan.data.load("digits", batch_size=64, resolution=16, seed=1)))

    def run(callbacks: list) -> np.ndarray:
        clocks = lambda: np.array([time.perf_counter(), time.process_time()])  # noqa: E731
        start = clocks()
        gan.fit(data, epochs=1, steps_per_epoch=rounds, verbose=0, callbacks=callbacks)
        return clocks() - start

    monitor = kgan.callbacks.EquilibriumMonitor(tempfile.mkdtemp(), held_out)
    gan.fit(data, epochs=1, steps_per_epoch=monitor.every * monitor.eigen_every, verbose=0, callbacks=[monitor])
    monitor.on_train_begin = lambda logs=None: None  # its functions stay compiled: what is measured is the running
    ratios = []
    for pair in range(pairs):
        plain, watched = run([]), run([monitor])
        ratios.append(watched / plain)
        print(f"pair {pair + 1}: seconds without {plain}, with {watched}, ratios {ratios[-1].round(3)}", flush=True)
    wall, cpu = np.median(ratios, axis=0)
    print(f"median ratio {wall:.3f} of wall-clock, {cpu:.3f} of CPU seconds, over {rounds} rounds a run")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
