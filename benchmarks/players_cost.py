"""What a round costs before N discriminators and with K generators, and a sample of an ensemble of K: lines in N and K.

    python benchmarks/players_cost.py [--image=players_cost.png]

A DCGAN (28 x 28 x 1, width 16, batch 32). All games are trained in turns, A B C A B C ..., in one process; a cost is
the median over turns of CPU seconds a round over all threads, as a multiple of the plain GAN's in the same turn. Prints
the multiples, the line through them (least squares), and how far they lie off it; writes a picture of both.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import keras
import numpy as np

import kgan
from kgan import networks

SHAPE, LATENTS, WIDTH, BATCH = (28, 28, 1), 64, 16, 32
NUMBERS = (1, 2, 3, 5, 8)
ROUNDS, TURNS = 12, 7
IMAGES = np.random.default_rng(0).uniform(-1, 1, (16 * BATCH, *SHAPE)).astype("float32")


def generator() -> keras.Model:
    return networks.dcgan_generator(SHAPE, LATENTS, width=WIDTH)


def discriminator() -> keras.Model:
    return networks.dcgan_discriminator(SHAPE, width=WIDTH)


def plain() -> kgan.GAN:
    return kgan.GAN(generator(), discriminator(), LATENTS)


def discriminators(number: int) -> kgan.GAN:
    if number == 1:
        return plain()
    return kgan.MultiDiscriminatorGAN(generator(), [discriminator() for _ in range(number)], LATENTS)


def generators(number: int) -> kgan.GAN:
    return plain() if number == 1 else kgan.MixGAN([generator() for _ in range(number)], [discriminator()], LATENTS)


def training(gan: kgan.GAN) -> Callable[[], float]:
    """CPU seconds a round, each time that it is called."""
    gan.compile()
    batches = [IMAGES[start : start + BATCH] for start in range(0, len(IMAGES), BATCH)]
    gan.train_on_batch(batches[0])

    def turn() -> float:
        start = time.process_time()
        for number in range(ROUNDS):
            gan.train_on_batch(batches[number])
        return (time.process_time() - start) / ROUNDS

    return turn


def sampling(number: int) -> Callable[[], float]:
    """CPU seconds for 512 samples of an ensemble, each time that it is called."""
    sampler = kgan.mixture.mixture(
        [kgan.sampling.Sampler.of(generator(), LATENTS, sample_shape=SHAPE) for _ in range(number)]
    )
    sampler.sample(512)

    def turn() -> float:
        start = time.process_time()
        sampler.sample(512)
        return time.process_time() - start

    return turn


KINDS = {
    "discriminators, a round": lambda number: training(discriminators(number)),
    "generators before one discriminator, a round": lambda number: training(generators(number)),
    "members of an ensemble, a sample": sampling,
}


def measure(make: Callable[[int], Callable[[], float]], numbers: Sequence[int], turns: int) -> list[float]:
    """The multiples of the cost of the first, for each of the numbers."""
    games = [make(number) for number in numbers]
    seconds = [[game() for game in games] for _ in range(turns)]
    return [statistics.median(row[place] / row[0] for row in seconds) for place in range(len(numbers))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="players_cost.png")
    asked = parser.parse_args()
    from matplotlib.figure import Figure

    figure = Figure((7, 4))
    axes = figure.subplots()
    for kind, make in KINDS.items():
        costs = measure(make, NUMBERS, TURNS)
        slope, base = np.polyfit(NUMBERS, costs, 1)
        off = max(abs(base + slope * number - cost) / cost for number, cost in zip(NUMBERS, costs, strict=True))
        shown = "  ".join(f"{number}: {cost:.2f}" for number, cost in zip(NUMBERS, costs, strict=True))
        print(f"{kind:46} {shown}   line {base:.2f} + {slope:.2f} n, off by at most {off:.0%}", flush=True)
        (dots,) = axes.plot(NUMBERS, costs, "o", label=kind)
        axes.plot(NUMBERS, base + slope * np.array(NUMBERS), "-", color=dots.get_color(), linewidth=1)
        keras.backend.clear_session()
    axes.set(xlabel="how many", ylabel="cost, as a multiple of one", xlim=0, ylim=0)
    axes.legend()
    figure.savefig(asked.image, dpi=110)


if __name__ == "__main__":
    main()
