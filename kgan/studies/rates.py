"""For which learning rates do four presets train at all? (Lucic et al. 2018's question, on a small scale.)"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kgan.studies import ring
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table

RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
PRESETS = {
    "GAN": ["--preset=gan"],
    "GAN, R1": ["--penalty=r1(gamma=1)"],
    "WGAN-GP": ["--preset=wgan_gp", "--n_critic=1"],
    "SNGAN": ["--preset=sngan", "--n_critic=1"],
}
GOOD = Column(
    "good", "trains (7 modes or more, half of the samples good)", lambda m: m["modes"] >= 7 and m["high_quality"] >= 0.5
)


def named(preset: str, d_rate: float, g_rate: float) -> str:
    """A setting's name."""
    return f"{preset}, D {d_rate:g}, G {g_rate:g}"


def region(table: Table, preset: str) -> tuple[float, float, int]:
    """(share of cells that train, its standard error over seeds, cells): a run that did not end has not trained."""
    seeds: dict[int, list[float]] = {}
    for row in table.rows:
        if row["setting"].startswith(f"{preset}, D "):
            seeds.setdefault(row["seed"], []).append(float(row["good"] == 1.0))
    shares = [np.mean(values) for values in seeds.values()]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else float("nan")
    return float(np.mean(shares)), float(error), len(next(iter(seeds.values())))


def told(one: tuple[float, float, int], other: tuple[float, float, int]) -> bool:
    """Whether two regions differ by more than twice the standard error of the difference."""
    (a, da, _), (b, db, _) = one, other
    return not np.isnan(da) and not np.isnan(db) and abs(a - b) > 2.0 * np.hypot(da, db)


def answer(table: Table) -> Sequence[str]:
    """How wide each preset's region is, and whose is the widest."""
    known = [name for name in PRESETS if any(row["setting"].startswith(f"{name}, D ") for row in table.rows)]
    regions = {name: region(table, name) for name in known}
    said = [
        f"{name} trains in {share:.0%} of {cells} pairs of rates"
        + ("" if np.isnan(error) else f" ± {100 * error:.1f} points")
        for name, (share, error, cells) in regions.items()
    ]
    first, *rest = sorted(regions, key=lambda name: -regions[name][0])
    for other in rest:
        apart = "wider than" if told(regions[first], regions[other]) else "not told apart in width from"
        figures = f"{regions[first][0]:.0%} against {regions[other][0]:.0%}"
        said.append(f"the region of {first} is {apart} that of {other}: {figures}")
    if {"SNGAN", "WGAN-GP"} <= set(regions):
        ours, theirs = regions["SNGAN"], regions["WGAN-GP"]
        found = "reproduced" if ours[0] > theirs[0] else "not reproduced, it is the other way round"
        found = found if told(ours, theirs) else "neither reproduced nor refuted"
        miyato = "Miyato et al. 2018 (figure 1, on CIFAR-10) report SNGAN to train at more rates than WGAN-GP"
        said.append(f"{miyato}. Here that is {found}: {ours[0]:.0%} against {theirs[0]:.0%} of the pairs")
    return said


def figure(table: Table) -> Figure:
    """A map a preset: how many modes are kept, over both learning rates."""
    there = {row["setting"] for row in table.rows}
    rates = [rate for rate in RATES if any(f"D {rate:g}, " in name for name in there)]
    presets = [preset for preset in PRESETS if any(name.startswith(f"{preset}, D ") for name in there)]
    result = Figure(figsize=(3.1 * len(presets) + 1.2, 3.6), layout="constrained")
    panels = result.subplots(1, len(presets), sharey=True, squeeze=False)[0]
    for axes, preset in zip(panels, presets, strict=True):
        means = [[table.mean(named(preset, d, g), "modes") for d in rates] for g in rates]
        shown = axes.imshow(
            [[mean.value for mean in row] for row in means], vmin=0, vmax=8, origin="lower", cmap="viridis"
        )
        for y, row in enumerate(means):
            for x, mean in enumerate(row):
                text = f"{mean.value:.1f}" if mean.num else "none\nended"
                colour = "white" if not mean.value > 5 else "black"
                axes.text(x, y, text, ha="center", va="center", fontsize=8, color=colour if mean.num else "black")
        labels = [f"{rate:g}" for rate in rates]
        axes.set_xticks(range(len(rates)), labels, rotation=45)
        axes.set_yticks(range(len(rates)), labels)
        axes.set(title=preset, xlabel="discriminator's rate", ylabel="generator's rate" if axes is panels[0] else "")
    result.colorbar(shown, ax=result.axes, label="modes kept (of 8)")
    return result


STUDY = Study(
    name="rates",
    title="For which learning rates does it train?",
    question="""
A method that trains at one pair of learning rates only is of little use to somebody who does not know it. How wide is
the region of good rates of four presets?
""",
    method="""
The ring of eight Gaussians; both players' rates of Adam (β1 = 0.5) on a logarithmic grid from 1e-5 to 0.1, equal
rounds, one step of the discriminator a round. A run *trains* that ends with 7 modes or more and half of its samples
good. A run that did not end, because it was no number any more, has not trained.
""",
    common=["--dataset=ring", f"--batch_size={ring.BATCH}", f"--width={ring.WIDTH}", "--alarm=off"],
    metrics="modes",
    settings=[
        Setting(
            named(preset, d_rate, g_rate),
            [*flags, f"--d_optimizer={ring.adam(d_rate)}", f"--g_optimizer={ring.adam(g_rate)}"],
        )
        for preset, flags in PRESETS.items()
        for d_rate in RATES
        for g_rate in RATES
    ],
    columns=[Column("modes", "modes (of 8)"), Column("high_quality", "good samples"), GOOD],
    answer=answer,
    budget=10_000,
    seeds=3,
    quick=(2_000, 2),
    in_quick=lambda setting: (
        setting.name
        in [named(preset, d, g) for preset in ("GAN", "GAN, R1") for d in (1e-4, 1e-3) for g in (1e-4, 1e-3)]
    ),
    figure=figure,
    reading="The rates at which a preset trains depend on networks and data; how wide the region is, less so.",
)
