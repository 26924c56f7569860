"""What augmentation does for an SNGAN on few images of Fashion-MNIST: the discriminator's overfitting, and quality.

    python benchmarks/few_images.py PERCENT SEED AUGMENT [ROUNDS]     AUGMENT: none, ada, or a DiffAugment policy

Images are reduced to 16 x 16 pixels, where a critic that overfits (SNGAN's residual one, sum-pooled) trains for a
hundred epochs in minutes; DCGAN's critic, spectrally normalised, hardly overfits 6,000 images at any length tried.
Prints one JSON line: the discriminator's mean logit on the reals it trains on less that on held-out reals (the gap),
and the Fréchet distance of 5,000 samples of the averaged generator to the 10,000 test images, in the features of a
classifier that this script trains on the training set (the same in every run; its accuracy is in the line), with
that of 5,000 held-out training images beside it.
"""

import json
import sys
import time

import keras
import numpy as np

import kgan

SHAPE = (16, 16, 1)


def load(split: str, **settings):
    return kgan.data.load("fashion_mnist", split=split, resolution=SHAPE[0], **settings)


def images_and_labels(split: str) -> tuple[np.ndarray, np.ndarray]:
    parts = list(load(split, batch_size=1000, labels=True, shuffle=False))
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def classifier() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(32, 3, 1, padding="same", activation="relu"),
            layers.Conv2D(32, 3, 2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, 2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="features"),
            layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(*images_and_labels("train"), batch_size=128, epochs=4, verbose=0)
    return model


def main(percent: str, seed: str, augment: str, rounds: str = "12000") -> None:
    start, rounds = time.perf_counter(), int(rounds)
    judge = classifier()
    features = keras.Model(judge.inputs, judge.get_layer("features").output)
    see = lambda x: features.predict(x, batch_size=1000, verbose=0)  # noqa: E731
    test, labels = images_and_labels("test")
    accuracy = judge.evaluate(test, labels, verbose=0)[1]
    reference = see(test)

    keras.utils.set_random_seed(int(seed))
    gan = kgan.SNGAN(
        kgan.networks.dcgan_generator(SHAPE, 64, width=24),
        kgan.networks.sngan_discriminator(SHAPE, width=32),
        latent_dim=64,
    )
    adam = lambda rate: keras.optimizers.Adam(rate, beta_1=0.5)  # noqa: E731
    gan.compile(
        d_optimizer=adam(1e-3),
        g_optimizer=adam(2e-4),
        n_critic=1,
        augment=None if augment == "none" else augment,
        seed=int(seed),
        steps_per_execution=50,
    )
    split = f"train[:{percent}%]"
    held_out_reals = load("test", batch_size=64)
    reals = load(split, batch_size=64, seed=int(seed))
    line = {"percent": int(percent), "seed": int(seed), "augment": augment, "rounds": rounds}
    for part in range(4):
        logs = gan.fit(
            reals, epochs=part + 1, initial_epoch=part, steps_per_epoch=rounds // 4 // 50 * 50, verbose=0
        ).history
        trained, held_out = (gan.evaluate(data, steps=60)["d_real"] for data in (reals, held_out_reals))
        line[f"gap_{part + 1}/4"] = round(trained - held_out, 3)
        line[f"fid_{part + 1}/4"] = round(kgan.metrics.frechet_distance(reference, see(gan.sample(5000))), 2)
        line["r_t"] = round(logs["r_t"][-1], 3)
        line["aug_p"] = round(logs.get("aug_p", [0.0])[-1], 4)
        print(json.dumps(line), file=sys.stderr, flush=True)
    others = images_and_labels("train[50%:]")[0][:5000]
    line["fid_real"] = round(kgan.metrics.frechet_distance(reference, see(others)), 2)
    line |= {"classifier_accuracy": round(accuracy, 3), "seconds": round(time.perf_counter() - start)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
