"""The page of the study `bilinear`: |lambda| against the step size, the table and how to read them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kgan.studies import report
from kgan.studies.bilinear_rules import Rule

# Okabe and Ito's palette, and a wine red: rules that coincide, or differ in a number only, share a colour.
STYLES = [
    ("#D55E00", "-", "v"),
    ("#0072B2", "-", "o"),
    ("#009E73", "-", "s"),
    ("#CC79A7", "-", "D"),
    ("#CC79A7", ":", "x"),
    ("#E69F00", "-", "h"),
    ("#E69F00", ":", "+"),
    ("#56B4E9", "-", "<"),
    ("#56B4E9", "--", ">"),
    ("#000000", "-", "*"),
    ("#882255", "-", "P"),
    ("#0072B2", "--", "^"),
]
RULE_COLUMNS = {"name": "rule", "formula": "closed form", "converges": "converges iff", "cost": "evaluations a round"}
COLUMNS = {
    "rule": "rule",
    "s": "s",
    "factor_predicted": "|λ|: closed form",
    "factor_measured": "measured",
    "factor_played": "played",
    "converges_predicted": "should converge",
    "outcome": "observed",
    "agree": "agree",
    "cost": "evaluations a round",
    "factor_per_evaluation": "|λ| per evaluation",
}


def write(folder: Path, rules: Sequence[Rule], rows: Sequence[dict], start: tuple, rounds: int) -> None:
    """Writes the study: `rows` as `kgan.studies.bilinear` makes them from plays of `rounds` rounds from `start`."""
    report.write(folder, "bilinear", rows, curves(rules, rows), _page(rules, rows, start, rounds))


def curves(rules: Sequence[Rule], rows: Sequence[dict]) -> Figure:
    """|lambda| against s, per round and per gradient evaluation: closed forms as lines, measured as markers."""
    figure = Figure(figsize=(13, 6.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    _panel(left, rules, rows, per_evaluation=False)
    _panel(right, rules, rows, per_evaluation=True)
    left.set(title="Per round", ylabel="|λ|: factor of the distance from the equilibrium, a round", ylim=(0.65, 1.35))
    right.set(title="Per gradient evaluation", ylabel="|λ|^(1/cost): the same, a gradient evaluation", ylim=(0.83, 1.1))
    handles, labels = left.get_legend_handles_labels()
    title = (
        "Lines: closed form. Markers: spectral radius of the rule's own rounds.\n"
        "Two pairs coincide: extragradient from the past and optimistic; per round, consensus and symplectic."
    )
    figure.legend(handles, labels, loc="outside lower center", ncols=4, title=title, frameon=False)
    return figure


def _panel(axes: Axes, rules: Sequence[Rule], rows: Sequence[dict], per_evaluation: bool) -> None:
    fine = np.linspace(0.002, 1.15, 400)
    axes.axhspan(1.0, 10.0, color="0.94", linewidth=0)
    axes.axhline(1.0, color="0.3", linewidth=3)
    for place, va, word in ((0.97, "top", "diverges"), (0.03, "bottom", "converges")):
        axes.text(0.02, place, word, transform=axes.transAxes, va=va, fontsize=12, color="0.4", style="italic")
    axes.text(1.14, 1.0, "|λ| = 1", ha="right", va="bottom")
    for rule, (colour, line, marker) in zip(rules, STYLES, strict=True):
        power = 1 / rule.cost() if per_evaluation else 1
        mine = [row for row in rows if row["rule"] == rule.name]
        style = {"color": colour, "linestyle": line, "marker": marker, "markersize": 8}
        style |= {"markerfacecolor": colour if marker in "x+" else "white", "markeredgewidth": 1.5}
        steps = [row["s"] for row in mine]
        axes.plot(fine, [rule.factor(s) ** power for s in fine], color=colour, linestyle=line, linewidth=1.5)
        axes.plot(steps, [row["factor_measured"] ** power for row in mine], **(style | {"linestyle": "none"}))
        axes.plot([], [], label=rule.name, **style)
    axes.set(xlim=(0, 1.15), xlabel="s = learning rate × coupling (no unit)")
    axes.grid(alpha=0.3)


def _page(rules: Sequence[Rule], rows: Sequence[dict], start: tuple, rounds: int) -> str:
    off = max(abs(row["factor_predicted"] - row["factor_measured"]) for row in rows)
    worst = max(rows, key=lambda row: abs(row["factor_played"] - row["factor_predicted"]))
    wrong = [f"{row['rule']} at s = {row['s']}" for row in rows if not row["agree"]]
    table = [{key: rule.cost() if key == "cost" else getattr(rule, key) for key in RULE_COLUMNS} for rule in rules]
    return report.page(
        "bilinear",
        "How fast does each update rule converge? The bilinear game",
        {
            "Question": QUESTION,
            "Setting": SETTING.format(rounds=rounds, start=start) + "\n" + report.markdown(table, RULE_COLUMNS),
            "Result": f"![|λ| against the step size](bilinear.png)\n\n"
            f"Closed form and play agree on convergence in {sum(row['agree'] for row in rows)} of {len(rows)} plays"
            f"{': not in ' + ', '.join(wrong) if wrong else ''}. The spectral radius of a round differs from its "
            f"closed form by {off:.0e} at most.\n\n{_fastest(rows)}\n\n{report.markdown(rows, COLUMNS)}",
            "How to read it": READING,
            "What fell short": SHORT.format(
                rule=worst["rule"], s=worst["s"], played=worst["factor_played"], form=worst["factor_predicted"]
            ),
        },
    )


def _fastest(rows: Sequence[dict]) -> str:
    """The fastest rules at each step size, per round and per evaluation."""
    lines = []
    for s in sorted({row["s"] for row in rows}):
        mine = [row for row in rows if row["s"] == s]
        line: dict = {"s": s}
        for key in ("factor_measured", "factor_per_evaluation"):
            least = min(row[key] for row in mine)
            line[key] = f"{least:.4f}: {'; '.join(row['rule'] for row in mine if row[key] < least + 1e-6)}"
        lines.append(line)
    return report.markdown(
        lines, {"s": "s", "factor_measured": "least |λ| a round", "factor_per_evaluation": "least |λ| an evaluation"}
    )


QUESTION = """
In min over x, max over y of a·x·y, plain gradient descent never finds the equilibrium x = y = 0: it turns around it.
The bilinear game is what is left of a GAN whose discriminator no penalty damps. Which update rules converge on it, at
which step sizes, how fast, and what does it cost?
"""

SETTING = """
s = ηa, the learning rate times the coupling, is all that matters (for x'Ay: η times each singular value of A). Each
rule is kgan's own, with plain gradient descent in float64 and a = 1, so that η = s. |λ| is the factor by which a round
changes the distance from the equilibrium, in the long run; it is found thrice: from its closed form; *measured*, as
the spectral radius of the Jacobian of the rule's own round; *played*, from {rounds} rounds from (x, y) = {start}.
A gradient evaluation is one player's gradient; a product with its Jacobian counts as two.
"""

READING = """
- **|λ| below 1 converges, above 1 diverges.** At 1 the play circles for ever: alternating play at any of these steps,
  extragradient and consensus at s = 1.
- **Neither simultaneous nor alternating play ever converges**, but alternating play stays bounded, so that a little
  damping is enough for it: a negative momentum here, a penalty in a GAN.
- **Rules that look ahead** (extragradient, optimistic) gain only of order s² in a round: at best |λ|² is 3/4 for
  extragradient, at s = 1/√2, and 1/2 for optimistic, at s = 1/2. Extragradient from the past *is* the optimistic rule
  here, at half the price of extragradient, but only up to s = 1/√3.
- **Rules with second derivatives** (consensus, symplectic, unrolled, competitive) pay more for a round: the right panel
  divides by the price. Competitive gradient descent alone converges at any step size; its price is that of solving a
  linear system by conjugate gradients, two iterations here.
- Consensus and symplectic adjustment coincide on a bilinear game, where the field's Jacobian is antisymmetric.
- **Lookahead** makes simultaneous play converge, if it does not turn too far between two jumps.
- **A negative momentum** makes alternating play converge, slowly at small steps, without any further evaluation.
"""

SHORT = """
- *Played* is an estimate: the distance wobbles within a turn, memory and double roots fade slowly. The worst: {rule} at
  s = {s}, played {played:.4f}, closed form {form:.4f}.
- A price in gradient evaluations is not one in seconds: shared forward passes, memory and compilation are not in it.
- Weights (consensus, symplectic: 1), k, α, K and β are each at one value; all but s would move the curves.
- A bilinear game has no curvature. What a rule does with a player's own curvature, with noise and with Adam is not
  shown here.
"""
