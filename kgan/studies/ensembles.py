"""What do ensembles buy against mode collapse, and what do they cost?"""

from collections.abc import Sequence

from kgan.studies import ring
from kgan.studies.grid import Setting, Study
from kgan.studies.verdict import Table, against, compared, published

ONE, WIDE, LONG = "one GAN", "one GAN, 4 times as wide", "one GAN, 4 times as long"
SHORT = "one GAN, a quarter as long"  # one member
QUICK = (ONE, LONG, "independent, 4", "snapshots, 4")


def answer(table: Table) -> Sequence[str]:
    """Against one network of the same budget, a larger and a longer one."""
    there = table.settings()
    ensembles = [name for name in there if name not in (ONE, WIDE, LONG, SHORT)]
    said = [
        against(table, "modes", "modes", ONE, ensembles, highest=True),
        against(table, "reverse_kl", "reverse KL", ONE, ensembles, highest=False),
        against(table, "high_quality", "good samples", ONE, ensembles, highest=True),
    ]
    best = table.best("modes", highest=True, among=ensembles)
    for source, better in (
        ("Grnarova et al. 2018, on stacked MNIST,", "Chekhov GAN, 5"),
        ("Arora et al. 2017, on CIFAR-10,", "MIX+GAN, 3 x 3"),
    ):
        if better in there:
            said.append(published(table, "modes", "modes", source, better, ONE))
    if "AdaGAN, 4" in there and "independent, 4" in there:
        tolstikhin = "Tolstikhin et al. 2017, on mixtures of Gaussians,"
        said.append(published(table, "modes", "modes", tolstikhin, "AdaGAN, 4", "independent, 4"))
    if SHORT in there and "independent, 4" in there:
        for column, what in (("modes", "modes"), ("high_quality", "good samples")):
            said.append(f"beside a member alone, {compared(table, column, what, 'independent, 4', SHORT)}")
    if best is None:
        return said
    return said + [compared(table, "modes", "modes", best, other) for other in (WIDE, LONG) if other in there]


STUDY = Study(
    name="ensembles",
    title="What do ensembles buy against mode collapse?",
    question="""
A generator that has lost modes might be helped by others: trained from other first weights, kept from other times of
one run, trained on what the ones before make badly. Do they buy more than one network does with what they cost?
""",
    method="""
The ring of eight Gaussians, 64 latents and a learning rate of 5e-3, at which a GAN loses modes; every setting with the
same number of gradient evaluations in all: four members have a quarter of the rounds each. Beside them, one network at
the same budget, one of four times the width (more time an evaluation: see the seconds), and one with four times the
budget; as modes are lost in the course of training, also one with a quarter of it, as long as a member's. AdaGAN's
classifiers and the cascade's scores are not counted among the evaluations; the seconds have them. MIX+GAN is 3
generators against 3 discriminators: its two gradients a round are each of three networks, so that it has a third of the
rounds. Chekhov GAN is one generator against the last 5 discriminators.
""",
    common=ring.losing(),
    metrics="modes",
    settings=[
        Setting(ONE),
        Setting(WIDE, [f"--width={4 * ring.WIDTH}"]),
        Setting(LONG, share=4.0),
        Setting(SHORT, share=0.25),
        Setting("independent, 4", ["--ensemble=independent(members=4)"], runs=4),
        Setting("snapshots, 4", ["--ensemble=snapshots(members=4)"]),
        Setting("cascade, 4", ["--ensemble=cascade(members=4)"], runs=4),
        Setting("AdaGAN, 4", ["--ensemble=adagan(members=4)"], runs=4),
        Setting("MIX+GAN, 3 x 3", ["--preset=mixgan"], share=1 / 3),
        Setting("Chekhov GAN, 5", ["--preset=chekhov"]),
    ],
    columns=ring.COLUMNS,
    answer=answer,
    budget=12_000,
    seeds=5,
    quick=(2_000, 2),
    in_quick=lambda setting: setting.name in QUICK,
    reading="""
A mode is there that has one good sample, and a quarter of the rounds makes fewer good samples. Read modes and good
samples together.
""",
)
