"""Samples and curves in a notebook, while it trains."""

import math
from typing import Any

import keras
import tensorflow as tf

from kgan import pictures
from kgan.callbacks.sample_grid import of_all_classes, visible
from kgan.checks import InputError, whole


class LiveView(keras.callbacks.Callback):
    """Below the cell of a notebook, two pictures that are drawn anew as training goes on, and writes no file.

    Samples of the averaged generator from fixed latents, a class a column where it has classes, and the curves of the
    epochs of this `fit`, as `LossCurves` draws them. Of samples that cannot be drawn, the curves alone.

    Args:
        num: how many samples.
        seed: of the latents.
        every: draw each that many epochs.

    Raises:
        InputError: for an argument out of its range; in `fit`, where there is no IPython.
    """

    def __init__(self, num: int = 40, seed: int = 0, every: int = 1) -> None:
        super().__init__()
        self.num, self.seed, self.every = whole("num", num), whole("seed", seed, least=0), whole("every", every)

    def on_train_begin(self, logs: dict | None = None) -> None:
        try:
            from IPython.display import Image, display
        except ImportError as error:
            raise InputError("LiveView: wanted a notebook, and there is no IPython; SampleGrid writes files") from error
        self._display, self._image = display, Image
        self._rows: list[dict[str, Any]] = []
        self._places: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._rows.append({"epoch": epoch + 1, **(logs or {})})
        if (epoch + 1) % self.every:
            return
        if self.model.sampler().free:
            samples, columns = of_all_classes(self.model, self.num, self.seed)
            samples, _ = visible(samples)
            if samples is not None and samples.ndim == 2:
                self._show("samples", pictures.png(pictures.scatter_figure(samples)), 400)
            elif samples is not None:
                grid = pictures.grid(samples, columns)
                self._show("samples", tf.io.encode_png(grid).numpy(), max(grid.shape[1], 400))
        names = dict.fromkeys(name for row in self._rows for name in row)
        table = {name: [row.get(name, math.nan) for row in self._rows] for name in names}
        if pictures.panels(table):
            self._show("curves", pictures.png(pictures.curves_figure(table)), None)

    def _show(self, name: str, png: bytes, width: int | None) -> None:
        image = self._image(data=png, format="png", width=width)
        if name in self._places:
            self._places[name].update(image)
        else:
            self._places[name] = self._display(image, display_id=True)
