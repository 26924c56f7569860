"""For which learning rates do four presets train at all? (Lucic et al. 2018's question, on a small scale.)"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from kgan.studies import ring
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, compared, published

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
    """The Fréchet distance up to which a run counts as trained; NaN if no pair of rates has ended with every seed."""
    best = table.best("fid", highest=False)
    return math.nan if best is None else WORSE * table.mean(best, "fid").value


def regions(table: Table) -> Table:
    """How wide each preset's region is, a row a preset and seed: "share", % of the pairs of rates at which it trains.

    A run that did not end has not trained.
    """
    most, rows = limit(table), []
    for preset in PRESETS:
        mine = [row for row in table.rows if row["setting"].startswith(f"{preset}, D ")]
        for seed in sorted({row["seed"] for row in mine}):
            trained = [row["fid"] <= most for row in mine if row["seed"] == seed]
            rows.append({"setting": preset, "seed": seed, "share": 100.0 * float(np.mean(trained))})
    return Table(rows)


def answer(table: Table) -> Sequence[str]:
    """How wide each preset's region is, and whose is the widest."""
    wide, what = regions(table), "the share (%) of pairs of rates at which it trains"
    best, presets = table.best("fid", highest=False), wide.settings()
    if best is None:
        return [f"no pair of rates has ended with every seed, of {len(table.settings())}"]
    first = wide.best("share", highest=True)
    said = [
        f"the lowest mean is that of {best}, a Fréchet distance of {table.mean(best, 'fid')}; a run trains that "
        f"ends at {limit(table):.3g} or less",
        "of the pairs of rates, in %, these train: "
        + ", ".join(f"{wide.mean(name, 'share')} of {name}" for name in presets),
    ]
    said += [compared(wide, "share", what, first, other) for other in presets if other != first]
    if {"SNGAN", "WGAN-GP"} <= set(presets):
        said.append(published(wide, "share", what, "Miyato et al. 2018 (figure 1, on CIFAR-10)", "SNGAN", "WGAN-GP"))
    return said


def figure(table: Table) -> Figure:
    """A map a preset: the Fréchet distance over both learning rates."""
    there = {row["setting"] for row in table.rows}
    rates = [rate for rate in RATES if any(f"D {rate:g}, " in name for name in there)]
    presets = [preset for preset in PRESETS if any(name.startswith(f"{preset}, D ") for name in there)]
    result = Figure(figsize=(3.1 * len(presets) + 1.2, 4.2), layout="compressed")
    panels = result.subplots(1, len(presets), sharey=True, squeeze=False)[0]
    most = limit(table)
    most = 1.0 if math.isnan(most) else most
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
                trained = (table.values(named(preset, rates[x], rates[y]), "fid") <= most).sum()
                weight = "bold" if 2 * trained > mean.runs else "normal"
                axes.text(x, y, text, ha="center", va="center", fontsize=8, color=colour, weight=weight)
        labels = [f"{rate:g}" for rate in rates]
        axes.set_xticks(range(len(rates)), labels, rotation=45)
        axes.set_yticks(range(len(rates)), labels)
        axes.set(title=preset, xlabel="discriminator's rate", ylabel="generator's rate" if axes is panels[0] else "")
    bar = result.colorbar(shown, ax=result.axes, label="Fréchet distance; bold: most seeds train", extend="both")
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
    budget=1_500,
    seeds=5,
    quick=(600, 2),
    in_quick=lambda setting: (
        setting.name
        in [named(preset, d, g) for preset in ("GAN", "GAN, R1") for d in (1e-3, 1e-2) for g in (1e-3, 1e-2)]
    ),
    pace=3.0,
    figure=figure,
    reading="""
What is too slow for so few rounds has not trained either. WGAN-GP and SNGAN are given one step of the discriminator a
round, as the others are, where their authors give five.
""",
)
