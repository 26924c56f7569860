"""Do the metrics rank generators of Fashion-MNIST as they should, and is one that makes three classes only caught?

    python benchmarks/metric_ranking.py [ROUNDS] [OUT.json]

The same 10,000 training images are the reals for all. Judged are 10,000 held-out training images ("real"), an SNGAN
after ROUNDS (8,000) and after a twentieth of them ("late", "early"), uniform noise, and an SNGAN of the same length
that was trained on trousers, sneakers and bags only ("three", and 10,000 images of these classes, "three_real").
Prints a table, and which metrics do not rank real < late < early < noise. `cas` is the classification accuracy
score in pixels, with the labels that the feature classifier gives 3,000 samples (0.1, chance, if it gives but one).
"""

import json
import os
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan.callbacks import CollapseAlarm
from kgan.commands.judge import labelled

NUM = 10_000
CLASSES = (1, 7, 8)
METRICS = ("fid", "kid", "inception_score", "precision_recall", "density_coverage", "sliced_wasserstein", "swd")
METRICS += ("bins", "classes")


def sngan(seed: int) -> kgan.GAN:
    keras.utils.set_random_seed(seed)
    gan = kgan.SNGAN(
        kgan.networks.dcgan_generator((28, 28, 1), 64, width=32),
        kgan.networks.dcgan_discriminator((28, 28, 1), width=32, normalization="spectral"),
        latent_dim=64,
    )
    adam = lambda: keras.optimizers.Adam(4e-4, beta_1=0.5)  # noqa: E731
    gan.compile(d_optimizer=adam(), g_optimizer=adam(), n_critic=1, seed=seed, steps_per_execution=50)
    return gan


def train(reals: np.ndarray, rounds: int, *callbacks: keras.callbacks.Callback) -> kgan.GAN:
    gan = sngan(0)
    data = tf.data.Dataset.from_tensor_slices(reals).shuffle(len(reals), seed=0).repeat().batch(64)
    gan.fit(data, epochs=1, steps_per_epoch=rounds, callbacks=list(callbacks), verbose=0)
    return gan


def main(rounds: int, out: str | None) -> None:
    images, labels = labelled("fashion_mnist")
    test, test_labels = labelled("fashion_mnist", split="test")
    network = kgan.metrics.train_classifier(images, labels)
    order = np.random.default_rng(0).permutation(len(images))
    reals, held_out = images[order[:NUM]], images[order[NUM : 2 * NUM]]
    judge = kgan.metrics.Evaluator(reals, network, METRICS, NUM)
    print(f"{network.label}: accuracy {network.accuracy:.1%} on images that it was not trained on", flush=True)

    some = images[np.isin(labels, CLASSES)]
    judged = {"real": held_out}
    judged["early"] = train(images, rounds // 20 // 50 * 50).sample(NUM)
    judged["late"] = train(images, rounds).sample(NUM)
    judged["noise"] = np.random.default_rng(0).uniform(-1.0, 1.0, held_out.shape).astype("float32")
    with tempfile.TemporaryDirectory() as run, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        judged["three"] = train(some, rounds, CollapseAlarm(run, reals[:1000], network)).sample(NUM)
    judged["three_real"] = some[np.random.default_rng(0).permutation(len(some))[:NUM]]

    values, directions = {}, judge.directions | {"cas": "higher"}
    for name, samples in judged.items():
        evaluation = judge([samples], weights="images" if "real" in name or name == "noise" else "ema")
        values[name] = {result.metric: result.value for result in evaluation.results}
        given = network(samples[:3000])[1].argmax(1)
        pixels = samples[:3000].reshape(-1, 784), given, test.reshape(-1, 784), test_labels
        values[name]["cas"] = float(kgan.metrics.classification_accuracy(*pixels)) if np.ptp(given) else 0.1
    print(f"{'metric':20}" + "".join(f"{name:>12}" for name in judged))
    wrong = []
    for metric, better in directions.items():
        row = [values[name][metric] for name in judged]
        print(f"{metric:20}" + "".join(f"{value:12.4g}" for value in row), end="")
        ranked = [values[name][metric] for name in ("real", "late", "early", "noise")]
        right = ranked == sorted(ranked, reverse=better == "higher")
        right = right and (len(set(ranked)) == 4 or metric == "classes")  # a count of ten, which is full for several
        print("" if better is None else "  ranks" if right else "  DOES NOT RANK")
        wrong += [] if right or better is None else [metric]
    print(
        f"rank as they should: {len(directions) - len(wrong)} of {len(directions)}; do not: {', '.join(wrong) or '-'}"
    )
    told = [str(w.message) for w in caught if "collapse" in str(w.message)]
    print(f"the alarm on three classes: {told[0] if told else 'none'}", flush=True)
    if out:
        with open(out, "w") as file:
            json.dump(values, file, indent=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000, sys.argv[2] if len(sys.argv) > 2 else None)
