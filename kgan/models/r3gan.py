"""R3GAN (Huang et al. 2024, "The GAN is dead; long live the GAN! A modern GAN baseline")."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from kgan.augment import Pipe
from kgan.checks import InputError, lookup, number, whole
from kgan.models.gan import GAN
from kgan.penalties import R1R2
from kgan.schedules import Cosine, HalfLife, Schedule

Adam = keras.optimizers.Adam


@dataclasses.dataclass(frozen=True)
class Setting:
    """What differs between the authors' runs.

    Attributes:
        gamma: of the penalties, at the beginning and at the end of the schedules.
        augment: the probability of augmentation at the end.
        memory: the half-life of the generator's average at the end, as a share of the schedules' length.
    """

    gamma: tuple[float, float]
    augment: float
    memory: float


SETTINGS = {
    "cifar10": Setting((0.05, 0.005), augment=0.55, memory=1 / 4),
    "ffhq64": Setting((2.0, 0.2), augment=0.3, memory=1 / 40),
    "ffhq256": Setting((150.0, 15.0), augment=0.3, memory=1 / 40),
    "imagenet32": Setting((0.5, 0.05), augment=0.5, memory=1 / 4),
    "imagenet64": Setting((1.0, 0.1), augment=0.4, memory=1 / 4),
}
# The authors' multipliers of that probability.
PIPE = {"blit": 1.0, "geom": 1.0, "color": 0.5, "cutout": 1.0}


@keras.saving.register_keras_serializable("kgan")
class WarmAdam(Adam):
    """Adam whose beta_2 is a schedule of its own steps, with the bias correction of the present beta_2.

    Args:
        learning_rate: a number or a schedule.
        beta_1: as Adam's.
        beta_2: a `kgan.schedules.Schedule`.
    """

    def __init__(self, learning_rate: Any, beta_1: float, beta_2: Schedule, **kwargs: Any) -> None:
        super().__init__(learning_rate, beta_1=beta_1, **kwargs)
        self.warming = beta_2 if callable(beta_2) else keras.saving.deserialize_keras_object(beta_2)

    def update_step(self, gradient: tf.Tensor, variable: Any, *rate: tf.Tensor) -> None:
        constant, self.beta_2 = self.beta_2, self.warming(self.iterations)
        try:
            super().update_step(gradient, variable, *rate)
        finally:
            self.beta_2 = constant

    def get_config(self) -> dict:
        return {**super().get_config(), "beta_2": keras.saving.serialize_keras_object(self.warming)}


@keras.saving.register_keras_serializable("kgan")
class R3GAN(GAN):
    """Relativistic pairs with zero-centred penalties on reals and fakes, and everything on a schedule.

    The settings of the authors' runs. Its networks are `kgan.networks.r3gan_generator` and `r3gan_discriminator`, which
    have no normalisation. Not as there: the pipe's geometry (see `kgan.augment.Pipe`).
    """

    default_network = "r3gan"

    def compile(
        self,
        loss: Any = "relativistic(non_saturating)",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Any = None,
        update: Any = "alternating(fresh=True)",
        augment: Any = "paper",
        ema_decay: Any = "paper",
        like: str = "cifar10",
        rounds: int = 10_000,
        gamma: tuple[float, float] | None = None,
        **settings: Any,
    ) -> None:
        """As `GAN.compile`, and, each by a cosine over the first `rounds` rounds and constant from there on:

        the learning rates 2e-4 -> 5e-5 and beta_2 0.9 -> 0.99 of Adam (beta_1 = 0, epsilon = 1e-8), gamma, the
        half-life of the generator's average from 0, and the probability p of augmentation from 0: ADA's blitting,
        geometry and cutout with p, its colour with p / 2; none for samples that are no images. The generator's move
        takes reals of its own, so that a round takes two batches.

        Args:
            like: whose gamma, probability and half-life: the authors' run on "cifar10", "ffhq64", "ffhq256",
                "imagenet32" or "imagenet64".
            rounds: the schedules' length. The authors' is 20 million images, 39,000 rounds of 512 on CIFAR-10; on
                ImageNet ten times as many.
            gamma: of the penalties, at the beginning and at the end; default that of `like`.

        Raises:
            InputError: for an unknown `like`, with the nearest name; for arguments out of their range; and as
                `GAN.compile`.
        """
        whole("rounds", rounds)
        setting = lookup("like", like, SETTINGS)
        gamma = setting.gamma if gamma is None else gamma
        if not isinstance(gamma, list | tuple) or len(gamma) != 2:
            raise InputError(f"gamma: wanted (beginning, end), got {gamma!r}")
        for end in gamma:
            number("gamma", end, least=0.0)
        images = len(self.sample_shape) == 3
        if isinstance(augment, str) and augment == "paper":
            augment = Pipe(PIPE, Cosine(0.0, setting.augment, rounds)) if images else None
        if isinstance(ema_decay, str) and ema_decay == "paper":
            ema_decay = HalfLife(Cosine(0.0, setting.memory * rounds, rounds))
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or _adam(rounds),
            g_optimizer=g_optimizer or _adam(rounds),
            penalties=[R1R2(Cosine(*gamma, rounds))] if penalties is None else penalties,
            update=update,
            augment=augment,
            ema_decay=ema_decay,
            **settings,
        )


def _adam(rounds: int) -> keras.optimizers.Optimizer:
    return WarmAdam(Cosine(2e-4, 5e-5, rounds), beta_1=0.0, beta_2=Cosine(0.9, 0.99, rounds), epsilon=1e-8)
