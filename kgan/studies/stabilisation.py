"""How does a gradient penalty stabilise? The eigenvalues of the field on the ring, with and without."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kgan.studies import ring
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, against, compared, trend

PLAIN, LAZY = "GAN", "GAN, R1 γ = 1, each 8th round"
R1 = {"GAN, R1 γ = 0.1": 0.1, "GAN, R1 γ = 1": 1.0, "GAN, R1 γ = 10": 10.0}
DIRAC = {PLAIN: 0.0} | R1
QUICK = (PLAIN, "GAN, R1 γ = 1", "WGAN-GP", "SNGAN")
SLOPE = 0.5  # f'(0) of the logistic loss
LOOKS, EIGEN = 40, 4  # looks at a run, and at how many of them the eigenvalue is computed


def eigenvalue(measured: Mapping[str, float], look: int) -> complex:
    """The eigenvalue of largest modulus, at one of the looks."""
    return complex(*(measured[f"equilibrium.eigenvalue_{part}@{look}"] for part in ("real", "imag")))


def size(measured: Mapping[str, float]) -> float:
    """log10 |lambda|, the mean over the second half of the run."""
    looks = range(EIGEN // 2 + 1, EIGEN + 1)
    return float(np.mean([math.log10(abs(eigenvalue(measured, look))) for look in looks]))


def damping(measured: Mapping[str, float]) -> float:
    """-Re / |lambda|: 0 on the imaginary axis, 1 for pure decay, -1 for growth; its mean over the second half."""
    values = [eigenvalue(measured, look) for look in range(EIGEN // 2 + 1, EIGEN + 1)]
    return float(np.mean([-value.real / abs(value) for value in values]))


def rotation(measured: Mapping[str, float]) -> float:
    """The share of the field's change along itself that turns; its mean over the second half of the run."""
    return float(np.mean([measured[f"equilibrium.rotation@{look}"] for look in range(LOOKS // 2 + 1, LOOKS + 1)]))


def predicted(gamma: float) -> np.ndarray:
    """The eigenvalues of the Dirac-GAN's field at its equilibrium (Mescheder et al. 2018, theorem 4.1)."""
    root = np.sqrt(complex(gamma**2 / 4 - SLOPE**2))
    return np.array([-gamma / 2 + root, -gamma / 2 - root])


def prediction(table: Table, settings: Sequence[str], where: str) -> str:
    """Whether the damping rises with the penalty's weight, as the Dirac-GAN has it."""
    said = trend(table, "damping", "the damping of the largest eigenvalue", settings, "R1's weight")
    holds = "holds" if " rises with " in said else "does not hold"
    return f"the Dirac-GAN's prediction, that damping rises with R1's weight, {holds} {where}: {said}"


def turning(table: Table, name: str) -> str:
    """At how many looks the largest eigenvalue turns."""
    rows = [row for row in table.rows if row["setting"] == name]
    parts = np.array([[row[f"imag_{look}"] for look in range(1, EIGEN + 1)] for row in rows], float)
    known = parts[np.isfinite(parts)]
    return f"{(known != 0.0).sum()} of {len(known)} looks at {name}"


def answer(table: Table) -> Sequence[str]:
    """What the penalty does to the largest eigenvalue, what was predicted, and what became of the modes."""
    there = table.settings()
    others, along = [name for name in there if name != PLAIN], [name for name in DIRAC if name in there]
    said = [
        trend(table, "size", "log10 of the largest eigenvalue's modulus", along, "R1's weight"),
        f"it is one of a pair of complex ones, which turn, at {', '.join(turning(table, name) for name in along)}",
        prediction(table, along, "with and without the penalty"),
    ]
    if len(along) > 2:
        penalised = [name for name in along if name != PLAIN]
        said.append(prediction(table, penalised, "among those with the penalty"))
        said.append(trend(table, "rotation", "the share of the field that rotates", penalised, "R1's weight"))
    if "SNGAN" in others:
        bounded = compared(table, "size", "log10 |λ|", "SNGAN", PLAIN)
        undamped = compared(table, "damping", "damping", "SNGAN", "GAN, R1 γ = 1")
        said.append(f"spectral normalisation is predicted to bound |λ| and to damp nothing: {bounded}; {undamped}")
    said += [
        against(table, "modes", "modes", PLAIN, others, highest=True),
        against(table, "high_quality", "good samples", PLAIN, others, highest=True),
    ]
    if "WGAN" in others and "WGAN-GP" in others:
        said.append(compared(table, "size", "log10 |λ|", "WGAN-GP", "WGAN"))
    if LAZY in others:
        said.append(compared(table, "high_quality", "good samples", LAZY, "GAN, R1 γ = 1"))
    return said


def figure(table: Table) -> Figure:
    """The complex plane: eigenvalues at four moments of every run, a panel a setting, and the Dirac-GAN's."""
    names = table.settings()
    across = -(-(len(names) + 1) // 2)
    result = Figure(figsize=(2.7 * across + 0.6, 5.8), layout="constrained")
    panels = result.subplots(2, across, sharex=True, sharey=True).flat
    first = next(panels)
    for gamma in DIRAC.values():
        values = predicted(gamma)
        first.plot(values.real, values.imag, "o", markersize=6, label=f"γ = {gamma:g}")
    first.legend(fontsize=7, loc="lower left")
    _plane(first, "Dirac-GAN, predicted")
    dots = None
    for name, axes in zip(names, panels, strict=False):
        for look in range(1, EIGEN + 1):
            real, imag = (
                np.array([row[f"{part}_{look}"] for row in table.rows if row["setting"] == name], float)
                for part in ("real", "imag")
            )
            for sign in (-1, 1):
                moment = np.full(len(real), look / EIGEN)
                dots = axes.scatter(real, sign * imag, 22, moment, cmap="viridis", vmin=0, vmax=1, alpha=0.8)
        _plane(axes, name.replace(", each", ",\neach"))
    for axes in panels:
        axes.set_axis_off()
    result.colorbar(dots, ax=result.axes, label="share of the run")
    result.supxlabel("Re λ: decays to the left of 0, grows to the right")
    result.supylabel("Im λ: turns")
    return result


def _plane(axes: Axes, title: str) -> None:
    axes.set_xscale("symlog", linthresh=0.1)
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set(xlim=(-1e4, 100), ylim=(-30, 30))
    axes.set_xticks([-1e3, -10, 0, 10], ["−1000", "−10", "0", "10"])
    axes.set_yticks([-10, -1, 0, 1, 10])
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.set_title(title, fontsize=9)
    axes.grid(alpha=0.25)


def _parts(look: int) -> list[Column]:
    """The eigenvalue's parts at a look, for the figure."""
    return [
        Column(f"{part}_{look}", part, lambda m, part=part: m[f"equilibrium.eigenvalue_{part}@{look}"], shown=False)
        for part in ("real", "imag")
    ]


STUDY = Study(
    name="stabilisation",
    title="How does a gradient penalty stabilise?",
    question="""
Alternating gradient steps on a GAN turn around the equilibrium instead of going there. Penalties on the discriminator's
gradient (WGAN-GP, R1) and spectral normalisation are said to stabilise it. What do they do to the field that the
players follow, and does what the smallest game predicts hold for networks?
""",
    method="""
**The prediction.** On the [Dirac-GAN](../dirac/README.md) the field v = (−∂L_D, −∂L_G) has at the equilibrium the
Jacobian

    J = (  0      −f'(0) )
        (  f'(0)  −γ     ),   eigenvalues  λ = −γ/2 ± sqrt(γ²/4 − f'(0)²)

with γ the weight of R1 and f the loss (Mescheder et al. 2018, theorem 4.1 and lemma 3.2). It is the derivative at 0 of
the field (θ: −ψ f'(ψθ), ψ: θ f'(ψθ) − γψ), of L_G = f(ψθ) and L_D = −f(ψθ) + γψ²/2. Without the penalty both are
imaginary: a small step turns, and never comes nearer. With it the real part is −γ/2, and beyond γ = 2 |f'(0)| both
are real. WGAN-GP has no such point: its penalty pulls |ψ| to 1, not to 0, and is not smooth at 0. So R1 is predicted to
raise the *damping* −Re λ / |λ| with γ, from 0 to 1; WGAN-GP is not predicted to, except as far as a network's critic
is not the Dirac-GAN's; spectral normalisation bounds |λ|, and turns nothing into decay.

**The measurement.** The eigenvalue of largest modulus of the same Jacobian, of two MLPs on the ring of eight Gaussians,
by Arnoldi's method (`EquilibriumMonitor`) after a quarter, a half, three quarters and the whole of each run, on a
held-out batch; and at forty looks the *rotation*, the antisymmetric share of the field's change along itself. In the
table all are means over the second half of a run. Equal networks, optimizers and rounds. R1 "each 8th round" is the
lazy form of StyleGAN2, eight times as heavy at each eighth round.
""",
    common=[*ring.flags(), "--n_critic=1"],
    metrics="modes",
    settings=[
        Setting(PLAIN),
        *[Setting(name, [f"--penalty=r1(gamma={gamma:g})"]) for name, gamma in R1.items()],
        Setting(LAZY, ["--penalty=r1(gamma=1, interval=8)"]),
        Setting("WGAN", ["--preset=wgan"]),
        Setting("WGAN-GP", ["--preset=wgan_gp"]),
        Setting("SNGAN", ["--preset=sngan"]),
    ],
    columns=[
        Column("size", "log10 of the largest eigenvalue's modulus", size),
        Column("damping", "its damping", damping),
        Column("rotation", "rotation", rotation),
        Column("modes", "modes (of 8)"),
        Column("high_quality", "good samples"),
        *[column for look in range(1, EIGEN + 1) for column in _parts(look)],
    ],
    answer=answer,
    budget=8_000,
    seeds=5,
    quick=(2_000, 2),
    in_quick=lambda setting: setting.name in QUICK,
    pace=3.0,
    looks=LOOKS,
    figure=figure,
    reading="""
Arnoldi's method finds the eigenvalue of largest modulus. On the Dirac-GAN that is the one that decides stability; on
networks it may be the discriminator's own curvature, real and negative, which does not make the game turn, but bounds
the step: a plain gradient step of size h wants h |λ| < 2. (Adam's steps are scaled, so it is no bound for these runs,
but says how stiff the field is.) Rotation says how the players turn at the same moments. A damping below 0 is growth
along that eigenvector: the point that the run has come to is no equilibrium.

All settings have the GAN's rates and one step of the discriminator a round, so that their fields can be compared. WGAN,
WGAN-GP and SNGAN are not trained so by their authors, and their modes are no verdict on them.
""",
)
