"""How does a gradient penalty stabilise? The eigenvalues of the field on the ring, with and without."""

import math
from collections.abc import Mapping, Sequence

from kgan.studies import ring
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, against, compared

PLAIN = "GAN"
R1 = {"GAN, R1 γ = 0.1": 0.1, "GAN, R1 γ = 1": 1.0, "GAN, R1 γ = 10": 10.0}


def damping(look: int) -> Column:
    """-Re / |lambda| of the largest eigenvalue, at a look: 0 on the imaginary axis, 1 for pure decay, -1 for growth."""

    def of(measured: Mapping[str, float]) -> float:
        real, imaginary = (measured[f"equilibrium.eigenvalue_{part}@{look}"] for part in ("real", "imag"))
        return -real / math.hypot(real, imaginary)

    return Column(f"damping_{look}", f"damping, after {look}/4 of the run", of)


def answer(table: Table) -> Sequence[str]:
    """Damping at the end, and what became of the modes."""
    others = [name for name in table.settings() if name != PLAIN]
    last = "damping_4"
    said = [against(table, last, "damping of the largest eigenvalue at the end", PLAIN, others, highest=True)]
    if "WGAN" in others and "WGAN-GP" in others:
        said.append(compared(table, last, "damping", "WGAN-GP", "WGAN"))
    said.append(against(table, "modes", "modes", PLAIN, others, highest=True))
    return said


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

    J = (  0        f'(0) )
        ( −f'(0)   −γ     ),   eigenvalues  λ = −γ/2 ± sqrt(γ²/4 − f'(0)²)

with γ the weight of R1 and f the loss (Mescheder et al. 2018, theorem 4.1 and lemma 3.2). Without the penalty they are
imaginary: a small step turns, and never comes nearer. With it the real part is −γ/2, and beyond γ = 2 |f'(0)| both
are real. WGAN-GP has no such point: its penalty pulls |ψ| to τ, not to 0, and is not smooth at 0. So R1 is predicted to
raise the *damping* −Re λ / |λ| with γ, from 0 to 1; WGAN-GP is not predicted to, except as far as a network's critic
is not the Dirac-GAN's; spectral normalisation bounds |λ|, and turns nothing into decay.

**The measurement.** The eigenvalue of largest modulus of the same Jacobian, of two MLPs on the ring of eight Gaussians,
by Arnoldi's method (`EquilibriumMonitor`) after a quarter, a half, three quarters and the whole of each run, on a
held-out batch. Equal networks, optimizers and rounds; simultaneous with the damping, what became of the modes.
""",
    common=[*ring.flags(), "--n_critic=1"],
    metrics="modes",
    settings=[
        Setting(PLAIN),
        *[Setting(name, [f"--penalty=r1(gamma={gamma:g})"]) for name, gamma in R1.items()],
        Setting("WGAN", ["--preset=wgan"]),
        Setting("WGAN-GP", ["--preset=wgan_gp"]),
        Setting("SNGAN", ["--preset=sngan"]),
    ],
    columns=[
        damping(4),
        Column("modes", "modes (of 8)"),
        *[damping(look) for look in (1, 2, 3)],
        Column("equilibrium.eigenvalue_real", "Re λ at the end"),
        Column("equilibrium.eigenvalue_imag", "Im λ at the end"),
        Column("equilibrium.rotation", "rotation at the end"),
        Column("high_quality", "good samples"),
    ],
    answer=answer,
    budget=20_000,
    seeds=5,
    quick=(2_000, 2),
    looks=40,
    reading="""
Arnoldi's method finds the eigenvalue of largest modulus, which is not the one that decides stability: away from the
equilibrium, the generator's and the discriminator's own curvatures are in J too. A negative damping is growth along
that eigenvector: the point that the run has come to is no equilibrium, and its largest eigenvalue pushes away.
""",
)
