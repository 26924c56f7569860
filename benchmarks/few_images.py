"""What augmentation does for an SNGAN on few images of Fashion-MNIST, or StyleGAN2-ADA: overfitting, and quality.

    python benchmarks/few_images.py PERCENT SEED AUGMENT [ROUNDS] [GAME] [IMAGE.png] [PIXELS]

AUGMENT is none, ada, "ada(target=0.2)", or a DiffAugment policy; GAME is sngan or stylegan2_ada, of about as many
weights (137,000 and 85,000 at 16 pixels). IMAGE is a picture of samples, StyleGAN2's at psi = 1, 0.7 and 0.4.

Images are reduced to 16 x 16 pixels unless PIXELS says otherwise: there a critic that overfits (SNGAN's residual one,
sum-pooled) trains for a hundred epochs in minutes; DCGAN's critic, spectrally normalised, hardly overfits 6,000 images
at any length tried.
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

LATENTS, BATCH = 64, 64


def load(split: str, pixels: int, **settings):
    return kgan.data.load("fashion_mnist", split=split, resolution=pixels, **settings)


def images_and_labels(split: str, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    parts = list(load(split, pixels, batch_size=1000, labels=True, shuffle=False))
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def classifier(pixels: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((pixels, pixels, 1)),
            layers.Conv2D(32, 3, 1, padding="same", activation="relu"),
            layers.Conv2D(32, 3, 2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, 2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(64, activation="relu", name="features"),
            layers.Dense(10),
        ]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(*images_and_labels("train", pixels), batch_size=128, epochs=4, verbose=0)
    return model


def sngan(shape: tuple[int, int, int]) -> kgan.GAN:
    return kgan.SNGAN(
        kgan.networks.dcgan_generator(shape, LATENTS, width=24),
        kgan.networks.sngan_discriminator(shape, width=32),
        latent_dim=LATENTS,
    )


def stylegan2_ada(shape: tuple[int, int, int]) -> kgan.GAN:
    return kgan.StyleGAN2ADA(
        kgan.networks.stylegan2_generator(shape, LATENTS, width=24, mapping_layers=2),
        kgan.networks.stylegan2_discriminator(shape, width=24),
        latent_dim=LATENTS,
    )


def adam(rate: float, beta_1: float = 0.5, beta_2: float = 0.999) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=beta_2)


def small_styles() -> dict:
    """The authors' settings for CIFAR-10, but for twice their learning rate: these runs are short."""
    lazy = 16 / 17
    return {
        "penalties": kgan.penalties.R1(0.01, interval=16),
        "style_mixing": 0.0,
        "d_optimizer": adam(5e-3 * lazy, 0.0, 0.99**lazy),
        "g_optimizer": adam(5e-3, 0.0, 0.99),
    }


GAMES = {  # how it is made, what its compile is given
    "sngan": (sngan, lambda: {"d_optimizer": adam(1e-3), "g_optimizer": adam(2e-4), "n_critic": 1}),
    "stylegan2_ada": (stylegan2_ada, small_styles),
}


def main(percent, seed, augment, rounds="12000", game="sngan", image="", pixels="16") -> None:
    rounds, pixels = int(rounds), int(pixels)
    judge = classifier(pixels)
    features = keras.Model(judge.inputs, judge.get_layer("features").output)
    see = lambda x: features.predict(x, batch_size=1000, verbose=0)  # noqa: E731
    test, labels = images_and_labels("test", pixels)
    accuracy = judge.evaluate(test, labels, verbose=0)[1]
    reference = see(test)

    keras.utils.set_random_seed(int(seed))
    make, settings = GAMES[game]
    gan = make((pixels, pixels, 1))
    augment_by = None if augment == "none" else augment
    gan.compile(**settings(), augment=augment_by, seed=int(seed), steps_per_execution=50)
    split = f"train[:{percent}%]"
    held_out_reals = load("test", pixels, batch_size=BATCH)
    reals = load(split, pixels, batch_size=BATCH, seed=int(seed))
    line = {"game": game, "percent": int(percent), "pixels": pixels, "seed": int(seed), "augment": augment}
    line["rounds"] = rounds
    seconds = 0.0
    for part in range(4):
        start = time.process_time()
        logs = gan.fit(
            reals, epochs=part + 1, initial_epoch=part, steps_per_epoch=rounds // 4 // 50 * 50, verbose=0
        ).history
        seconds += time.process_time() - start
        trained, held_out = (gan.evaluate(data, steps=60)["d_real"] for data in (reals, held_out_reals))
        line[f"gap_{part + 1}/4"] = round(trained - held_out, 3)
        line[f"fid_{part + 1}/4"] = round(kgan.metrics.frechet_distance(reference, see(gan.sample(5000))), 2)
        line["r_t"] = round(logs["r_t"][-1], 3)
        line["aug_p"] = round(logs.get("aug_p", [0.0])[-1], 4)
        print(json.dumps(line), file=sys.stderr, flush=True)
        if image:
            psis = [{"truncation": psi} for psi in (1.0, 0.7, 0.4)] if game == "stylegan2_ada" else [{}]
            rows = [gan.sample(20, seed=1, **psi) for psi in psis]
            kgan.pictures.write_png(image, kgan.pictures.grid(np.concatenate(rows), 20))
    others = images_and_labels("train[50%:]", pixels)[0][:5000]
    line["fid_real"] = round(kgan.metrics.frechet_distance(reference, see(others)), 2)
    line |= {"classifier_accuracy": round(accuracy, 3), "seconds": round(seconds)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
