"""CycleGAN and pix2pix on real pictures: boots into sneakers and back, and edges into shoes; before and after.

python benchmarks/translations.py FOLDER [ROUNDS]: FOLDER gets cyclegan.png and pix2pix.png, with rows of pictures
above their translations, and a line every hundred rounds. Fashion-MNIST has to be there (see `kgan data import`).
"""

import sys
from pathlib import Path

import keras
import numpy as np

import kgan
from kgan import networks, pictures

BOOTS, SNEAKERS = 9, 7
SHOWN = 10


def shoes() -> dict[str, np.ndarray]:
    """Boots and sneakers of Fashion-MNIST, float32 (6000, 28, 28, 1) in [-1, 1]."""
    data = kgan.data.load("fashion_mnist", labels=True).batch(60_000)
    images, labels = next(iter(data.as_numpy_iterator()))
    return {"a": images[labels == BOOTS], "b": images[labels == SNEAKERS]}


def edges(images: np.ndarray) -> np.ndarray:
    """Where a picture changes: its gradient's length, white on black, in [-1, 1]."""
    down, across = np.gradient(images[..., 0], axis=(1, 2))
    return (np.clip(2.0 * np.hypot(down, across), 0.0, 1.0) * 2.0 - 1.0)[..., None].astype("float32")


def cyclegan(rounds: int) -> tuple[list[np.ndarray], dict]:
    """Trains both ways; returns rows of pictures, and the logs."""
    keras.utils.set_random_seed(0)
    makers = [networks.cyclegan_generator((28, 28, 1), width=16, blocks=2) for _ in "ab"]
    judges = [networks.patch_discriminator((28, 28, 1), width=16, depth=2) for _ in "ab"]
    game = kgan.CycleGAN(*makers, *judges, image_shape=(28, 28, 1))
    game.compile(seed=0)
    domains = shoes()
    held = {name: images[:SHOWN] for name, images in domains.items()}
    game.fit(
        {name: images[SHOWN:] for name, images in domains.items()},
        batch_size=8,
        epochs=rounds // 100,
        steps_per_epoch=100,
        verbose=2,
    )
    there, back = game.sampler("a_to_b"), game.sampler("b_to_a")
    to_b, to_a = there.sample(SHOWN, images=held["a"]), back.sample(SHOWN, images=held["b"])
    round_trip = back.sample(SHOWN, images=to_b)
    return [held["a"], to_b, round_trip, held["b"], to_a], game.history.history


def pix2pix(rounds: int) -> tuple[list[np.ndarray], dict]:
    """Trains edges into shoes; returns rows of pictures, and the logs."""
    keras.utils.set_random_seed(0)
    images = np.concatenate(list(shoes().values()))
    images = images[np.random.default_rng(0).permutation(len(images))]
    game = kgan.Pix2Pix(
        networks.unet_generator((28, 28, 1), channels=1, width=16, depth=2),
        networks.patch_discriminator((28, 28, 1), (28, 28, 1), width=16, depth=2),
        source_shape=(28, 28, 1),
    )
    game.compile(seed=0)
    held, rest = images[:SHOWN], images[SHOWN:]
    game.fit({"a": edges(rest), "b": rest}, batch_size=8, epochs=rounds // 100, steps_per_epoch=100, verbose=2)
    return [edges(held), game.sample(SHOWN, images=edges(held)), held], game.history.history


if __name__ == "__main__":
    folder, rounds = Path(sys.argv[1]), int((sys.argv[2:] or [3000])[0])
    for play in (cyclegan, pix2pix):
        rows, logs = play(rounds)
        pictures.write_png(folder / f"{play.__name__}.png", pictures.grid(np.concatenate(rows), SHOWN))
        print(
            play.__name__, {name: [round(logs[name][i], 3) for i in (0, -1)] for name in logs if name.startswith("g_")}
        )
