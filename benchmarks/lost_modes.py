"""Ring-8 and grid-25 with PacGAN's networks: which game and which ensemble keeps the modes, and what it costs.

    python benchmarks/lost_modes.py --folder=FOLDER [--rounds=20000] [--seeds=3] [--data=ring,grid] [--only=plain,pac2]
    python benchmarks/lost_modes.py --folder=FOLDER --table

A cell is a data set, a method and a seed. It leaves FOLDER/CELL.json when it is done, and is not done again; one that
was stopped goes on from its checkpoint. The table is of the cells that are there: means over seeds, and their standard
errors. Networks, optimizer and batch are those of Lin et al. 2018 (section 4.1: generator 4 x 400 with batch
normalisation, discriminator 3 x 200 maxout of 5, weights N(0, 0.02), Adam(1e-4, 0.8), batches of 100), for fewer
rounds than their 400,000. Every generator is trained for as many rounds; four of an ensemble take four times those of
one, so that "plain, 4 x" is what they have to beat. 2,500 samples are looked at, of the generators as they are: no
averages.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import kgan
from kgan import files
from kgan.callbacks import Checkpoint
from kgan.commands import boosting
from kgan.reweighting import adagan_weights, highest, systematic

CLOCK = "seconds.json"
LATENTS, BATCH, PARTS, AN_EXECUTION = 2, 100, 20, 50
INITIAL = keras.initializers.RandomNormal(stddev=0.02)
Dense = keras.layers.Dense


def generator() -> keras.Model:
    x = inputs = keras.Input((LATENTS,))
    for _ in range(4):
        x = Dense(400, use_bias=False, kernel_initializer=INITIAL.clone())(x)
        x = keras.layers.ReLU()(kgan.layers.BatchNormalization()(x))
    return keras.Model(inputs, Dense(2, kernel_initializer=INITIAL.clone())(x), name="generator")


def discriminator(pack: int = 1) -> keras.Model:
    x = inputs = keras.Input((2 * pack,))
    for _ in range(3):
        x = keras.layers.Reshape((200, 5))(Dense(1000, kernel_initializer=INITIAL.clone())(x))
        x = keras.ops.max(x, axis=-1)
    return keras.Model(inputs, Dense(1, kernel_initializer=INITIAL.clone())(x), name="discriminator")


def plain() -> kgan.GAN:
    return kgan.GAN(generator(), discriminator(), LATENTS)


def packed(pack: int) -> kgan.GAN:
    return kgan.PackedGAN(generator(), discriminator(pack), LATENTS, pack=pack)


def several(number: int) -> kgan.GAN:
    return kgan.MultiDiscriminatorGAN(generator(), [discriminator() for _ in range(number)], LATENTS)


def mix() -> kgan.GAN:
    return kgan.MixGAN([generator() for _ in range(3)], [discriminator() for _ in range(3)], LATENTS)


GAMES = {  # name: (how it is made, what its compile is given)
    "plain": (plain, {}),
    "pac2": (lambda: packed(2), {}),
    "pac4": (lambda: packed(4), {}),
    **{
        f"d{number}_{hear}": (lambda number=number: several(number), {"hear": hear})
        for number in (2, 5)
        for hear in ("mean", "softmax", "max", "hypervolume", "learnt_softmax")
    },
    "d2gan": (lambda: kgan.D2GAN(generator(), [discriminator(), discriminator()], LATENTS), {}),
    "mix3x3": (mix, {}),
    "chekhov5": (lambda: kgan.ChekhovGAN(generator(), discriminator(), LATENTS, past=5), {}),
}
ENSEMBLES = ("plain_4x", "snapshots4", "independent4", "cascade4", "adagan4")


class Cell:
    """A data set, a method and a seed, with a folder of its own."""

    def __init__(self, folder: Path, data: str, method: str, seed: int, rounds: int) -> None:
        self.name = f"{data}-{method}-{seed}-{rounds}"
        self.data, self.method, self.seed, self.rounds = data, method, seed, rounds
        self.done, self.folder = folder / f"{self.name}.json", folder / self.name

    def run(self) -> None:
        """Trains and measures, unless that is done."""
        if self.done.exists():
            return
        figures = kgan.metrics.mode_coverage(self.samples(), *kgan.data.modes(self.data))
        seconds = sum(json.loads((self.folder / CLOCK).read_text()).values())
        line = {"data": self.data, "method": self.method, "seed": self.seed, "rounds": self.rounds}
        line |= {name: round(float(value), 4) for name, value in figures.items()}
        files.write(self.done, json.dumps(line | {"seconds": round(seconds)}) + "\n")
        print(self.done.read_text(), end="", flush=True)

    def samples(self) -> np.ndarray:
        """2,500 samples of what the method has trained."""
        if self.method in GAMES:
            return self.train(self.method, 0).sample(2500, seed=1)
        if self.method == "plain_4x":
            return self.train("plain", 0, 4 * self.rounds).sample(2500, seed=1)
        if self.method == "snapshots4":
            self.train("plain", 0, every=PARTS // 4, keep=4)
            return kgan.GeneratorEnsemble.snapshots(self.folder / "member-0").sample(2500, seed=1)
        if self.method == "independent4":
            members = [self.train("plain", number) for number in range(4)]
            return kgan.GeneratorEnsemble(members).sample(2500, seed=1)
        members, shares = [], None
        points = boosting.examples(kgan.data.load(self.data, batch_size=BATCH, seed=self.seed))
        rows = np.arange(len(points))
        for number in range(4):
            members.append(self.train("plain", number, rows=rows))
            if number == 3:
                break
            if self.method == "cascade4":
                rows = highest(members[-1].discriminator.predict(points, 5000, verbose=0)[:, 0], rows, 0.5)
                shares = [0.5, 0.25, 0.125, 0.125]
            else:
                keras.utils.set_random_seed(1000 * self.seed + number)
                fakes = kgan.GeneratorEnsemble(members).sample(len(points), seed=number)
                ratios = boosting.ratios(members[0], points, fakes, epochs=5)
                rows = systematic(adagan_weights(ratios, 1.0 / (number + 2)), self.seed)
        return kgan.GeneratorEnsemble(members, shares).sample(2500, seed=1)

    def train(
        self, game: str, number: int, rounds: int = 0, rows: np.ndarray | None = None, every: int = 1, keep: int = 1
    ) -> kgan.GAN:
        """Member `number` of the cell, trained for as many rounds; in a folder of its own, where it is resumed."""
        rounds, seed = rounds or self.rounds, 100 * self.seed + number
        keras.utils.set_random_seed(seed)
        make, settings = GAMES[game]
        gan = make()
        adam = lambda: keras.optimizers.Adam(1e-4, beta_1=0.8)  # noqa: E731
        settings = settings | {"d_optimizer": adam(), "g_optimizer": adam(), "ema_decay": None, "seed": seed}
        gan.compile(**settings, steps_per_execution=AN_EXECUTION)
        data = kgan.data.load(self.data, batch_size=BATCH, seed=self.seed, rows=rows)
        part = max(rounds // PARTS // AN_EXECUTION, 1) * AN_EXECUTION
        checkpoint = Checkpoint(self.folder / f"member-{number}", every=every, keep=keep)
        watch = [checkpoint, Clock(self.folder / CLOCK, str(number))]
        gan.fit(data, epochs=rounds // part, steps_per_epoch=part, verbose=0, callbacks=watch)
        return gan


class Clock(keras.callbacks.Callback):
    """Adds up the seconds of training, of the processes that were stopped too."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self.path, self.name = path, name

    def on_epoch_begin(self, epoch, logs=None):
        self.since = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = json.loads(self.path.read_text()) if self.path.exists() else {}
        seconds[self.name] = seconds.get(self.name, 0.0) + time.perf_counter() - self.since
        files.write(self.path, json.dumps(seconds))


def table(folder: Path) -> str:
    """The cells that are there, as rows of Markdown: mean ± standard error over seeds."""
    cells = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    lines = ["| data | rounds | method | seeds | modes | high quality | reverse KL | seconds |", "|" + " --- |" * 8]
    order = [*GAMES, *ENSEMBLES]
    keys = {(cell["data"], cell["rounds"], order.index(cell["method"])) for cell in cells}
    for data, rounds, place in sorted(keys, key=lambda key: (key[0] != "ring", *key)):
        these = [c for c in cells if (c["data"], c["rounds"], c["method"]) == (data, rounds, order[place])]
        columns = [
            spread([cell[name] for cell in these], digits)
            for name, digits in (("modes", 1), ("high_quality", 3), ("reverse_kl", 3), ("seconds", 0))
        ]
        lines.append(f"| {data} | {rounds} | {order[place]} | {len(these)} | {' | '.join(columns)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{np.mean(values):.{digits}f}" + ("" if np.isnan(error) else f" ± {error:.{digits}f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", default="ring,grid")
    parser.add_argument("--only", default=",".join([*GAMES, *ENSEMBLES]))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        asked.folder.mkdir(parents=True, exist_ok=True)
        for seed in range(asked.seeds):
            for data in asked.data.split(","):
                for method in asked.only.split(","):
                    Cell(asked.folder, data, method, seed, asked.rounds).run()
                    keras.backend.clear_session()
    print(table(asked.folder))


if __name__ == "__main__":
    main()
