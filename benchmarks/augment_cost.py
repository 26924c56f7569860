"""What an augmentation adds to a training round: a ratio, measured in one process.

Trains SNGAN on noise of Fashion-MNIST's size, 28 x 28, in turns without and with each augmentation, and prints for
each its fastest turn's time over the plain one's, and its share of a round. The fastest, because whatever else the
machine does only adds.

    python benchmarks/augment_cost.py [TURNS] [ROUNDS] [WIDTH]
"""

import sys
import time

import keras
import numpy as np

import kgan

AUGMENTATIONS = ["instance_noise", "color,translation,cutout", "apa(p=0.3)", "ada(p=0.3)", "ada(pipe='bgcfnc', p=0.3)"]


def trainer(width, batch_size=64, **settings):
    """A function that trains for some rounds and returns the seconds they took."""
    keras.utils.set_random_seed(0)
    gan = kgan.SNGAN(
        kgan.networks.sngan_generator((28, 28, 1), width=width),
        kgan.networks.sngan_discriminator((28, 28, 1), width=width),
        latent_dim=128,
    )
    gan.compile(n_critic=1, **settings)
    data = np.random.default_rng(0).uniform(-1, 1, (64 * batch_size, 28, 28, 1)).astype("float32")

    def train(rounds):
        start = time.perf_counter()
        gan.fit(data, batch_size=batch_size, epochs=1, steps_per_epoch=rounds, verbose=0)
        return time.perf_counter() - start

    train(3)  # the tracing is not measured
    return train


def main(turns: int = 8, rounds: int = 5, width: int = 32) -> None:
    train = {"plain": trainer(width)} | {name: trainer(width, augment=name) for name in AUGMENTATIONS}
    fastest = dict.fromkeys(train, float("inf"))
    for _ in range(turns):
        for name in train:
            fastest[name] = min(fastest[name], train[name](rounds))
    plain = fastest.pop("plain")
    print(f"SNGAN 28 x 28 x 1, width {width}, batch 64, n_critic 1: {1000 * plain / rounds:.0f} ms a round")
    for name, seconds in fastest.items():
        print(f"{name:28} ratio {seconds / plain:.3f}, share of a round {1 - plain / seconds:.1%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
