"""A run in Python: what the commands do, for a script to do.

    dataset, gan = build("sngan", "fashion_mnist", seed=1, d_optimizer="adam(learning_rate=4e-4, beta_1=0)")
    gan.fit(dataset, epochs=20, callbacks=watch("runs/a"))

is `kgan train --preset=sngan --dataset=fashion_mnist --seed=1 ... --run_dir=runs/a`, without its flags.txt.
"""

import inspect
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import addons, callbacks, data, memory, models
from kgan.checks import InputError, lookup, whole
from kgan.distribute import is_chief
from kgan.metrics import Evaluator
from kgan.models import GAN, PRESETS
from kgan.networks import builders
from kgan.spec import resolve

OPTIMIZERS = {
    name.lower(): getattr(keras.optimizers, name)
    for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "Lion", "Nadam", "RMSprop", "SGD")
}


# Settings that one preset alone has, and what it does by them.
ONLY = {
    "clip_value": ("wgan", "clips weights"),
    "stage_rounds": ("progressive", "grows"),
    "fade_rounds": ("progressive", "grows"),
}


def build(
    preset: str = "gan",
    dataset: str = "digits",
    *,
    data_dir: str | None = None,
    resolution: int | Sequence[int] | str | None = None,
    batch_size: int = 64,
    seed: int = 0,
    network: str | None = None,
    width: int | None = None,
    d_width: int | None = None,
    latent_dim: int | None = None,
    num_discriminators: int | None = None,
    num_generators: int | None = None,
    pack: int | None = None,
    rows: str | None = None,
    policy: str = "float32",
    freeze: int | None = None,
    **settings: Any,
) -> tuple[tf.data.Dataset, GAN]:
    """A data set, and a GAN compiled to be trained on it; both are functions of the arguments.

    Args:
        preset: a name in `kgan.models.PRESETS`.
        dataset: as `kgan.data.load` takes it.
        data_dir: where tensorflow-datasets keeps its files.
        resolution: the side of the images, or (height, width), or "64x96"; default: the data set's own.
        batch_size: real samples in a batch.
        seed: of the first weights, the order of the data and every draw in training.
        network: a name in `kgan.networks.NETWORKS`, or a Python file with functions `generator(shape, ...)` and
            `discriminator(shape, ...)`; default "mlp" for points, else the preset's own or "dcgan".
        width: of both networks; default: their builders'.
        d_width: of the discriminator alone, in a game of one generator and one discriminator; default `width`.
        latent_dim: the dimension of the latents; default: the generator's builder's, 100 for an image by an MLP.
        num_discriminators: of a game with several; default its own.
        num_generators: of the preset "mixgan"; default its own.
        pack: samples that the discriminator of the preset "packed" is shown side by side; default its own.
        rows: FILE.npy, whole numbers (n,): the samples of the data to train on, as `kgan.data.load` takes them.
        freeze: how many layers of each discriminator, from its samples on, stay as they are; default none.
        policy: the precision in which the networks compute: "float32", "mixed_bfloat16" or "mixed_float16".
        **settings: as the preset's `compile` takes them; an optimizer may be a string, "adam(learning_rate=2e-4)".

    Raises:
        InputError: for an unknown name, or what the data, the networks or `compile` cannot use.
    """
    model = lookup("preset", preset, PRESETS)
    whole("seed", seed, 0)
    for name, (whose, does) in ONLY.items():
        if name in settings and preset != whose:
            raise InputError(f"{name}: only the preset {whose!r} {does}, got preset {preset!r}")
    for name in ("d_optimizer", "g_optimizer"):
        if name in settings:
            settings[name] = _optimizer(name, settings[name])
    if network is not None:
        builders(network)
    own = _given(d_width=d_width, num_discriminators=num_discriminators, num_generators=num_generators, pack=pack)
    for name, value in (settings | own).items():
        takers = [one for one, game in PRESETS.items() if _takes(game, name)]
        if preset not in takers and takers:
            raise InputError(f"{name}: wanted it with --preset={' or '.join(takers)}, got {value!r} with {preset!r}")
    where = {"data_dir": data_dir, "resolution": resolution, "rows": None if rows is None else places(rows)}
    batches = data.load(dataset, batch_size=batch_size, seed=seed, labels=model.labelled, **where)
    shapes = keras.tree.map_structure(lambda spec: tuple(spec.shape[1:]), batches.element_spec)
    numbers = sum(math.prod(spec.shape[1:]) for spec in keras.tree.flatten(batches.element_spec))
    _check_memory(numbers, batch_size, width, latent_dim)

    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(seed)  # from which the first weights are drawn
    sizes = _given(network=network, width=width, latent_dim=latent_dim, **own)
    gan = model.for_data(shapes, batches.num_classes, **sizes)
    for role, judge in gan.networks().values():
        if freeze and role == "d":
            models.freeze(judge, freeze)
    if "batch_size" in inspect.signature(model.compile).parameters:  # a setting that goes by it
        settings["batch_size"] = batch_size
    gan.compile(seed=seed, **settings)
    return batches, gan


def watch(
    run_dir: str | os.PathLike,
    begin: Callable[[dict], None] | None = None,
    checkpoint_every: int = 1,
    checkpoint_steps: int | None = None,
    keep: int = 3,
    non_finite: str = "stop",
    evaluator: Evaluator | None = None,
    evaluate_every: int = 5,
    evaluate_patience: int | None = None,
    alarm: Mapping[str, Any] | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    batch: Any = None,
    bare: bool = False,
) -> list[keras.callbacks.Callback]:
    """The callbacks that keep a run's folder: checkpoints, logs, curves and pictures.

    Args:
        run_dir: the run's folder; training goes on from its newest checkpoint.
        begin: called, with logs, when that is restored and all is checked.
        checkpoint_every: epochs between checkpoints.
        checkpoint_steps: rounds between checkpoints inside an epoch; default none.
        keep: how many checkpoints are kept.
        non_finite: "stop" or "rollback", when a loss or a weight is not finite.
        evaluator: measures samples, and the best checkpoint is kept.
        evaluate_every: epochs between its evaluations.
        evaluate_patience: evaluations without a better one after which training ends; default never.
        alarm: what `CollapseAlarm` is given, "reals" and "policy", say; None for no alarm.
        equilibrium: what `EquilibriumMonitor` is given, "held_out" and "every", say; None for no monitor.
        batch: of data as the game takes it, from which one that translates takes the pictures to show and to measure.
        bare: without curves, pictures and TensorBoard's files.
    """
    judges = []
    if evaluator is not None:
        how_often = {"every": evaluate_every, "patience": evaluate_patience}
        judges.append(callbacks.Evaluate(run_dir, evaluator, **how_often, batch=batch))
    if alarm is not None:
        judges.append(callbacks.CollapseAlarm(run_dir, **alarm))
    if equilibrium is not None:
        judges.append(callbacks.EquilibriumMonitor(run_dir, **equilibrium))
    shown: list[keras.callbacks.Callback] = []
    if not bare:
        shown += [callbacks.LossCurves(run_dir), callbacks.SampleGrid(run_dir, batch=batch)]
        if is_chief():  # Keras's own writes wherever it is
            shown.append(keras.callbacks.TensorBoard(Path(run_dir) / "logs", write_graph=False))
    return [
        # First, because what the others find at the beginning is the run as it was left.
        callbacks.Checkpoint(run_dir, every=checkpoint_every, every_steps=checkpoint_steps, keep=keep),
        callbacks.NonFiniteGuard(run_dir, policy=non_finite),
        *judges,  # before the table of what they add to the logs
        callbacks.CSVLogger(run_dir),
        *shown,
        keras.callbacks.LambdaCallback(on_train_begin=begin),
    ]


def _check_memory(numbers: int, batch_size: int, width: int | None, latent_dim: int | None) -> None:
    """An `InputError` for sizes of which training's least need does not fit in memory, in float32.

    A matrix from a layer to the next in both networks, with its gradient and the optimizer's two moments; a batch's
    latents; a batch of samples and what the two networks make of them at that size, twice, for the gradient.
    """
    for name, size in {"width": width, "latent_dim": latent_dim}.items():
        if size is not None:
            whole(name, size)
    if width is not None:
        memory.check("width", f"networks of width {width:,}", 4 * 2 * 4 * width**2)
    if latent_dim is not None:
        memory.check(
            "latent_dim", f"latents of {latent_dim:,} numbers", 4 * 4 * latent_dim * max(batch_size, width or 64)
        )
    memory.check("batch_size", f"batches of {batch_size:,} samples", 4 * 4 * batch_size * numbers)


def _optimizer(argument: str, value: Any) -> keras.optimizers.Optimizer:
    try:
        if addons.named(value):
            return addons.optimizer(argument, value)
        return resolve(argument, value, OPTIMIZERS, methods=("apply_gradients",))
    except InputError:
        raise
    except ValueError as error:  # Keras's, for arguments that the optimizer does not take
        raise InputError(f"{argument}: {value!r}: {error}") from error


def places(path: str) -> np.ndarray:
    """What `--rows` names."""
    try:
        return np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"rows: {path} cannot be read as FILE.npy: {error}") from error


def _takes(game: type[GAN], argument: str) -> bool:
    """Whether a game's networks for data, or its `compile`, have an argument."""
    methods = [game.for_data, *(vars(cls)["compile"] for cls in game.__mro__ if "compile" in vars(cls))]
    return any(argument in inspect.signature(method).parameters for method in methods)


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
