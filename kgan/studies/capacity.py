"""The discriminator's capacity against the quality of samples."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from kgan.studies import grid_page
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, published, trend

GENERATOR, DIGITS, MOST, FEW = 32, 1797, 1617, 180
FACTORS = {"1/4": 0.25, "1/2": 0.5, "1": 1.0, "2": 2.0, "4": 4.0}
REGULARISERS = {
    "none": [],
    "R1": ["--penalty=r1(gamma=1)"],
    "SN": ["--preset=sngan", "--network=dcgan", "--loss=non_saturating", "--n_critic=1"],
}
DATA = {"90 %": (MOST, DIGITS), "10 %": (FEW, DIGITS)}  # the others are held out


def named(factor: str, regulariser: str, data: str) -> str:
    """A setting's name."""
    return f"{regulariser}, {data} of the data, D x {factor}"


def gap(measured: Mapping[str, float]) -> float:
    """r_t on the reals of training less on held-out ones (Karras et al. 2020, eq. 1): 0 without overfitting."""
    return measured["log.r_t"] - (2.0 * measured["equilibrium.d_accuracy_real"] - 1.0)


def answer(table: Table) -> Sequence[str]:
    """A trend for each regulariser and amount of data."""
    said, there = [], table.settings()
    for data in DATA:
        for regulariser in REGULARISERS:
            settings = [named(factor, regulariser, data) for factor in FACTORS]
            settings = [name for name in settings if name in there]
            if len(settings) > 1:
                along = f"the discriminator's width ({regulariser}, {data} of the data)"
                said += [
                    trend(table, column, what, settings, along)
                    for column, what in (("fid", "the Fréchet distance"), ("coverage", "coverage"), ("gap", "the gap"))
                ]
    small, large = named("1/4", "none", "90 %"), named("1/2", "none", "90 %")
    if small in there and large in there:
        source = "Lin et al. 2018 (table 3, modes of stacked MNIST)"
        said.append(published(table, "coverage", "coverage", source, large, small))
    return said


def figure(table: Table) -> Figure:
    """Each measure over the discriminator's width, a line a regulariser; most and few data side by side."""
    there = set(table.settings())
    known = [data for data in DATA if any(f", {data} of the data" in name for name in there)]
    result = Figure(figsize=(1.0 + 3.6 * len(known), 7.2), layout="constrained")
    panels = result.subplots(len(COLUMNS), len(known), sharex=True, sharey="row", squeeze=False)
    for row, column in zip(panels, COLUMNS, strict=True):
        for axes, data in zip(row, known, strict=True):
            curves = {
                how: [(size, named(factor, how, data)) for factor, size in FACTORS.items()] for how in REGULARISERS
            }
            grid_page.lines(axes, table, column.name, curves)
            axes.set_xticks(list(FACTORS.values()), list(FACTORS))
            axes.minorticks_off()
            axes.set_title(f"{data} of the data" if column is COLUMNS[0] else "", fontsize=10)
            axes.set_xlabel("width of D, of G's" if column is COLUMNS[-1] else "")
        row[0].set_ylabel(column.heading)
    panels[0][0].legend(fontsize=8)
    return result


COLUMNS = [
    Column("fid", "Fréchet distance"),
    Column("coverage", "coverage"),
    Column("gap", "gap", gap),
]
STUDY = Study(
    name="capacity",
    title="Discriminator capacity against sample quality",
    question="""
A discriminator that is too small cannot tell what the generator does wrong; one that is too large may learn the data by
heart. How does the quality of samples go with its width, with and without a regulariser, on most and on few data?
""",
    method=f"""
Digits of 8 x 8 pixels, a DCGAN whose generator has width {GENERATOR} throughout and whose discriminator has that times
1/4 to 4; without a regulariser, with R1 (γ = 1), with spectral normalisation; on {MOST:,} of the {DIGITS:,} digits and
on {FEW}, others for each seed. Equal rounds, loss and optimizers. The Fréchet distance, precision, recall and coverage
are those of a classifier's features, against all digits. The *gap* is the mean sign of the logits on reals in training
(r_t), less that on a batch of the digits that it does not train on.
""",
    common=[
        "--dataset=digits",
        "--resolution=8",
        "--preset=gan",
        f"--width={GENERATOR}",
        "--batch_size=64",
        "--alarm=off",
    ]
    + [f"--{player}_optimizer=adam(learning_rate=5e-4, beta_1=0.5)" for player in "dg"],
    metrics="fid,precision_recall,density_coverage",
    settings=[
        Setting(named(factor, regulariser, data), [f"--d_width={int(GENERATOR * size)}", *flags], rows=rows)
        for data, rows in DATA.items()
        for regulariser, flags in REGULARISERS.items()
        for factor, size in FACTORS.items()
    ],
    columns=[*COLUMNS, Column("precision", "precision"), Column("recall", "recall")],
    answer=answer,
    budget=2_000,
    seeds=5,
    quick=(1_000, 2),
    in_quick=lambda setting: (
        setting.name in [named(size, how, "10 %") for size in ("1/4", "1", "4") for how in ("none", "R1")]
    ),
    pace=5.0,
    looks=4,
    figure=figure,
)
