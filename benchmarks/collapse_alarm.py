"""Does the collapse alarm fire on runs that collapse, and on no others?

    python benchmarks/collapse_alarm.py [collapse | ring | digits | fashion_mnist] [SEEDS] [FIRST]     all by default

"collapse": a ring of eight modes with a generator that moves ten times as fast as the discriminator; it chases from
mode to mode. "ring": the same networks with R1 at equal rates. "digits", "fashion_mnist": DCGANs. A line for each
run: the alarms, with the round and what was seen, and, judged without the alarm, whether the run had collapsed at
its end: modes with at least 1 % of 2,500 samples, or classes by a classifier.
"""

import os
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import kgan
from kgan.callbacks import CollapseAlarm
from kgan.commands.judge import labelled

ROUNDS = {"collapse": 5000, "ring": 5000, "digits": 3000, "fashion_mnist": 3000}
SEEDS = {"collapse": 5, "ring": 5, "digits": 3, "fashion_mnist": 2}


def ring(seed: int, collapse: bool) -> tuple:
    gan = kgan.GAN(
        kgan.networks.mlp_generator((2,), 16, width=64, depth=3),
        kgan.networks.mlp_discriminator((2,), width=64, depth=3),
        latent_dim=16,
    )
    adam = lambda rate: keras.optimizers.Adam(rate, beta_1=0.5)  # noqa: E731
    gan.compile(
        d_optimizer=adam(1e-4 if collapse else 5e-4),
        g_optimizer=adam(1e-3 if collapse else 5e-4),
        penalties=[] if collapse else [kgan.penalties.R1(gamma=0.1)],
        ema_decay=None,
        seed=seed,
        steps_per_execution=50,
    )
    data = kgan.data.load("ring", batch_size=256, seed=seed)
    return gan, data, kgan.metrics.Modes(*kgan.data.modes("ring"))


def images(name: str, seed: int, network: kgan.metrics.networks.Classifier) -> tuple:
    gan = kgan.GAN(
        kgan.networks.dcgan_generator((28, 28, 1), 64, width=16),
        kgan.networks.dcgan_discriminator((28, 28, 1), width=16),
        latent_dim=64,
    )
    adam = lambda: keras.optimizers.Adam(4e-4, beta_1=0.5)  # noqa: E731
    penalties = [kgan.penalties.R1(gamma=1.0)]
    gan.compile(
        loss="hinge", d_optimizer=adam(), g_optimizer=adam(), penalties=penalties, seed=seed, steps_per_execution=25
    )
    return gan, kgan.data.load(name, batch_size=64, seed=seed), network


def main(kind: str, seeds: int, first: int = 0) -> None:
    classifier = None
    if kind in ("digits", "fashion_mnist"):
        classifier = kgan.metrics.train_classifier(*labelled(kind))
    for seed in range(first, first + seeds):
        keras.utils.set_random_seed(seed)
        gan, data, network = images(kind, seed, classifier) if classifier else ring(seed, kind == "collapse")
        reals = np.concatenate([x.numpy() for x in data.take(1000 // data.stream.batch_size + 1)])[:1000]
        with tempfile.TemporaryDirectory() as run, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            alarm = CollapseAlarm(run, reals, network)
            gan.fit(data, epochs=1, steps_per_epoch=ROUNDS[kind], callbacks=[alarm], verbose=0)
        counts = np.bincount(network(gan.sample(2500, seed=10**6, average=False))[1].argmax(1))
        covered = int((counts >= 25).sum())
        told = (
            " | ".join(str(w.message).partition(". ")[0] for w in caught if "collapse" in str(w.message)) or "no alarm"
        )
        looks = [row for row in alarm.history if row["step"] >= alarm.warmup]
        worst = {k: round(min(r[k] for r in looks), 2) for k in ("diversity_pixels", "classes", "coverage")}
        top = max(row["separation"] for row in alarm.history)
        print(f"{kind:13} seed {seed}: {told}; at the end {covered} of {len(network.class_names)} modes", end="; ")
        print(f"least {worst}, separation up to {top:.4f}", flush=True)


if __name__ == "__main__":
    kinds = [sys.argv[1]] if len(sys.argv) > 1 else list(ROUNDS)
    for kind in kinds:
        main(kind, *(map(int, sys.argv[2:]) if len(sys.argv) > 2 else [SEEDS[kind]]))
