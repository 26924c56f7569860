"""What each part of docs/parts.md costs a round, relative to the plain GAN; rewrites the page's column of costs.

The rows of the page say what is measured: a part is made from the name in its first cell. The plain GAN is a DCGAN
(28 x 28 x 1, width 16, batch 32) with the defaults of `compile`; a part is added to it, or put in the place that
LAYERS says, and both are trained in turns, A B A B ..., in one process. A cost is the median ratio of CPU seconds a
round over all threads, which other work on the machine disturbs less than wall-clock time. Tracing, the start of
`fit` and its first round are left out. Run it while the machine has nothing else to do.

    python benchmarks/parts_cost.py [--only NAME ...] [--page PAGE]
"""

import argparse
import gc
import itertools
import re
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan import curriculum, files, layers, networks, schedules
from kgan.spec import resolve

PAGE = Path(__file__).parent.parent / "docs" / "parts.md"
SHAPE, WIDTH, BATCH, LATENTS = (28, 28, 1), 16, 32, 64
ROUNDS = 32  # a turn: a multiple of the intervals of lazy penalties
SECONDS = 4.0  # after which a turn ends early, unless the part has a lazy penalty
PAIRS = 5
IMAGES = np.random.default_rng(0).uniform(-1, 1, (1024, *SHAPE)).astype("float32")
LABELS = np.arange(len(IMAGES)) % 10
CODE = re.compile(r"`([^`]+)`")
Conv, ConvTranspose, Dense = keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.Dense


def rows(page: str) -> dict[str, tuple[str, dict[str, str]]]:
    """(family, cells) of each row of the tables with a cost, by the row's name, the first code in its first cell."""
    found, family, header = {}, "", []
    for line in page.splitlines():
        if line.startswith("## "):
            family = line.removeprefix("## ")
        if not line.startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not header:
            header = cells
        elif "Cost" in header and (name := CODE.match(cells[0])):
            found[name[1]] = family, dict(zip(header, cells, strict=True))
    return found


def rewritten(page: str, name: str, cost: str) -> str:
    """The page with another cost in the row `name`."""
    lines, column = page.splitlines(keepends=True), None
    for number, line in enumerate(lines):
        cells = line.split("|")
        titles = [cell.strip() for cell in cells]
        column = titles.index("Cost") if "Cost" in titles else column if len(cells) > 1 else None
        if column and titles[1].startswith(f"`{name}`"):
            cells[column] = f" {cost} "
            lines[number] = "|".join(cells)
    return "".join(lines)


class Labelled(keras.layers.Layer):
    """Conditional batch normalisation with the labels 0 to 9 in turn: the generator here takes none."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.normalization = layers.ConditionalBatchNormalization(10)

    def build(self, input_shape):
        self.normalization.build([input_shape, (None,)])

    def call(self, x, training=False):
        return self.normalization([x, tf.range(tf.shape(x)[0]) % 10], training=training)


def instead(kind, make):
    """`make(layer)` in place of each layer of a kind."""
    return lambda layer, x, **_: make(layer)(x) if isinstance(layer, kind) else layer(x)


def behind(kind, size, make):
    """`make()` behind the layer of a kind whose output has this size along its first axis."""

    def change(layer, x, **_):
        y = layer(x)
        return make()(y) if isinstance(layer, kind) and y.shape[1] == size else y

    return change


def _same(kind, like, strides=None, padding="same"):
    return kind(like.filters, like.kernel_size, strides or like.strides, padding=padding)


# Whose network, and what a layer of it becomes. A convolution behind a blur has as many multiplications as the one
# with strides that it replaces, and so has one before it.
LAYERS = {
    "SpectralNormalization": ("d", instead((Conv, Dense), layers.SpectralNormalization)),
    "EqualizedDense": ("d", instead(Dense, lambda old: layers.EqualizedDense(old.units, gain=1.0))),
    "EqualizedConv2D": ("d", instead(Conv, lambda old: _same(layers.EqualizedConv2D, old))),
    "EqualizedConv2DTranspose": (
        "g",
        instead(ConvTranspose, lambda old: _same(layers.EqualizedConv2DTranspose, old)),
    ),
    "PixelNormalization": ("g", instead(layers.BatchNormalization, lambda _: layers.PixelNormalization())),
    "BatchNormalization": ("d", behind(Conv, 7, layers.BatchNormalization)),
    "ConditionalBatchNormalization": ("g", instead(layers.BatchNormalization, lambda _: Labelled())),
    "LayerNormalization": ("d", behind(Conv, 7, layers.LayerNormalization)),
    "GroupNormalization": ("d", behind(Conv, 7, lambda: layers.GroupNormalization(groups=8))),
    "InstanceNormalization": ("d", behind(Conv, 7, layers.InstanceNormalization)),
    "SelfAttention": ("d", behind(keras.layers.LeakyReLU, 14, layers.SelfAttention)),
    "MinibatchStdDev": ("d", behind(keras.layers.LeakyReLU, 7, layers.MinibatchStdDev)),
    "MinibatchDiscrimination": ("d", behind(keras.layers.Flatten, 7 * 7 * 2 * WIDTH, layers.MinibatchDiscrimination)),
    "RandomProjection": ("d", instead(Conv, lambda old: layers.RandomProjection(old.filters, 4))),
    "ReflectionPadding2D": (
        "d",
        instead(Conv, lambda old: keras.Sequential([layers.ReflectionPadding2D(1), _same(Conv, old, padding="valid")])),
    ),
    "BlurDownsampling2D": (
        "d",
        instead(Conv, lambda old: keras.Sequential([layers.BlurDownsampling2D(), _same(Conv, old, 1)])),
    ),
    "BlurUpsampling2D": (
        "g",
        instead(ConvTranspose, lambda old: keras.Sequential([_same(Conv, old, 1), layers.BlurUpsampling2D()])),
    ),
}
NETWORKS = {"SNGAN": "sngan", "SAGAN": "sagan", "R3GAN": "r3gan"}  # a preset's own; DCGAN's otherwise


class Run:
    """A GAN that is trained a turn at a time: the plain one, but for what is given."""

    def __init__(
        self, preset="GAN", network="dcgan", change=None, data=IMAGES, callbacks=(), d=None, g=None, **settings
    ):
        keras.utils.set_random_seed(0)
        generator, critic = networks.NETWORKS[network]
        players = {"g": g or generator(SHAPE, LATENTS, width=WIDTH), "d": d or critic(SHAPE, width=WIDTH)}
        if change is not None:
            whose, function = change
            players[whose] = keras.models.clone_model(players[whose], call_function=function)
        self.gan = getattr(kgan, preset)(players["g"], players["d"], LATENTS)
        self.gan.compile(**settings)
        self.data, self.callbacks = data, callbacks
        self.lazy = any(max(getattr(p, "interval", 1), getattr(p, "every", 1)) > 1 for p in self.gan.penalties)

    def turn(self):
        """Seconds a round, of wall-clock time and of CPU time over all threads."""
        clock = Clock(ROUNDS if self.lazy else 1)
        batch_size = BATCH if isinstance(self.data, np.ndarray) else None
        settings = {"epochs": 1, "steps_per_epoch": ROUNDS + 1, "verbose": 0, "callbacks": [*self.callbacks, clock]}
        self.gan.fit(self.data, batch_size=batch_size, **settings)
        return (clock.end - clock.start) / clock.rounds


class Clock(keras.callbacks.Callback):
    """The time from the end of the first round, which may trace, to that of the last."""

    def __init__(self, least):
        super().__init__()
        self.least = least

    def on_train_batch_end(self, batch, logs=None):
        now = np.array([time.perf_counter(), time.process_time()])
        if batch == 0:
            self.start = now
        self.end, self.rounds = now, batch
        self.model.stop_training = batch >= self.least and (now - self.start)[0] > SECONDS


def made(family, name):
    """The arguments of the `Run` for a row of the page."""
    short = name.removeprefix("kgan.").removeprefix(f"{family.lower()}.")
    return FAMILIES[family](short)


def _schedule(name):
    part = resolve("schedule", name, vars(schedules), methods=())
    if isinstance(part, schedules.AdaptiveSteps):
        return {"n_critic": schedules.AdaptiveSteps(part.most, part.most)}  # at its most
    if isinstance(part, schedules.RateBalance):
        return {"balance": part}
    if isinstance(part, schedules.HalfLife):
        return {"ema_decay": part}
    if isinstance(part, schedules.ResolutionSchedule):
        return {"callbacks": [keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: part(batch))]}
    return dict(zip(("d_optimizer", "g_optimizer"), part if isinstance(part, tuple) else _both(part), strict=True))


def _both(rate):
    return [keras.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)]


def _curriculum(name):
    if name.startswith("easy_to_hard"):
        return {"data": curriculum.easy_to_hard(IMAGES, BATCH, batches=1000)}
    if name.startswith(("growing_discriminator", "Strengthen")):
        critics = [networks.dcgan_discriminator(SHAPE, width=width) for width in (WIDTH // 2, WIDTH)]
        growing = curriculum.growing_discriminator(critics)
        return {"d": growing, "callbacks": [curriculum.Strengthen(schedules.Linear(0.0, 1.0, 1000))]}
    part = resolve("curriculum", name, vars(curriculum))
    return {"penalties": [part]} if isinstance(part, curriculum.EasinessWeight) else {"augment": part}


def _penalty(name):
    if name == "classification":
        critic = networks.dcgan_discriminator(SHAPE, width=WIDTH, num_classes=10, condition="classes")
        data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).repeat().batch(BATCH)
        return {"penalties": [name], "d": critic, "data": data}
    if name == "information":  # of all the latents
        critic = networks.dcgan_discriminator(SHAPE, width=WIDTH)
        says = {"logits": critic.output, "latents": Dense(LATENTS)(critic.layers[-1].input)}
        return {"penalties": [name], "d": keras.Model(critic.inputs, says)}
    return {"penalties": [name]} | ({"g": _unnormalized()} if name == "path_length" else {})


def _unnormalized():
    return networks.dcgan_generator(SHAPE, LATENTS, width=WIDTH, normalization=None)


FAMILIES = {
    "Losses": lambda name: {"loss": name},
    "Penalties": _penalty,
    "Layers": lambda name: {"change": LAYERS[name.partition("(")[0]]},
    "Augmentation": lambda name: {"augment": name},
    "Schedules": _schedule,
    "Curriculum": _curriculum,
    "Presets": lambda name: {"preset": name, "network": NETWORKS.get(name, "dcgan")},
    "Updates": lambda name: {"update": name},
}


def measured(part, plain):
    """The median ratios of wall-clock and of CPU seconds."""
    ratios = []
    for _ in range(PAIRS):
        alone = plain.turn()
        ratios.append(part.turn() / alone)
    return np.median(ratios, axis=0)


def main(only=(), page=PAGE):
    warnings.simplefilter("ignore")  # of the lint: batch normalisation stands in some networks here
    plain = Run()
    for name, (family, _) in rows(page.read_text()).items():
        short = name.partition("(")[0]
        if only and {name, short, short.rpartition(".")[2]}.isdisjoint(only):
            continue
        start = time.perf_counter()
        settings = made(family, name)
        beside = Run(g=_unnormalized()) if "g" in settings else plain
        wall, cpu = measured(Run(**settings), beside)
        seconds = time.perf_counter() - start
        print(f"{family:13} {name:50} {cpu:6.2f} of CPU, {wall:6.2f} of wall-clock; {seconds:4.0f} s", flush=True)
        files.write(page, rewritten(page.read_text(), name, f"{cpu:.2f}"))
        gc.collect()
    milliseconds = 1000 * np.median([plain.turn() for _ in itertools.repeat(None, PAIRS)], axis=0)
    print("the plain GAN's round: {:.1f} ms of wall-clock, {:.1f} ms of CPU time".format(*milliseconds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=(), help="names of rows, with or without their arguments")
    parser.add_argument("--page", type=Path, default=PAGE)
    main(**vars(parser.parse_args()))
