"""Pictures of the same latents, epoch after epoch."""

import os

import tensorflow as tf

from kgan import pictures
from kgan.callbacks.base import RunCallback
from kgan.checks import InputError, whole
from kgan.distribute import is_chief
from kgan.runs.samples import path as picture


class SampleGrid(RunCallback):
    """Draws samples of the averaged generator from fixed latents: images on a grid, points in the plane as points.

    After epoch 1 it writes RUN/samples/epoch-0001.png, and the same as a TensorBoard image into RUN/logs.

    Args:
        run_dir: the run's folder.
        num: how many samples.
        seed: of the latents.
        every: draw each that many epochs.

    Raises:
        InputError: for an argument out of its range; in `fit`, if samples are neither images nor points.
    """

    def __init__(self, run_dir: str | os.PathLike, num: int = 64, seed: int = 0, every: int = 1) -> None:
        super().__init__(run_dir)
        self.num, self.seed, self.every = whole("num", num), whole("seed", seed, least=0), whole("every", every)
        self._writer = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        shape = self.model.sample(1, self.seed).shape[1:]
        if shape != (2,) and not (len(shape) == 3 and shape[-1] in (1, 3)):
            raise InputError(f"SampleGrid: samples have shape {shape}: not images (1 or 3 channels), nor points (2,)")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        number = epoch + 1
        if number % self.every or not is_chief():
            return
        samples = self.model.sample(self.num, self.seed)
        path = picture(self.run_dir, number)
        if samples.ndim == 2:
            pictures.scatter(samples, path)
        else:
            pictures.write_png(path, pictures.grid(samples))
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.run_dir / "logs"))
        with self._writer.as_default():
            tf.summary.image("samples", tf.io.decode_png(path.read_bytes())[None], step=number)
        self._writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        super().on_train_end(logs)
