"""Charts as SVG: sharp on every screen, and small."""

import base64
import io
import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

# Inches; on the page a chart is about as wide as a phone, so that a point of its letters is about one of the page's.
WIDTH, HEIGHT = 4.6, 2.9
SHOWN = 40  # classes in a chart
FAKE, REAL = "#3366cc", "#9aa5b1"
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "kgan", "font.size": 11, "axes.spines.top": False}
STYLE |= {"axes.spines.right": False, "axes.edgecolor": "#9aa5b1", "legend.frameon": False, "grid.alpha": 0.3}
STYLE |= {"legend.fontsize": 11, "legend.columnspacing": 1.2, "legend.handlelength": 1.4}


@matplotlib.rc_context(STYLE)
def lines(
    columns: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    x_label: str,
    *,
    errors: Sequence[float] | None = None,
    level: float | None = None,
    marks: Sequence[float] = (),
    log: bool = False,
) -> str:
    """Curves over time.

    Args:
        columns: x and y by name; NaN is no point.
        x_label: what x is.
        errors: of the only curve, drawn as a band of twice that many.
        level: a dashed line, for real against real.
        marks: places on x where an alarm was raised.
        log: a logarithmic y.

    Returns:
        A data URI.
    """
    figure, axes = _axes(xlabel=x_label, yscale="log" if log else "linear")
    for name, (x, y) in columns.items():
        x, y = np.asarray(x, "float64"), np.asarray(y, "float64")
        known = np.isfinite(y) & ((y > 0) | (not log))
        dashed = name.startswith("val_")
        alone = {"marker": "o", "markersize": 3} if known.sum() < 15 else {}
        axes.plot(x[known], y[known], linewidth=1.3, linestyle="--" if dashed else "-", label=name, **alone)
        if errors is not None:
            margin = 2.0 * np.nan_to_num(np.asarray(errors, "float64"))
            axes.fill_between(x[known], (y - margin)[known], (y + margin)[known], alpha=0.2, linewidth=0)
    if level is not None and math.isfinite(level):
        axes.axhline(level, linestyle="--", linewidth=1, color=REAL, label="real against real")
    for i, place in enumerate(marks):
        axes.axvline(place, color="#cc3311", linewidth=1, label="alarm" if i == 0 else None)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)  # type: ignore[call-arg]  # MaxNLocator's
    _scale(axes, [*(y for _, y in columns.values()), [] if level is None else [level]])
    axes.grid(True)
    if len(axes.get_legend_handles_labels()[0]) > 1:
        figure.legend(loc="outside lower center", ncols=2)
    return _uri(figure)


@matplotlib.rc_context(STYLE)
def classes(names: Sequence[str], real: Sequence[float], fake: Sequence[float]) -> str:
    """The share of each class, or mode, in the reals and in the samples, as bars; those that differ most, if many."""
    real, fake = np.asarray(real), np.asarray(fake)
    kept = np.sort(np.argsort(-np.abs(fake - real), kind="stable")[:SHOWN])
    place = np.arange(len(kept))
    figure, axes = _axes(height=max(1.8, 0.3 * len(kept) + 0.8), xlabel="share of the samples, %")
    axes.barh(place - 0.2, 100 * fake[kept], 0.38, color=FAKE, label="samples")
    axes.barh(place + 0.2, 100 * real[kept], 0.38, color=REAL, label="reals")
    axes.set_yticks(place, [str(names[i]) for i in kept])
    axes.invert_yaxis()
    axes.grid(True, axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    return _uri(figure)


@matplotlib.rc_context(STYLE)
def plane(samples: np.ndarray, reals: np.ndarray | None, paths: Sequence[np.ndarray] = ()) -> str:
    """Points (n, 2) in the plane over the reals' (m, 2), and paths (k, 2) between some of them."""
    figure, axes = _axes(height=WIDTH)
    axes.set_aspect("equal", adjustable="datalim")
    if reals is not None:
        axes.scatter(*reals.T, s=4, color=REAL, linewidths=0, label="reals")
    axes.scatter(*samples.T, s=4, color=FAKE, linewidths=0, label="samples")
    for path in paths:
        axes.plot(*path.T, linewidth=1)
    figure.legend(loc="outside lower center", ncols=2)
    return _uri(figure)


def uri(kind: str, content: bytes) -> str:
    """A file inside the page: a data URI of that media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _scale(axes: Axes, values: Sequence[Sequence[float]]) -> None:
    """Ticks on y that a person reads: plain numbers, whole ones for counts; what never changes stands above 0."""
    known = np.concatenate([np.asarray(y, "float64").ravel() for y in values])
    known = known[np.isfinite(known)]
    if not len(known):
        return
    low, high = known.min(), known.max()
    if axes.get_yscale() == "log":
        low, high = axes.get_ylim()
        subs = (1.0, 2.0, 5.0) if high / low < 1e3 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs) if high / low > 10 else MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        return
    if (known == np.round(known)).all():
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    if low == high:
        axes.set_ylim(min(0.0, 1.2 * low), max(0.0, 1.2 * high) or 1.0)


def _axes(height: float = HEIGHT, **labels: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot(**labels)


def _uri(figure: Figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return uri("image/svg+xml", file.getvalue())
