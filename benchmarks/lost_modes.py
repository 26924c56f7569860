"""Ring-8 and grid-25: which game and which ensemble keeps the modes, and what it costs.

    python benchmarks/lost_modes.py --folder=FOLDER [--rounds=3000] [--seeds=0,1,2] [--data=ring,grid] [--only=plain]
    python benchmarks/lost_modes.py --folder=FOLDER --table
    python benchmarks/lost_modes.py --folder=FOLDER --picture=FILE.png [--only=plain,pac2]
    python benchmarks/lost_modes.py --folder=FOLDER --networks=pacgan --rounds=400000

A cell is a data set, a method and a seed. It leaves FOLDER/CELL.json when it is done, and is not done again; one that
was stopped goes on from its checkpoint. The table is of the cells that are there: means over seeds, and their standard
errors; the picture is of the first seed. Data and measures are those of Lin et al. 2018 (section 4.1): 2,500 samples,
of the generators as they are, no averages; batches of 100. Networks and optimizers are

- small: two layers of 128 ReLUs on both sides, as large as in the toys of Metz et al. 2017 and Nguyen et al. 2017, 16
  latents, Adam(2e-3, 0.5) whose rate is reduced to 0.3, 0.1 and 0.03 of it after 70, 85 and 95 % of the rounds: a
  round takes two milliseconds, and 3,000 are enough for a plain GAN to end on one mode of the ring;
- pacgan: those of Lin et al., generator 4 x 400 with batch normalisation, discriminator 3 x 200 maxout of 5, weights
  N(0, 0.02), 2 latents, Adam(1e-4, 0.8): a million weights, and 400,000 rounds there.

Every generator is trained for as many rounds; four of an ensemble take four times those of one, so that "plain_4x" is
what they have to beat. Members whose training is that of the plain GAN are not trained again; their time counts.
Seconds are those of one thread's processor, so that it does not matter what else the machine does.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

import kgan
from kgan import files
from kgan.callbacks import Checkpoint
from kgan.commands import boosting
from kgan.reweighting import adagan_weights, highest, systematic

CLOCK, BATCH, PARTS, AN_EXECUTION = "seconds.json", 100, 20, 50
SNAPSHOTS = {"every": PARTS // 4, "keep": 4}
Dense = keras.layers.Dense


def small(inputs: int, outputs: int) -> keras.Model:
    hidden = [Dense(128, activation="relu", kernel_initializer="he_normal") for _ in range(2)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, Dense(outputs)])


def initial() -> keras.Initializer:
    return keras.initializers.RandomNormal(stddev=0.02)


def normalized(inputs: int, outputs: int) -> keras.Model:
    x = first = keras.Input((inputs,))
    for _ in range(4):
        x = Dense(400, use_bias=False, kernel_initializer=initial())(x)
        x = keras.layers.ReLU()(kgan.layers.BatchNormalization()(x))
    return keras.Model(first, Dense(outputs, kernel_initializer=initial())(x))


def maxout(inputs: int, outputs: int) -> keras.Model:
    x = first = keras.Input((inputs,))
    for _ in range(3):
        pieces = keras.layers.Reshape((5, 200))(Dense(1000, kernel_initializer=initial())(x))
        x = keras.ops.max(pieces, axis=1)
    return keras.Model(first, Dense(outputs, kernel_initializer=initial())(x))


@dataclasses.dataclass
class Settings:
    """Networks by the sizes of their inputs and outputs, and what trains them for so many rounds."""

    latents: int
    makes: Callable[[int, int], keras.Model]
    judges: Callable[[int, int], keras.Model]
    adam: Callable[[int], keras.optimizers.Optimizer]

    def generator(self) -> keras.Model:
        return self.makes(self.latents, 2)

    def discriminator(self, pack: int = 1) -> keras.Model:
        return self.judges(2 * pack, 1)

    def players(self, generators: int = 1, discriminators: int = 1) -> tuple[list, list]:
        return [self.generator() for _ in range(generators)], [self.discriminator() for _ in range(discriminators)]


def falling(rounds: int) -> keras.optimizers.Optimizer:
    steps, rates = [round(share * rounds) for share in (0.7, 0.85, 0.95)], [2e-3, 6e-4, 2e-4, 6e-5]
    return keras.optimizers.Adam(keras.optimizers.schedules.PiecewiseConstantDecay(steps, rates), beta_1=0.5)


NETWORKS = {
    "small": Settings(16, small, small, falling),
    "pacgan": Settings(2, normalized, maxout, lambda rounds: keras.optimizers.Adam(1e-4, beta_1=0.8)),
}


def plain(of: Settings) -> kgan.GAN:
    return kgan.GAN(of.generator(), of.discriminator(), of.latents)


def packed(of: Settings, pack: int) -> kgan.GAN:
    return kgan.PackedGAN(of.generator(), of.discriminator(pack), of.latents, pack=pack)


def several(of: Settings, number: int) -> kgan.GAN:
    return kgan.MultiDiscriminatorGAN(of.generator(), of.players(1, number)[1], of.latents)


GAMES = {  # name: (how it is made, what its compile is given)
    "plain": (plain, {}),
    "pac2": (lambda of: packed(of, 2), {}),
    "pac4": (lambda of: packed(of, 4), {}),
    **{
        f"d{number}_{hear}": (lambda of, number=number: several(of, number), {"hear": hear})
        for number in (2, 5)
        for hear in ("mean", "softmax", "max", "hypervolume", "learnt_softmax")
    },
    "d2gan": (lambda of: kgan.D2GAN(of.generator(), of.players(1, 2)[1], of.latents), {}),
    "mix3x3": (lambda of: kgan.MixGAN(*of.players(3, 3), of.latents), {}),
    "chekhov5": (lambda of: kgan.ChekhovGAN(of.generator(), of.discriminator(), of.latents, past=5), {}),
}
ENSEMBLES = ("plain_4x", "snapshots4", "independent4", "cascade4", "adagan4")


class Cell:
    """A data set, a method and a seed, with a folder of its own."""

    def __init__(self, folder: Path, networks: str, data: str, method: str, seed: int, rounds: int) -> None:
        self.name = f"{networks}-{data}-{method}-{seed}-{rounds}"
        self.line = {"networks": networks, "data": data, "method": method, "seed": seed, "rounds": rounds}
        self.of, self.data, self.method, self.seed, self.rounds = NETWORKS[networks], data, method, seed, rounds
        self.done, self.folder = folder / f"{self.name}.json", folder / self.name
        self.plain = folder / f"{networks}-{data}-plain-{seed}-{rounds}"
        self.trained: list[Path] = []

    def run(self) -> None:
        """Trains and measures, unless that is done."""
        if self.done.exists():
            return
        figures = kgan.metrics.mode_coverage(self.sampler().sample(2500, seed=1), *kgan.data.modes(self.data))
        seconds = sum(json.loads((folder / CLOCK).read_text()) for folder in self.trained)
        line = self.line | {name: round(float(value), 4) for name, value in figures.items()}
        files.write(self.done, json.dumps(line | {"seconds": round(seconds, 1)}) + "\n")
        print(self.done.read_text(), end="", flush=True)

    def sampler(self) -> kgan.sampling.Sampler:
        """Of what the method trains, or has trained."""
        if self.method in GAMES:
            return self.train(self.method).sampler()
        if self.method == "plain_4x":
            return self.train("plain", rounds=4 * self.rounds).sampler()
        members = [self.train("plain")]
        if self.method == "snapshots4":
            return kgan.GeneratorEnsemble.snapshots(self.trained[0]).sampler()
        if self.method == "independent4":
            members += [self.train("plain", number) for number in (1, 2, 3)]
            return kgan.GeneratorEnsemble(members).sampler()
        points = boosting.examples(kgan.data.load(self.data, batch_size=BATCH, seed=self.seed))
        rows = np.arange(len(points))
        for number in (1, 2, 3):
            if self.method == "cascade4":
                rows = highest(members[-1].discriminator.predict(points, 5000, verbose=0)[:, 0], rows, 0.5)
            else:
                rows = self.reweighted(points, members)
            members.append(self.train("plain", number, rows=rows))
        shares = [0.5, 0.25, 0.125, 0.125] if self.method == "cascade4" else None
        return kgan.GeneratorEnsemble(members, shares).sampler()

    def reweighted(self, points: np.ndarray, members: list[kgan.GAN]) -> np.ndarray:
        """The rows that AdaGAN's next member is trained on; the time of its classifier counts."""
        place = self.folder / f"classifier-{len(members)}"
        with Clock(place / CLOCK):
            keras.utils.set_random_seed(1000 * self.seed + len(members))
            fakes = kgan.GeneratorEnsemble(members).sample(len(points), seed=len(members))
            ratios = boosting.ratios(members[0], points, fakes, epochs=1)
        self.trained.append(place)
        return systematic(adagan_weights(ratios, 1.0 / (len(members) + 1)), self.seed)

    def train(self, game: str, number: int = 0, rounds: int = 0, rows: np.ndarray | None = None) -> kgan.GAN:
        """Member `number` of the cell, trained for as many rounds, in a folder of its own, where it is resumed."""
        folder = self.plain if game == "plain" and not number and not rounds else self.folder
        self.trained.append(folder / f"member-{number}")
        rounds, seed = rounds or self.rounds, 100 * self.seed + number
        keras.utils.set_random_seed(seed)
        make, settings = GAMES[game]
        gan, adams = make(self.of), {"d_optimizer": self.of.adam(rounds), "g_optimizer": self.of.adam(rounds)}
        gan.compile(**settings, **adams, ema_decay=None, seed=seed, steps_per_execution=AN_EXECUTION)
        data = kgan.data.load(self.data, batch_size=BATCH, seed=self.seed, rows=rows)
        part = max(rounds // PARTS // AN_EXECUTION, 1) * AN_EXECUTION
        watch = [Checkpoint(self.trained[-1], **SNAPSHOTS), Epochs(self.trained[-1] / CLOCK)]
        gan.fit(data, epochs=rounds // part, steps_per_epoch=part, verbose=0, callbacks=watch)
        return gan


class Clock:
    """Adds the seconds of the processor to those in a file, of processes that were stopped too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.since = time.process_time()

    def __exit__(self, *failed: object) -> None:
        before = json.loads(self.path.read_text()) if self.path.exists() else 0.0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        files.write(self.path, json.dumps(before + time.process_time() - self.since))


class Epochs(keras.callbacks.Callback):
    """A `Clock` of each epoch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.clock = Clock(path)

    def on_epoch_begin(self, epoch, logs=None):
        self.clock.__enter__()

    def on_epoch_end(self, epoch, logs=None):
        self.clock.__exit__()


def table(folder: Path) -> str:
    """The cells that are there, as rows of Markdown: mean ± standard error over seeds."""
    cells = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    head = ["networks", "rounds", "data", "method", "seeds", "modes", "high quality", "reverse KL", "seconds"]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    order = [*GAMES, *ENSEMBLES]
    same = lambda cell: (cell["networks"], cell["rounds"], cell["data"] != "ring", order.index(cell["method"]))  # noqa: E731
    for key in sorted({same(cell) for cell in cells}):
        these = [cell for cell in cells if same(cell) == key]
        columns = [
            spread([cell[name] for cell in these], digits)
            for name, digits in (("modes", 1), ("high_quality", 3), ("reverse_kl", 2), ("seconds", 0))
        ]
        first = [str(these[0][name]) for name in ("networks", "rounds", "data", "method")]
        lines.append(f"| {' | '.join([*first, str(len(these)), *columns])} |")
    return "\n".join(lines)


def picture(path: Path, rows: list[list[Cell]]) -> None:
    """A thousand samples of each cell, those of an ensemble's members in colours, on the data's centres."""
    figure = Figure((1.7 * len(rows[0]), 1.9 * len(rows)), layout="constrained")
    for row, axes in zip(rows, figure.subplots(len(rows), len(rows[0]), squeeze=False), strict=True):
        for cell, axis in zip(row, axes, strict=True):
            sampler, centres = cell.sampler(), kgan.data.modes(cell.data)[0]
            inputs = sampler.inputs(1000, seed=1)
            colour = inputs.get("member", np.zeros(1000))
            axis.scatter(*centres.T, 90, edgecolors="0.75", facecolors="none")
            axis.scatter(*sampler(**inputs).T, 2, np.asarray(colour), cmap="tab10", vmin=0, vmax=9)
            reach = 1.4 * centres.max()
            axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
            axis.set_title(cell.method, fontsize=8)
            keras.backend.clear_session()
    figure.savefig(path, dpi=110)


def spread(values: list[float], digits: int) -> str:
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{np.mean(values):.{digits}f}" + ("" if np.isnan(error) else f" ± {error:.{digits}f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--networks", choices=NETWORKS, default="small")
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--data", default="ring,grid")
    parser.add_argument("--only", default=",".join([*GAMES, *ENSEMBLES]))
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    cell = lambda data, method, seed: Cell(asked.folder, asked.networks, data, method, seed, asked.rounds)  # noqa: E731
    data, methods = asked.data.split(","), asked.only.split(",")
    if asked.picture:
        picture(asked.picture, [[cell(one, method, 0) for method in methods] for one in data])
    elif not asked.table:
        asked.folder.mkdir(parents=True, exist_ok=True)
        for seed in map(int, asked.seeds.split(",")):
            for one in data:
                for method in methods:
                    cell(one, method, seed).run()
                    keras.backend.clear_session()
    print(table(asked.folder))


if __name__ == "__main__":
    main()
