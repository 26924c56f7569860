"""Several discriminators: how many, and how the generator hears them."""

from collections.abc import Sequence

from kgan.studies import ring
from kgan.studies.grid import Setting, Study
from kgan.studies.verdict import Table, against, compared, published, spread, trend

NUMBERS = (1, 2, 5, 8)
HEARINGS = ("max", "softmax", "learnt_softmax", "hypervolume")
ONE, SHORT = "1, mean", "1, mean, as many rounds as 5"
QUICK = (ONE, "5, mean", "5, softmax", "8, mean")


def several(number: int, hear: str = "mean", own: bool = False) -> Setting:
    """A setting of N discriminators; `own`: each sees a part of a batch N times as large."""
    name = f"{number}, {hear}" + (", equal total batch" if own else "")
    if number == 1:  # nobody to hear but it: the plain game
        return Setting(name)
    flags = ["--preset=multi_discriminator", f"--num_discriminators={number}", f"--hear={hear}"]
    return Setting(name, flags + (["--own_batches"] if own else []), price=number + 1.0)


def answer(table: Table) -> Sequence[str]:
    """Modes against one discriminator, the best way of hearing, the spread between seeds, the price of a round."""
    there = table.settings()
    others = [name for name in there if name not in (ONE, SHORT)]
    means = [name for name in (f"{number}, mean" for number in NUMBERS) if name in there]
    said = [
        trend(table, "modes", "the number of modes", means, "the number of discriminators"),
        against(table, "modes", "modes", ONE, others, highest=True),
        against(table, "reverse_kl", "reverse KL", ONE, others, highest=False),
        against(table, "high_quality", "good samples", ONE, others, highest=True),
    ]
    if SHORT in there and "5, mean" in there:
        said.append(f"at equal rounds, {compared(table, 'modes', 'modes', '5, mean', SHORT)}")
        said.append(f"at equal rounds, {compared(table, 'high_quality', 'good samples', '5, mean', SHORT)}")
    hearings = [name for name in others if name.startswith("5, ") and "batch" not in name]
    if len(hearings) > 1:
        best = table.best("reverse_kl", highest=False, among=hearings)
        worse = [name for name in hearings if best not in (None, name)]
        said += [compared(table, "reverse_kl", "reverse KL", best, name) for name in worse]
    gman = "Durugkar et al. 2017, on MNIST,"
    for better, worse in (("5, softmax", "5, max"), ("5, mean", "5, max"), ("5, mean", ONE)):
        if better in there and worse in there:
            said.append(published(table, "modes", "modes", gman, better, worse))
    most = [name for name in others if name.startswith("8, mean")]
    said += [spread(table, "modes", "modes", name, ONE) for name in most]
    return said


STUDY = Study(
    name="discriminators",
    title="What do several discriminators buy?",
    question="""
GMAN (Durugkar et al. 2017) trains a generator against N discriminators and reports a steadier training, with the
softmax-weighted mean of their losses ahead of the mean and of the hardest one alone. How many help, how should the
generator hear them, and what is left when all see together no more data than one does?
""",
    method="""
The ring of eight Gaussians, 64 latents and a learning rate of 5e-3, at which a GAN loses modes; N = 1, 2, 5 and 8
discriminators of one architecture from other first weights, heard by the mean; N = 5 by the maximum, the softmax, the
learnt softmax and the hypervolume; and N = 5 with an *equal total batch*, each seeing its fifth of it. All settings
have the same number of gradient evaluations: a round costs N + 1, so N discriminators have fewer rounds. As modes are
lost in the course of training, one discriminator is also shown after as many rounds as five have, at a third of the
budget.
""",
    common=ring.losing(),
    metrics="modes",
    settings=[
        *[several(number) for number in NUMBERS],
        *[several(5, hear) for hear in HEARINGS],
        several(5, own=True),
        Setting(SHORT, share=1 / 3),
    ],
    columns=ring.COLUMNS,
    answer=answer,
    budget=12_000,
    seeds=5,
    quick=(2_000, 2),
    in_quick=lambda setting: setting.name in QUICK,
    reading="""
A mode is there that has one good sample. After few rounds samples are spread over the whole circle, with a few good
ones at each mode: all modes, and hardly a good sample. Read both columns together.
""",
)
