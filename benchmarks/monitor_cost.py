"""What EquilibriumMonitor adds to the training time at its default interval: a ratio, measured in one process.

Trains the digits' DCGAN in turns with and without the monitor, A B A B ..., and prints each pair's ratio and their
median.

    python benchmarks/monitor_cost.py [PAIRS] [ROUNDS]
"""

import statistics
import sys
import tempfile
import time

import keras

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

    def run(callbacks: list) -> float:
        start = time.perf_counter()
        gan.fit(data, epochs=1, steps_per_epoch=rounds, verbose=0, callbacks=callbacks)
        return time.perf_counter() - start

    monitor = kgan.callbacks.EquilibriumMonitor(tempfile.mkdtemp(), held_out)
    gan.fit(data, epochs=1, steps_per_epoch=monitor.every * monitor.eigen_every, verbose=0, callbacks=[monitor])
    monitor.on_train_begin = lambda logs=None: None  # its functions stay compiled: what is measured is the running
    ratios = []
    for pair in range(pairs):
        plain, watched = run([]), run([monitor])
        ratios.append(watched / plain)
        print(f"pair {pair + 1}: without {plain:.2f} s, with {watched:.2f} s, ratio {ratios[-1]:.3f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f} over {rounds} rounds a run")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
