"""ProgressiveGAN from 4 x 4 to 32 x 32 on Fashion-MNIST in one `fit`: what each resolution costs, and a picture.

    python benchmarks/growing.py [--rounds=400] [--image=growing.png]

A resolution fades in over ROUNDS rounds and stays for as many: seven times ROUNDS in all. Networks of width 16, batches
of 16, the preset's settings. When a phase ends, a row of the table is printed: processor milliseconds a round, over
all threads, without the first ones, which compile; and the sliced Wasserstein distance of 2,000 samples, brought to
32 x 32 by repeating pixels, to 2,000 of the data, in pixels. The picture has a row of samples for each resolution,
when it has stayed; the averaged generator's.
"""

import argparse
import time

import keras
import numpy as np

import kgan

SHAPE, BATCH, NUM, SHOWN, AN_EXECUTION = (32, 32, 1), 16, 2000, 16, 10


class Phases(keras.callbacks.Callback):
    """Prints a row when a phase ends, an epoch, and keeps samples of each resolution."""

    def __init__(self, reals: np.ndarray) -> None:
        super().__init__()
        self.reals, self.shown = reals.reshape(NUM, -1), []

    def on_epoch_begin(self, epoch, logs=None):
        self.times = []

    def on_train_batch_end(self, batch, logs=None):
        self.times.append(time.process_time())

    def on_epoch_end(self, epoch, logs=None):
        rounds = AN_EXECUTION * max(len(self.times) - 1, 1)  # the first ones compile
        milliseconds = 1e3 * (self.times[-1] - self.times[0]) / rounds
        fakes = self.model.sample(NUM).reshape(NUM, -1)
        distance = kgan.metrics.sliced_wasserstein(self.reals, fakes)
        size = self.model.generator.sizes[(epoch + 1) // 2][0]
        doing = "fades in" if epoch % 2 else "stays"
        print(f"| {size} x {size} {doing} | {milliseconds:.0f} | {distance:.3f} |", flush=True)
        if not epoch % 2:
            self.shown.append(self.model.sample(SHOWN, seed=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--image", default="growing.png")
    asked = parser.parse_args()
    data = kgan.data.load("fashion_mnist", resolution=SHAPE[0], batch_size=BATCH, seed=0)
    halves = next(iter(kgan.data.load("fashion_mnist", resolution=SHAPE[0], batch_size=2 * NUM, seed=1))).numpy()
    keras.utils.set_random_seed(0)
    gan = kgan.ProgressiveGAN.for_data(SHAPE, width=16)
    gan.compile(stage_rounds=asked.rounds, steps_per_execution=AN_EXECUTION, seed=0)
    phases = Phases(halves[:NUM])
    print("| phase | ms a round | distance |\n| --- | --- | --- |")
    start = time.process_time()
    gan.fit(data, epochs=7, steps_per_epoch=asked.rounds, verbose=0, callbacks=[phases])
    real = kgan.metrics.sliced_wasserstein(*(half.reshape(NUM, -1) for half in np.split(halves, 2)))
    print(f"| other data | – | {real:.3f} |\n\n{time.process_time() - start:.0f} processor seconds in all")
    kgan.pictures.write_png(asked.image, kgan.pictures.grid(np.concatenate(phases.shown), SHOWN))


if __name__ == "__main__":
    main()
