"""The discriminator's capacity against the quality of samples."""

from collections.abc import Mapping, Sequence

from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, trend

GENERATOR, DIGITS, FEW = 32, 1797, 180
FACTORS = {"1/4": 0.25, "1/2": 0.5, "1": 1.0, "2": 2.0, "4": 4.0}
REGULARISERS = {
    "none": [],
    "R1": ["--penalty=r1(gamma=1)"],
    "SN": ["--preset=sngan", "--network=dcgan", "--loss=non_saturating", "--n_critic=1"],
}
DATA = {"all": None, "10 %": (FEW, DIGITS)}


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
    return said


STUDY = Study(
    name="capacity",
    title="Discriminator capacity against sample quality",
    question="""
A discriminator that is too small cannot tell what the generator does wrong; one that is too large may learn the data by
heart. How does the quality of samples go with its width, with and without a regulariser, on all and on few data?
""",
    method=f"""
Digits of 8 x 8 pixels, a DCGAN whose generator has width {GENERATOR} throughout and whose discriminator has that times
1/4 to 4; without a regulariser, with R1 (γ = 1), with spectral normalisation; on all {DIGITS:,} digits and on {FEW},
another {FEW} for each seed. Equal rounds, loss and optimizers. The Fréchet distance, precision, recall and coverage are
those of a classifier's features, against all digits. The *gap* is the mean sign of the logits on reals in training
(r_t), less that on a held-out batch.
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
    columns=[
        Column("fid", "Fréchet distance"),
        Column("coverage", "coverage"),
        Column("gap", "gap", gap),
        Column("precision", "precision"),
        Column("recall", "recall"),
    ],
    answer=answer,
    budget=8_000,
    seeds=3,
    quick=(600, 1),
    in_quick=lambda setting: (
        any(f"D x {factor}" in setting.name for factor in ("1/4", "1", "4")) and not setting.name.endswith(("1/2",))
    ),
    looks=4,
    drawn=3,
)
