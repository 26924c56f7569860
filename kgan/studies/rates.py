"""For which learning rates do four presets train at all? (Lucic et al. 2018's question, on a small scale.)"""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from kgan.studies import ring
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table

RATES = (1e-4, 1e-3, 1e-2, 1e-1)
PRESETS = {
    "GAN": [],
    "GAN, R1": ["--penalty=r1(gamma=1)"],
    "WGAN-GP": ["--preset=wgan_gp", "--n_critic=1"],
    "SNGAN": ["--preset=sngan", "--network=dcgan", "--n_critic=1"],
}
WORSE = 2.0  # a run trains that ends within this factor of the best pair of rates of any preset


def named(preset: str, d_rate: float, g_rate: float) -> str:
    """A setting's name."""
    return f"{preset}, D {d_rate:g}, G {g_rate:g}"


def limit(table: Table) -> float:
    """The Fréchet distance up to which a run counts as trained."""
    return WORSE * table.mean(table.best("fid", highest=False), "fid").value


def region(table: Table, preset: str) -> tuple[float, float, int]:
    """(share of cells that train, its standard error over seeds, cells): a run that did not end has not trained."""
    seeds: dict[int, list[float]] = {}
    for row in table.rows:
        if row["setting"].startswith(f"{preset}, D "):
            seeds.setdefault(row["seed"], []).append(float(row["fid"] <= limit(table)))
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
    best = table.best("fid", highest=False)
    said = [
        f"the best of all is {best}, at a Fréchet distance of {table.mean(best, 'fid')}; a run trains that ends at "
        f"{limit(table):.3g} or less"
    ]
    said += [
        f"{name} trains in {share:.0%}" + ("" if np.isnan(error) else f" ± {error:.1%}") + f" of {cells} pairs of rates"
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
    """A map a preset: the Fréchet distance over both learning rates."""
    there = {row["setting"] for row in table.rows}
    rates = [rate for rate in RATES if any(f"D {rate:g}, " in name for name in there)]
    presets = [preset for preset in PRESETS if any(name.startswith(f"{preset}, D ") for name in there)]
    result = Figure(figsize=(3.1 * len(presets) + 1.2, 4.2), layout="compressed")
    panels = result.subplots(1, len(presets), sharey=True, squeeze=False)[0]
    most = limit(table)
    colours = LogNorm(most / WORSE, 10 * most)
    for axes, preset in zip(panels, presets, strict=True):
        means = [[table.mean(named(preset, d, g), "fid") for d in rates] for g in rates]
        shown = axes.imshow(
            [[mean.value for mean in row] for row in means], norm=colours, origin="lower", cmap="viridis_r"
        )
        for y, row in enumerate(means):
            for x, mean in enumerate(row):
                text = f"{mean.value:.3g}" if mean.num else "none\nended"
                colour = "white" if mean.value > 3 * most else "black"
                weight = "bold" if mean.value <= most else "normal"
                axes.text(x, y, text, ha="center", va="center", fontsize=8, color=colour, weight=weight)
        labels = [f"{rate:g}" for rate in rates]
        axes.set_xticks(range(len(rates)), labels, rotation=45)
        axes.set_yticks(range(len(rates)), labels)
        axes.set(title=preset, xlabel="discriminator's rate", ylabel="generator's rate" if axes is panels[0] else "")
    bar = result.colorbar(shown, ax=result.axes, label="Fréchet distance; bold: trains", extend="both")
    ticks = [most / WORSE, most, 3 * most, 10 * most]
    bar.set_ticks(ticks, labels=[f"{tick:.3g}" for tick in ticks], minor=False)
    bar.ax.minorticks_off()
    return result


STUDY = Study(
    name="rates",
    title="For which learning rates does it train?",
    question="""
A method that trains at one pair of learning rates only is of little use to somebody who does not know it. How wide is
the region of good rates of four presets?
""",
    method=f"""
Digits of 8 x 8 pixels and a DCGAN of width 16; both players' rates of Adam (β1 = 0.5) on a logarithmic grid from 1e-4
to 0.1, equal rounds, one step of the discriminator a round. A run *trains* that ends with at most {WORSE:g} times the
Fréchet distance of the best pair of rates of any preset, in the features of a classifier. A run that did not end,
because it was no number any more, has not trained.
""",
    common=["--dataset=digits", "--resolution=8", "--batch_size=64", "--width=16", "--alarm=off"],
    metrics="fid",
    settings=[
        Setting(
            named(preset, d_rate, g_rate),
            [*flags, f"--d_optimizer={ring.adam(d_rate)}", f"--g_optimizer={ring.adam(g_rate)}"],
        )
        for preset, flags in PRESETS.items()
        for d_rate in RATES
        for g_rate in RATES
    ],
    columns=[Column("fid", "Fréchet distance")],
    answer=answer,
    budget=2_000,
    seeds=5,
    quick=(600, 2),
    in_quick=lambda setting: (
        setting.name
        in [named(preset, d, g) for preset in ("GAN", "GAN, R1") for d in (1e-3, 1e-2) for g in (1e-3, 1e-2)]
    ),
    pace=3.0,
    figure=figure,
    reading="""
The rates at which a preset trains depend on networks and data; how wide the region is, less so. WGAN-GP and SNGAN are
given one step of the discriminator a round, as the others are, where their authors give five.
""",
)
