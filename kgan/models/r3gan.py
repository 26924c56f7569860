"""R3GAN (Huang et al. 2024, "The GAN is dead; long live the GAN! A modern GAN baseline")."""

from typing import Any

import keras
import tensorflow as tf

from kgan.augment import Pipe
from kgan.checks import InputError, number, whole
from kgan.models.gan import GAN
from kgan.penalties import R1R2
from kgan.schedules import Cosine, HalfLife, Schedule

Adam = keras.optimizers.Adam


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

    def update_step(self, gradient: tf.Tensor, variable: Any, learning_rate: tf.Tensor) -> None:
        constant, self.beta_2 = self.beta_2, self.warming(self.iterations)
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self.beta_2 = constant

    def get_config(self) -> dict:
        return {**super().get_config(), "beta_2": keras.saving.serialize_keras_object(self.warming)}


@keras.saving.register_keras_serializable("kgan")
class R3GAN(GAN):
    """Relativistic pairs with zero-centred penalties on reals and fakes, and everything on a schedule.

    The settings of the authors' CIFAR-10 run. Its networks are `kgan.networks.r3gan_generator` and
    `r3gan_discriminator`, which have no normalisation.
    """

    def compile(
        self,
        loss: Any = "relativistic(non_saturating)",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Any = None,
        augment: Any = "paper",
        ema_decay: Any = "paper",
        rounds: int = 10_000,
        gamma: tuple[float, float] = (0.05, 0.005),
        **settings: Any,
    ) -> None:
        """As `GAN.compile`, and, each by a cosine over the first `rounds` rounds and constant from there on:

        the learning rates 2e-4 -> 5e-5 and beta_2 0.9 -> 0.99 of Adam (beta_1 = 0), gamma, the half-life of the
        generator's average 0 -> rounds / 4, and the probability of augmentation 0 -> 0.55 (ADA's pipe "bgc"; none for
        samples that are no images).

        Args:
            rounds: the schedules' length. The paper's is 20 million images: 39,000 rounds of 512.
            gamma: of the penalties, at the beginning and at the end: (0.05, 0.005) for CIFAR-10, (2, 0.2) for FFHQ
                at 64 x 64, (150, 15) at 256 x 256.
        """
        whole("rounds", rounds)
        if not isinstance(gamma, list | tuple) or len(gamma) != 2:
            raise InputError(f"gamma: wanted (beginning, end), got {gamma!r}")
        for end in gamma:
            number("gamma", end, least=0.0)
        images = len(self.discriminator.input_shape) == 4
        if isinstance(augment, str) and augment == "paper":
            augment = Pipe("bgc", Cosine(0.0, 0.55, rounds)) if images else None
        if isinstance(ema_decay, str) and ema_decay == "paper":
            ema_decay = HalfLife(Cosine(0.0, rounds / 4, rounds))
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or _adam(rounds),
            g_optimizer=g_optimizer or _adam(rounds),
            penalties=[R1R2(Cosine(*gamma, rounds))] if penalties is None else penalties,
            augment=augment,
            ema_decay=ema_decay,
            **settings,
        )


def _adam(rounds: int) -> keras.optimizers.Optimizer:
    return WarmAdam(Cosine(2e-4, 5e-5, rounds), beta_1=0.0, beta_2=Cosine(0.9, 0.99, rounds))
