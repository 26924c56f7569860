"""Stacked digits, 1,000 modes to lose: DCGAN beside packs of two, five discriminators, and R3GAN's loss and penalties.

    python -m benchmarks.stacked_digits --folder=FOLDER [--rounds=3000] [--seeds=3] [--only=dcgan,pac2,d5,...]
    python -m benchmarks.stacked_digits --folder=FOLDER --table

16 x 16 x 3 pixels and DCGAN's networks, the discriminator half as wide as the generator (8 and 16 channels); Adam(2e-4,
0.5) and batches of 64 as Lin et al. 2018 have them (section 4.2), at equal rounds. R1 and R2 have gamma 1, the same for
both losses, as in table 1 of Huang et al. 2024 (R3GAN), whose networks and rates are others. 26,000 samples of the
generator as it is are told apart by a classifier of single digits, channel by channel, as there. What the same
classifier finds in 26,000 of the data is the ceiling: no generator can be asked for more. A cell (a method and a seed)
leaves FOLDER/CELL.json when it is done, and is not done again. Seconds are those of one thread's processor.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import kgan
from benchmarks.lost_modes import spread
from kgan import files

SHAPE, LATENTS, BATCH, SAMPLES = (16, 16, 3), 64, 64, 26_000
COLUMNS = (("modes", 0), ("reverse_kl", 3), ("seconds", 0))


def generator() -> keras.Model:
    return kgan.networks.dcgan_generator(SHAPE, LATENTS, width=16)


def discriminator(pack: int = 1) -> keras.Model:
    return kgan.networks.dcgan_discriminator((*SHAPE[:2], pack * SHAPE[2]), width=8)


GAMES = {
    "dcgan": lambda: kgan.GAN(generator(), discriminator(), LATENTS),
    "pac2": lambda: kgan.PackedGAN(generator(), discriminator(2), LATENTS, pack=2),
    "d5": lambda: kgan.MultiDiscriminatorGAN(generator(), [discriminator() for _ in range(5)], LATENTS),
}
BOTH = "r1_r2(gamma=1)"
SETTINGS = {  # of the others: DCGAN with another loss and penalty
    "gan_r1_r2": {"penalties": [BOTH]},
    "rpgan_r1_r2": {"loss": "relativistic", "penalties": [BOTH]},
    "rpgan_r1": {"loss": "relativistic", "penalties": ["r1(gamma=1)"]},
    "rpgan": {"loss": "relativistic"},
}
METHODS = [*GAMES, *SETTINGS]


def classifier() -> kgan.metrics.Network:
    """Of single digits, in the size that they have in the stacks; from the cache, if it has been trained before."""
    ones = list(kgan.data.load("digits", resolution=SHAPE[0], batch_size=100, labels=True, shuffle=False))
    return kgan.metrics.train_classifier(*(np.concatenate(part) for part in zip(*ones, strict=True)))


def figures(judge: kgan.metrics.Network, images: np.ndarray) -> dict[str, float]:
    """Modes and reverse KL of images (n, 16, 16, 3)."""
    digits = [judge(images[..., channel : channel + 1])[1].argmax(1) for channel in range(3)]
    found = kgan.metrics.mode_coverage_of_labels(digits[0] * 100 + digits[1] * 10 + digits[2], 1000)
    return {name: round(float(value), 4) for name, value in found.items()}


def train(method: str, seed: int, rounds: int) -> tuple[kgan.GAN, float]:
    """A game after its rounds, and the seconds that they took."""
    keras.utils.set_random_seed(seed)
    gan = GAMES.get(method, GAMES["dcgan"])()
    adam = lambda: keras.optimizers.Adam(2e-4, beta_1=0.5)  # noqa: E731
    settings = SETTINGS.get(method, {})
    gan.compile(d_optimizer=adam(), g_optimizer=adam(), ema_decay=None, seed=seed, steps_per_execution=50, **settings)
    data = kgan.data.load("stacked_digits", resolution=SHAPE[0], batch_size=BATCH, seed=seed)
    start = time.process_time()
    gan.fit(data, epochs=1, steps_per_epoch=rounds, verbose=0)
    return gan, time.process_time() - start


def table(folder: Path) -> str:
    """The cells that are there, as rows of Markdown: mean ± standard error over seeds."""
    cells = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    lines = ["| rounds | method | seeds | modes | reverse KL | seconds |", "|" + " --- |" * 6]
    data, cells = [c for c in cells if c["method"] == "data"], [c for c in cells if c["method"] != "data"]
    keys = {(cell["rounds"], METHODS.index(cell["method"])) for cell in cells}
    for rounds, place in sorted(keys):
        method = METHODS[place]
        these = [cell for cell in cells if (cell["rounds"], cell["method"]) == (rounds, method)]
        columns = " | ".join(spread([cell[name] for cell in these], digits) for name, digits in COLUMNS)
        lines.append(f"| {rounds} | {method} | {len(these)} | {columns} |")
    for cell in data:
        lines.append(f"| – | the data | – | {cell['modes']:.0f} | {cell['reverse_kl']:.3f} | – |")
        lines.append(f"\nThe classifier's accuracy on digits that it was not trained on: {cell['accuracy']:.1%}.")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(METHODS))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        asked.folder.mkdir(parents=True, exist_ok=True)
        judge = classifier()
        reals = next(iter(kgan.data.load("stacked_digits", resolution=SHAPE[0], batch_size=SAMPLES, seed=0)))
        ceiling = {"method": "data", "accuracy": judge.accuracy, **figures(judge, reals.numpy())}
        files.write(asked.folder / "data.json", json.dumps(ceiling) + "\n")
        for seed in range(asked.seeds):
            for method in asked.only.split(","):
                name = f"{method}-{seed}-{asked.rounds}"
                done = asked.folder / f"{name}.json"
                if not done.exists():
                    gan, seconds = train(method, seed, asked.rounds)
                    line = {"method": method, "seed": seed, "rounds": asked.rounds, "seconds": round(seconds)}
                    files.write(done, json.dumps(line | figures(judge, gan.sample(SAMPLES, seed=1))) + "\n")
                    print(done.read_text(), end="", flush=True)
                    keras.backend.clear_session()
    print(table(asked.folder))


if __name__ == "__main__":
    main()
