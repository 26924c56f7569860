"""What augmentation of what the discriminator sees does, on most and on few data, and from where on it harms."""

from collections.abc import Sequence

from kgan.studies import capacity
from kgan.studies.grid import Column, Setting, Study
from kgan.studies.verdict import Table, against, compared, published, trend

NONE, DIFF, ADAPTED = "none", "DiffAugment", "ADA"
PIPES = {f"pipe, p = {p:g}": p for p in (0.1, 0.3, 0.6, 1.0)}
AUGMENTS = {
    NONE: [],
    DIFF: ["--augment=translation,cutout"],
    ADAPTED: ["--augment=ada(kimg=50)"],
    **{name: [f"--augment=pipe(p={p:g})"] for name, p in PIPES.items()},
}
QUICK = (NONE, DIFF, "pipe, p = 1")


def named(augment: str, data: str) -> str:
    """A setting's name."""
    return f"{augment}, {data} of the data"


def answer(table: Table) -> Sequence[str]:
    """Each against none, on most and on few data; how it goes with p; what was published."""
    said, there = [], table.settings()
    for data in capacity.DATA:
        none = named(NONE, data)
        others = [named(augment, data) for augment in AUGMENTS if augment != NONE]
        others = [name for name in others if name in there]
        if none not in there or not others:
            continue
        said += [
            against(table, "fid", "the Fréchet distance", none, others, highest=False),
            against(table, "coverage", "coverage", none, others, highest=True),
        ]
        for cure in (named(DIFF, data), named(ADAPTED, data)):
            if cure in there:
                said.append(compared(table, "gap", "the gap", cure, none))
        strongest = named("pipe, p = 1", data)
        if strongest in there:
            said.append(compared(table, "fid", "the Fréchet distance", strongest, none))
        best = table.best("fid", highest=False, among=[none, *others])
        if best is not None:
            said.append(f"the lowest mean Fréchet distance on {data} of the data is that of {best}")
        along = [name for name in (named(augment, data) for augment in (NONE, *PIPES)) if name in there]
        if len(along) > 2:
            said.append(trend(table, "fid", "the Fréchet distance", along, f"p ({data} of the data)"))
    few, most = named(NONE, "10 %"), named(NONE, "90 %")
    if few in there and most in there:
        said.append(f"overfitting without augmentation: {compared(table, 'gap', 'the gap', few, most)}")
    for source, better, worse in (
        ("Zhao et al. 2020, at 10 % of CIFAR-10,", named(DIFF, "10 %"), named(NONE, "10 %")),
        ("Zhao et al. 2020, on the whole of FFHQ,", named(NONE, "90 %"), named(DIFF, "90 %")),
        ("Karras et al. 2020, at 1,000 of FFHQ's images,", named(ADAPTED, "10 %"), named(NONE, "10 %")),
    ):
        if better in there and worse in there:
            said.append(published(table, "fid", "the Fréchet distance", source, better, worse, highest=False))
    return said


STUDY = Study(
    name="augmentation",
    title="How much augmentation helps, and how much harms?",
    question="""
On few data a discriminator learns the reals by heart. Augmenting what it sees, reals and fakes alike, is said to cure
that (DiffAugment, ADA); on ample data, or done too much, it is said to harm: what the generator makes is then what the
augmentation makes of it. From where on?
""",
    method=f"""
Digits of 8 x 8 pixels and a DCGAN of width {capacity.GENERATOR}, without a regulariser, on {capacity.MOST:,} of the
{capacity.DIGITS:,} digits and on {capacity.FEW}, others for each seed; equal rounds. DiffAugment with translation and
cutout; ADA's pipe (flips, quarter turns and moves; scales, turns and stretches; brightness, contrast and inversion of
light and dark), each transform at a probability p that is held, or steered (ADA, 50,000 images to move p by 1). At
p = 1 no sample is left as it is, a quarter turn is one of four, and half are inverted: the discriminator cannot know
how a digit stands, nor whether it is light or dark. The Fréchet distance and coverage are those of a classifier's
features, against all digits. The *gap* is the mean sign of the logits on reals in training (r_t), less that on a batch
of the digits that it does not train on.
""",
    common=capacity.STUDY.common,
    metrics="fid,density_coverage",
    settings=[
        Setting(named(augment, data), flags, rows=rows)
        for data, rows in capacity.DATA.items()
        for augment, flags in AUGMENTS.items()
    ],
    columns=[*capacity.COLUMNS, Column("log.aug_p", "ADA's p at the end", shown=False)],
    answer=answer,
    budget=3_000,
    seeds=5,
    quick=(1_000, 2),
    in_quick=lambda setting: setting.name in [named(augment, "10 %") for augment in QUICK],
    pace=5.0,
    looks=4,
    drawn=3,
    reading="""
The failure that is expected is in the table: more augmentation than helps. Most digits are none when they are flipped,
turned or inverted, so that what leaks is seen soon. A cure wants an illness: where the discriminator does not overfit
(a gap near 0, as of so small a network), augmentation can only cost. Where one does, on a tenth of Fashion-MNIST before
a residual discriminator, ADA is better in each of three seeds: "few images, measured" in [the table of
parts](../../parts.md).
""",
)
