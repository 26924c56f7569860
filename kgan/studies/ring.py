"""What the studies on the ring of eight Gaussians have in common: small networks, few rounds, modes counted.

The generator and the discriminator are MLPs of 3 x 64; Adam(1e-3, 0.5) and batches of 120, at which the plain GAN finds
all modes in some thousand rounds; `losing` is for studies of what helps against lost modes.
"""

from kgan.studies.grid import Column

BATCH, WIDTH, RATE = 120, 64, 1e-3  # a batch that 2, 4, 5 and 8 can share
MODES, LOST = 8, 4  # a run with at most half of the modes has collapsed


def adam(rate: float) -> str:
    """An optimizer, as a flag has it."""
    return f"adam(learning_rate={rate:g}, beta_1=0.5)"


def losing() -> list[str]:
    """Flags at which the plain GAN loses half of the modes for good, and makes the others well: 64 latents, 5e-3."""
    return [*flags(rate=5e-3), "--latent_dim=64"]


def flags(rate: float = RATE, width: int = WIDTH) -> list[str]:
    """Of `kgan train`."""
    optimizers = [f"--d_optimizer={adam(rate)}", f"--g_optimizer={adam(rate)}"]
    return ["--dataset=ring", f"--batch_size={BATCH}", f"--width={width}", "--alarm=off", *optimizers]


COLUMNS = [
    Column("modes", "modes (of 8)"),
    Column("high_quality", "good samples"),
    Column("reverse_kl", "reverse KL"),
]
COLLAPSED = Column("collapsed", f"collapsed (at most {LOST} modes)", lambda measured: measured["modes"] <= LOST)
