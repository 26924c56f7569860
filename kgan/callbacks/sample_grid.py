"""Pictures of the same latents, epoch after epoch."""

import os
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from kgan import pictures
from kgan.callbacks.base import RunCallback
from kgan.checks import InputError, whole
from kgan.distribute import is_chief
from kgan.priors import Labels
from kgan.runs.samples import path as picture

CLASSES = 20  # with more, samples are of any class
COLUMNS = 8  # of pictures that are translated


class SampleGrid(RunCallback):
    """Draws samples of the averaged generator from fixed latents: images on a grid, points in the plane as points.

    Of images of another number of channels it draws the first three (of two, the first), of a table's rows the first
    two columns as points, and of numbers how they are distributed; of other samples nothing. It says so, once.
    After epoch 1 it writes RUN/samples/epoch-0001.png, and the same as a TensorBoard image into RUN/logs.

    Args:
        run_dir: the run's folder.
        num: how many samples.
        seed: of the latents.
        every: draw each that many epochs.
        batch: of a game that translates pictures, a batch as it takes it: some are drawn above their translations.

    Raises:
        InputError: for an argument out of its range.
    """

    def __init__(
        self, run_dir: str | os.PathLike, num: int = 64, seed: int = 0, every: int = 1, batch: Any = None
    ) -> None:
        super().__init__(run_dir)
        self.batch = batch
        self.num, self.seed, self.every = whole("num", num), whole("seed", seed, least=0), whole("every", every)
        self._writer = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self.model.sampler().free:
            if self.batch is None:
                raise InputError("SampleGrid: batch: wanted pictures to translate, got none")
            return
        samples = self.model.sample(1, self.seed)
        _, drawn = visible(samples)
        if drawn:
            shape = samples.shape[1:] if isinstance(samples, np.ndarray) else type(samples).__name__
            warnings.warn(f"SampleGrid: samples have shape {shape}: draws {drawn}", stacklevel=2)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        number = epoch + 1
        if number % self.every or not is_chief():
            return
        free = self.model.sampler().free
        samples, columns = of_all_classes(self.model, self.num, self.seed) if free else self._translations()
        samples, _ = visible(samples)
        if samples is None:
            return
        path = picture(self.run_dir, number)
        if samples.ndim == 2:
            pictures.scatter(samples, path)
        else:
            pictures.write_png(path, pictures.grid(samples, columns))
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.run_dir / "logs"))
        with self._writer.as_default():
            tf.summary.image("samples", tf.io.decode_png(path.read_bytes())[None], step=number)
        self._writer.flush()

    def _translations(self) -> tuple[np.ndarray, int]:
        """Rows of pictures, each with the row of their translations below it."""
        rows, columns = [], min(COLUMNS, self.num)
        for name, (given, _) in self.model.asked(self.batch).items():
            given = {key: np.asarray(value)[:columns] for key, value in given.items()}
            columns = len(next(iter(given.values())))
            rows += [*given.values(), self.model.sampler(name).sample(columns, self.seed, **given)]
        channels = max(row.shape[-1] for row in rows)
        return np.concatenate([np.repeat(row, channels // row.shape[-1], -1) for row in rows]), columns

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        super().on_train_end(logs)


def of_all_classes(model: Any, num: int, seed: int) -> tuple[Any, int | None]:
    """Samples of a game, and how many stand in a row: where it has a few classes, a class a column."""
    classes = {name: law.classes for name, law in model.sampler().given.items() if isinstance(law, Labels)}
    if not classes or max(classes.values()) > CLASSES:
        return model.sample(num, seed), None
    labels = {name: np.arange(num) % count for name, count in classes.items()}
    return model.sample(num, seed, **labels), max(classes.values())


def visible(samples: Any) -> tuple[np.ndarray | None, str]:
    """What of samples can be drawn, and in words what that is, "" for all.

    Returns:
        Images (n, height, width, 1 or 3), points (n, 2) or None.
    """
    shape = samples.shape[1:] if isinstance(samples, np.ndarray) else ()
    if (len(shape) == 3 and shape[-1] in (1, 3)) or shape == (2,):
        return samples, ""
    if len(shape) == 3 and shape[-1] > 0:
        kept = 3 if shape[-1] > 3 else 1
        return samples[..., :kept], f"the first {kept} of {shape[-1]} channels"
    if len(shape) == 1 and shape[0] > 2:
        return samples[:, :2], f"the first 2 of {shape[0]} columns"
    if shape == (1,):
        share = (np.arange(len(samples)) + 0.5) / len(samples)
        return np.stack([np.sort(samples[:, 0]), share], axis=1), "the share of numbers (y) that are below each (x)"
    return None, "nothing"
