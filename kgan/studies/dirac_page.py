"""The page of the study `dirac`: phase portraits, the table and how to read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kgan.game import Round
from kgan.studies import report
from kgan.studies.dirac_methods import Method

LIMIT, SHOWN, ACROSS = 2.3, 300, 4  # of both axes; rounds drawn of a play; panels in a row
# Okabe and Ito's palette, which the colour-blind can tell apart. Widths, so that equal paths show both.
COLOURS = {"simultaneous": "#D55E00", "alternating": "#0072B2", "extragradient": "#009E73"}
WIDTHS = {"simultaneous": 2.6, "alternating": 1.7, "extragradient": 0.9}
COLUMNS = {
    "method": "method",
    "rule": "rule",
    "eigenvalues_predicted": "eigenvalues: formula",
    "eigenvalues_measured": "measured",
    "radius_predicted": "ρ: formula",
    "radius_measured": "measured",
    "because": "theory",
    "expected": "expected",
    "outcome": "observed",
    "last_distance": "distance at the end",
    "swing_predicted": "swing of θ: formula",
    "swing_measured": "measured",
    "agree": "agree",
}


def write(folder: Path, methods: Sequence[Method], rows: Sequence[dict], paths: Mapping[tuple, np.ndarray]) -> None:
    """Writes the study: `rows` as `kgan.studies.dirac` makes them, `paths` by (method, rule)."""
    report.write(folder, "dirac", rows, portraits(methods, rows, paths), _page(rows, paths))


def field(method: Method, axis: np.ndarray) -> np.ndarray:
    """The field that simultaneous play follows, (move of one round) / step: (psi, theta, 2) on axis x axis."""
    game, rule = method.game(), method.rules["simultaneous"]()
    rule.build(game)
    variables = [variable for player in game.players for variable in player.variables]

    def end(start: tf.Tensor) -> tf.Tensor:
        for variable, value in zip(variables, tf.unstack(start), strict=True):
            variable.assign(tf.reshape(value, variable.shape))
        rule(game, [Round()])
        return tf.stack([tf.reshape(variable.value, ()) for variable in variables])

    psi, theta = np.meshgrid(axis, axis, indexing="ij")
    starts = np.stack([theta, psi], axis=-1)
    play = tf.function(lambda: tf.map_fn(end, starts.reshape(-1, 2), parallel_iterations=1), autograph=False)
    return (play.get_concrete_function()().numpy().reshape(starts.shape) - starts) / method.step


def portraits(methods: Sequence[Method], rows: Sequence[dict], paths: Mapping[tuple, np.ndarray]) -> Figure:
    """A panel a method: the field in grey, the plays in colour, and what they came to in words."""
    down = -(-len(methods) // ACROSS)
    figure = Figure(figsize=(13, 3.5 * down + 0.6), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.1)  # type: ignore[call-arg]  # the constrained one's
    panels = figure.subplots(down, ACROSS, sharex=True, sharey=True, squeeze=False)
    for axes, method in zip(panels.flat, methods, strict=False):
        _portrait(axes, method, [row for row in rows if row["method"] == method.name], paths)
    for axes in panels[-1]:
        axes.set_xlabel("θ, the generator's point")
    for axes in panels[:, 0]:
        axes.set_ylabel("ψ, the discriminator's slope")
    shown = {
        label: handle for axes in panels.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=len(shown), frameon=False)
    return figure


def _portrait(axes: Axes, method: Method, rows: Sequence[dict], paths: Mapping[tuple, np.ndarray]) -> None:
    axis = np.linspace(-LIMIT, LIMIT, 21)
    moves, clip = field(method, axis), method.setting.get("clip", np.inf)
    moves[np.abs(axis) > clip] = np.nan
    for sign in (-1, 1):  # out of reach
        axes.axhspan(sign * min(clip, LIMIT), sign * LIMIT, color="0.93", linewidth=0)
    axes.streamplot(axis, axis, *np.moveaxis(moves, -1, 0), color="0.75", linewidth=0.6, arrowsize=0.7)
    for place, row in enumerate(rows):
        rule, points = row["rule"], paths[method.name, row["rule"]]
        axes.plot(*points[:SHOWN].T, color=COLOURS[rule], linewidth=WIDTHS[rule], label=rule, zorder=3)
        axes.plot(*points[-1], "o", color=COLOURS[rule], markeredgecolor="white", markersize=7, zorder=5)
        words = {"ha": ("left", "center", "right")[place], "va": "bottom", "fontsize": 9, "color": COLOURS[rule]}
        axes.text(place / 2, 1.01, row["outcome"], transform=axes.transAxes, **words)
    end = f"after {len(points) - 1} rounds (lines: the first {SHOWN})"
    axes.plot([], [], "o", color="0.5", markeredgecolor="white", markersize=7, label=end)
    axes.plot(*points[0], "s", color="black", markersize=5, linestyle="none", label="start", zorder=4)
    cross = {"markersize": 11, "markeredgewidth": 1.6, "linestyle": "none", "zorder": 6}
    axes.plot(0, 0, "+", color="black", label="equilibrium", **cross)
    axes.set_title(method.name, fontsize=11, fontweight="bold", pad=17)
    axes.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")


def _page(rows: Sequence[dict], paths: Mapping[tuple, np.ndarray]) -> str:
    points = next(iter(paths.values()))
    at = {(row["method"], row["rule"]): row for row in rows}
    known = [row for row in rows if row["radius_predicted"] is not None]
    off = max(abs(row["radius_predicted"] - row["radius_measured"]) for row in known)
    swings = [row for row in rows if row["swing_predicted"]]
    worst = max(swings, key=lambda row: abs(row["swing_measured"] / row["swing_predicted"] - 1))
    wrong = [f"{row['method']} ({row['rule']})" for row in rows if not row["agree"]]
    gan = at["GAN", "simultaneous"]
    return report.page(
        "dirac",
        "Which training methods of GANs converge? The Dirac-GAN",
        {
            "Question": QUESTION,
            "Setting": SETTING.format(
                start=tuple(points[0].tolist()), rounds=len(points) - 1, step=rows[0]["step"], plays=len(rows)
            ),
            "Result": f"![Phase portraits of the methods](dirac.png)\n\n"
            f"Theory and play agree on convergence in {sum(row['agree'] for row in rows)} of {len(rows)} plays"
            f"{': not in ' + ', '.join(wrong) if wrong else ''}. The spectral radius ρ of a round differs from its "
            f"formula by {off:.0e} at most ({len(known)} plays).\n\n{report.markdown(rows, COLUMNS)}",
            "How to read it": READING,
            "What fell short": SHORT.format(
                distance=gan["last_distance"],
                first=gan["first_distance"],
                worst=f"{worst['method']} ({worst['rule']})",
                formula=worst["swing_predicted"],
                measured=worst["swing_measured"],
            ),
        },
    )


QUESTION = """
Mescheder, Geiger and Nowozin ask [which training methods for GANs do actually
converge](https://arxiv.org/abs/1801.04406), on the smallest GAN there is: the real data are the point 0, the
generator makes the point θ, and the discriminator is D(x) = ψx. Both have nothing left to gain at θ = ψ = 0. Does
training get there, and does what the theory says about a method hold for the rounds that kgan really plays?
"""

SETTING = """
Each method is kgan's own loss and penalty on that discriminator, each rule kgan's own update rule with plain gradient
descent, in float64, and each play {rounds} rounds from (θ, ψ) = {start}, with learning rate h = {step} for both
players unless the name says otherwise: {plays} plays. The penalties are γ/2 ψ² (R1, R2) and γ/2 (|ψ| − τ)² with γ = 1
and τ = 0.3 (WGAN-GP), the clipping |ψ| ≤ c = 1.

A play *converges* if its distance from the equilibrium still shrinks (the largest distance in the last fifth is below
0.95 of that half a play earlier, or 1e-9 of the first), *goes away* if it ends further than 1.5 times its first
distance, and otherwise *circles*. Nothing is drawn at random.
"""

READING = """
- **Eigenvalues** are those of the field's Jacobian at the equilibrium: −γ/2 ± √(γ²/4 − a²), where a is the slope of
  the loss at 0 (1/2; for WGAN 1) and γ the weight of R1 or R2. Instance noise acts as γ = σ²/2, consensus
  optimisation gives −γa² ± ia. An imaginary part turns around the equilibrium, only a negative real part draws towards
  it. Without a penalty there is none. At γ = 2a, the critical weight, turning stops; beyond, one direction is slow.
- **ρ** is the spectral radius of one round there: below 1 it converges, at that rate. Simultaneous play multiplies by
  1 + hλ, extragradient by 1 + hλ + (hλ)²; for alternating play z² − (2 − hγ − h²a²)z + 1 − hγ = 0.
- **Swing** is the largest |θ| in the last fifth: how far the generator's point stays from the data's. It has a formula
  where a play ends on a known cycle or orbit.
- In the picture, grey lines are the field that simultaneous play follows, coloured words what the play by the rule of
  that colour came to, light areas what the clipping forbids. Where fewer colours are seen than rules are named, the
  paths coincide.
- **The rule matters as much as the method.** Near the equilibrium and without any penalty, simultaneous play spirals
  outwards, alternating play circles and extragradient converges. R1 with a long step (last rows) converges by
  alternating play, but not by simultaneous play.
- **Expected failures**: WGAN-GP converges by no rule, because its field points away from ψ = 0 on both sides; clipping
  only bounds the circle; NSGAN by alternating play comes nearer like 1/√n, so slowly that no rate below 1 describes it.
"""

SHORT = """
- GAN by simultaneous play should go away for ever: each round adds h²|v|² to θ² + ψ², v the field, because v is at
  right angles to (θ, ψ). It went from {first:.3g} to {distance:.3g} and all but stopped there, where the discriminator
  is so sure of its fakes that both gradients vanish. The linear theory knows nothing of that.
- The formulas for swings of NSGAN, GAN and WGAN-GP hold for small steps. The worst at this step: {worst}, formula
  {formula:.3g}, measured {measured:.3g}.
- WGAN-GP has no eigenvalues to compare: its penalty has no derivative at ψ = 0.
- ρ > 1 says that a play leaves the equilibrium, not where it goes: with a long step, R1 ends on a small cycle.
- R2 is R1 here, point for point, because the slope of D is ψ everywhere.
- Two numbers are not two networks. Mescheder et al. prove local convergence with R1 and R2 for other GANs too, under
  assumptions; whether it carries over to a method, a rule and a step size in use has to be seen there.
"""
