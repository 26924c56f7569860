"""What is timed: games that every side plays with networks of as many parameters."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Setting:
    """One game.

    Attributes:
        title: in the table.
        game: "wgan_gp" (Gulrajani et al. 2017), "sngan" (Miyato et al. 2018) or "gan" (non-saturating).
        network: "dcgan", "sngan" or "mlp", as `kgan.networks` builds them.
        shape: of a sample.
        width: of the networks.
        batch: samples in a batch.
        n_critic: discriminator steps a round.
        precision: "float32" or "bfloat16" (autocast in PyTorch, "mixed_bfloat16" in Keras).
        latents: their dimension.
    """

    title: str
    game: str
    network: str
    shape: tuple
    width: int
    batch: int
    n_critic: int
    precision: str = "float32"
    latents: int = 100

    def data(self) -> np.ndarray:
        """Samples for sixteen batches, which are gone through again and again."""
        return np.random.default_rng(0).uniform(-1, 1, (16 * self.batch, *self.shape)).astype("float32")

    def tiny(self) -> "Setting":
        """The same game with networks that take no time, to see that all sides work."""
        return dataclasses.replace(self, width=4, batch=4)

    @property
    def rates(self) -> dict:
        """Adam's settings, as in the paper of the game."""
        return {
            "wgan_gp": {"learning_rate": 1e-4, "beta_1": 0.0, "beta_2": 0.9},
            "sngan": {"learning_rate": 2e-4, "beta_1": 0.0, "beta_2": 0.9},
            "gan": {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999},
        }[self.game]


IMAGES = (32, 32, 3)
SETTINGS = {
    "a1": Setting("(a) WGAN-GP, DCGAN 32x32x3, n_critic 1", "wgan_gp", "dcgan", IMAGES, 64, 64, 1),
    "a5": Setting("(a) WGAN-GP, DCGAN 32x32x3, n_critic 5", "wgan_gp", "dcgan", IMAGES, 64, 64, 5),
    "a1_bf16": Setting("(a) in bfloat16, n_critic 1", "wgan_gp", "dcgan", IMAGES, 64, 64, 1, "bfloat16"),
    "b": Setting("(b) SNGAN ResNet 32x32x3, n_critic 5", "sngan", "sngan", IMAGES, 32, 64, 5, latents=128),
    "c": Setting("(c) GAN on a ring, MLP 2x128", "gan", "mlp", (2,), 128, 256, 1, latents=2),
}
