"""Pictures as PNG files: grids of images, points in the plane, loss curves. Each file is whole or absent."""

import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kgan.checks import InputError
from kgan.files import write

GAP = 2  # pixels between the images of a grid
WHITE = 255
COUNTS = ("epoch", "step", "gradient_evaluations")  # columns that are no curves


def grid(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Images side by side, row by row, with white lines between them.

    Args:
        images: float (n, height, width, 1 or 3) in [-1, 1]. Numbers outside are clipped, NaN is grey.
        columns: images in a row; default: as many as make the grid nearly square.

    Returns:
        uint8 (height, width, channels).

    Raises:
        InputError: for images of another shape or dtype, or columns below 1.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or len(images) == 0:
        raise InputError(f"images: wanted (n, height, width, 1 or 3), got shape {images.shape}")
    if not np.issubdtype(images.dtype, np.floating):
        raise InputError(f"images: wanted float in [-1, 1], got {images.dtype}")
    if columns is not None and columns < 1:
        raise InputError(f"columns: wanted at least 1, got {columns!r}")
    count, height, width, channels = images.shape
    columns = min(columns or math.ceil(math.sqrt(count)), count)
    rows = math.ceil(count / columns)
    pixels = np.rint((np.clip(np.nan_to_num(images), -1.0, 1.0) + 1.0) * 127.5).astype("uint8")
    tiles = np.full((rows * columns, height + GAP, width + GAP, channels), WHITE, "uint8")
    tiles[:count, :height, :width] = pixels
    tiles = tiles.reshape(rows, columns, *tiles.shape[1:]).swapaxes(1, 2)
    return tiles.reshape(rows * (height + GAP), columns * (width + GAP), channels)[:-GAP, :-GAP]


def write_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Writes an image, uint8 (height, width, 1 or 3), as PNG, and the folder for it.

    Raises:
        InputError: for an image of another shape or dtype.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] not in (1, 3):
        raise InputError(f"image: wanted uint8 (height, width, 1 or 3), got {image.dtype} {image.shape}")
    write(path, tf.io.encode_png(image).numpy())


def scatter(points: np.ndarray, path: str | os.PathLike, centres: np.ndarray | None = None) -> None:
    """Writes a picture of points in the plane, on equal axes.

    Args:
        points: (n, 2).
        path: of the PNG file.
        centres: (m, 2), the modes they should cover, drawn as crosses; default none.

    Raises:
        InputError: for arrays of another shape.
    """
    write(path, png(scatter_figure(points, centres)))


def scatter_figure(points: np.ndarray, centres: np.ndarray | None = None) -> Figure:
    """The picture that `scatter` writes."""
    points, centres = _plane("points", points), _plane("centres", np.zeros((0, 2)) if centres is None else centres)
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.add_subplot(xlabel="x", ylabel="y")
    axes.set_aspect("equal", adjustable="datalim")
    axes.scatter(*points.T, s=6, alpha=0.5, linewidths=0)
    axes.scatter(*centres.T, marker="+", color="black")
    return figure


def curves(table: Mapping[str, Sequence[float]], path: str | os.PathLike) -> None:
    """Writes a picture of training: losses, logits and gradient norms, then a panel for each penalty or metric.

    Args:
        table: columns of one length by name, as `kgan.runs.Run.logs` gives them: "epoch", and logs. NaN is no
            point. What a column is, its name says: NAME_loss, NAME_real and NAME_fake (mean logits), NAME_grad_norm,
            NAME_accuracy_real and NAME_accuracy_fake; the rest are penalties and metrics. val_NAME is drawn dashed
            beside NAME.
        path: of the PNG file.

    Raises:
        InputError: if there is no column "epoch", or no log.
    """
    write(path, png(curves_figure(table)))


def curves_figure(table: Mapping[str, Sequence[float]]) -> Figure:
    """The picture that `curves` writes."""
    groups = panels(table)
    if "epoch" not in table or not groups:
        raise InputError(f"table: wanted the column 'epoch' and at least one log, got {', '.join(table) or 'nothing'}")
    figure = Figure(figsize=(7, 2.5 * len(groups)), layout="constrained")
    subplots = figure.subplots(len(groups), sharex=True, squeeze=False)[:, 0]
    for axes, (label, names) in zip(subplots, groups.items(), strict=True):
        axes.set(ylabel=label, yscale="log" if label == "gradient norm" else "linear")
        _lines(axes, table, names)
    subplots[-1].set_xlabel("epoch")
    subplots[-1].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    return figure


def panels(names: Iterable[str]) -> dict[str, list[str]]:
    """The columns of a table of logs that are drawn together, by what they show; "epoch" and counts are no curves."""
    groups: dict[str, list[str]] = {"loss": [], "mean logit": [], "gradient norm": []}
    for name in names:
        if name not in COUNTS:
            groups.setdefault(_panel(name), []).append(name)
    return {label: names for label, names in groups.items() if names}


def _panel(name: str) -> str:
    ends = {"_accuracy_real": "accuracy", "_accuracy_fake": "accuracy"}  # before what they end in too
    ends |= {"_loss": "loss", "_real": "mean logit", "_fake": "mean logit", "_grad_norm": "gradient norm"}
    return next((panel for end, panel in ends.items() if name.endswith(end)), name.removeprefix("val_"))


def _lines(axes: Axes, table: Mapping[str, Sequence[float]], names: Sequence[str]) -> None:
    epochs = np.asarray(table["epoch"], "float64")
    colours = {name: f"C{i}" for i, name in enumerate(dict.fromkeys(name.removeprefix("val_") for name in names))}
    for name in names:
        values = np.asarray(table[name], "float64")
        known = np.isfinite(values)  # a metric taken every few epochs is still one line
        style = {"color": colours[name.removeprefix("val_")], "linestyle": "--" if name.startswith("val_") else "-"}
        axes.plot(epochs[known], values[known], **style, marker=".", markersize=3, linewidth=1, label=name)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))


def _plane(argument: str, points: np.ndarray) -> np.ndarray:
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] != 2:
        raise InputError(f"{argument}: wanted shape (n, 2), got {points.shape}")
    return points


def png(figure: Figure) -> bytes:
    """A figure as a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()
