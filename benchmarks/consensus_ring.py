"""Consensus against simultaneous play on the ring of eight Gaussians, as in Mescheder et al. 2017, section 5.

Networks of 4 ReLU layers of 16 units, 16 latents, batches of 512, RMSProp, weight 10, non-saturating loss. Prints,
for each seed and rule, the modes covered by 2,500 samples (a mode counts with one sample within 3 sigma of it), the
share of such samples, and how far the samples moved between the last two looks: a generator that jumps from mode to
mode rotates.

    python benchmarks/consensus_ring.py [ROUNDS] [LEARNING_RATE] [SEEDS]
"""

import sys

import keras
import numpy as np

import kgan
from kgan.updates import Consensus, Simultaneous

CENTRES, SIGMA = kgan.data.modes("ring")


def covered(samples: np.ndarray) -> tuple[int, float, np.ndarray]:
    """(modes with a sample within 3 sigma, share of such samples, share of all samples nearest to each mode)."""
    distances = np.linalg.norm(samples[:, None] - CENTRES, axis=-1)
    nearest, good = distances.argmin(1), distances.min(1) < 3 * SIGMA
    return len(np.unique(nearest[good])), float(good.mean()), np.bincount(nearest, minlength=8) / len(samples)


def train(rule: kgan.updates.Update, seed: int, rounds: int, rate: float) -> str:
    keras.utils.set_random_seed(seed)
    gan = kgan.GAN(
        kgan.networks.mlp_generator((2,), 16, width=16, depth=4),
        kgan.networks.mlp_discriminator((2,), width=16, depth=4),
        latent_dim=16,
    )
    optimizers = [keras.optimizers.RMSprop(rate) for _ in range(2)]
    gan.compile(
        d_optimizer=optimizers[0],
        g_optimizer=optimizers[1],
        update=rule,
        ema_decay=None,
        seed=seed,
        steps_per_execution=100,
    )
    data, looks = kgan.data.load("ring", batch_size=512, seed=seed), []
    for part in range(10):
        gan.fit(data, epochs=part + 1, initial_epoch=part, steps_per_epoch=rounds // 10, verbose=0)
        looks.append(covered(gan.sample(2500, seed=1)))
    modes, good, shares = looks[-1]
    moved = 0.5 * np.abs(shares - looks[-2][2]).sum()
    history = " ".join(str(look[0]) for look in looks)
    return f"modes {modes}  good {good:.2f}  moved {moved:.2f}  nearest mode {np.round(shares, 2)}  looks: {history}"


def main(rounds: int = 20000, rate: float = 1e-3, seeds: int = 3) -> None:
    for seed in range(seeds):
        for rule in (Simultaneous(), Consensus(10.0)):
            print(f"seed {seed}  {type(rule).__name__:12}  {train(rule, seed, rounds, rate)}", flush=True)


if __name__ == "__main__":
    main(*(kind(argument) for kind, argument in zip((int, float, int), sys.argv[1:], strict=False)))
