"""GANs with their papers' settings. A preset is a `GAN` whose `compile` has other defaults; all can be overridden.

What is not as in the papers, in all of them but `R3GAN`: samples are made by an average of the generator, as in
`GAN.compile` (`ema_decay=None` for none; training is the same), and Adam's epsilon is Keras's 1e-7, where the authors'
codes have 1e-8. Where a preset says nothing of learning rates, they are constant.
"""

from typing import Any

import keras
import tensorflow as tf

from kgan import losses
from kgan.checks import InputError, number
from kgan.distribute import sublayers
from kgan.layers import SpectralNormalization
from kgan.models.chekhov import ChekhovGAN
from kgan.models.conditional import ACGAN, ConditionalGAN
from kgan.models.cyclegan import CycleGAN
from kgan.models.d2gan import D2GAN
from kgan.models.gan import GAN
from kgan.models.mixgan import MixGAN
from kgan.models.multi import MultiDiscriminatorGAN
from kgan.models.packed import PackedGAN
from kgan.models.pix2pix import Pix2Pix
from kgan.models.progressive import ProgressiveGAN
from kgan.models.r3gan import R3GAN
from kgan.models.stylegan2 import StyleGAN2ADA
from kgan.penalties import Dragan, GradientPenalty
from kgan.schedules import ttur

Adam = keras.optimizers.Adam


@keras.saving.register_keras_serializable("kgan")
class WGAN(GAN):
    """Arjovsky et al. 2017, Algorithm 1: Wasserstein loss, weights clipped to [-0.01, 0.01], RMSprop(5e-5), 5 steps.

    RMSprop's decay, which the paper leaves open, is that of the authors' code, 0.99, and its epsilon 1e-8, outside the
    root. That code, not the algorithm, takes 100 steps of the critic in each of the first 25 rounds and in every 500th.
    """

    discriminator_settings = {"normalization": None}  # clipped weights want bare layers

    def compile(
        self,
        loss: Any = "wasserstein",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        n_critic: Any = 5,
        clip_value: float = 0.01,
        **settings: Any,
    ) -> None:
        """As `GAN.compile`, and:

        Args:
            clip_value: every weight of the critic is clipped to [-clip_value, clip_value] after each of its steps.
        """
        self.clip_value = number("clip_value", clip_value, above=0.0)
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or _rmsprop(),
            g_optimizer=g_optimizer or _rmsprop(),
            n_critic=n_critic,
            **settings,
        )

    def settle_discriminator(self, discriminator: keras.Model) -> None:
        """What follows each move of the critic: its weights are clipped."""
        for weight in discriminator.trainable_variables:
            weight.assign(tf.clip_by_value(weight.value, -self.clip_value, self.clip_value))
        super().settle_discriminator(discriminator)


@keras.saving.register_keras_serializable("kgan")
class WGANGP(GAN):
    """Gulrajani et al. 2017, Algorithm 1: Wasserstein loss, gradient penalty 10, Adam(1e-4, 0, 0.9), 5 critic steps.

    The paper's residual networks on CIFAR-10 have 2e-4, which falls to 0 over the run (`kgan.schedules.Linear`).
    """

    discriminator_settings = {"normalization": None}  # each sample's own gradient is penalised

    def compile(
        self,
        loss: Any = "wasserstein",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Any = None,
        n_critic: Any = 5,
        **settings: Any,
    ) -> None:
        """As `GAN.compile`."""
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or Adam(1e-4, beta_1=0.0, beta_2=0.9),
            g_optimizer=g_optimizer or Adam(1e-4, beta_1=0.0, beta_2=0.9),
            penalties=[GradientPenalty(10.0)] if penalties is None else penalties,
            n_critic=n_critic,
            **settings,
        )


@keras.saving.register_keras_serializable("kgan")
class SNGAN(GAN):
    """Miyato et al. 2018: hinge loss, a spectrally normalised discriminator, Adam(2e-4, 0, 0.9), 5 steps of D.

    In two things the authors' code on CIFAR-10 goes further. Both rates fall to 0 over the run of 50,000 rounds: give
    both optimizers a `kgan.schedules.Linear`, whose rounds for D, which moves five times a round, are five times as
    many. And the generator's move looks at 128 fakes, twice D's batch of 64; here at as many as D's.

    Raises:
        InputError: if the discriminator has no `kgan.layers.SpectralNormalization`.
    """

    default_network, discriminator_settings = "sngan", {"normalization": "spectral"}

    def check_networks(self) -> None:
        super().check_networks()
        if not any(isinstance(layer, SpectralNormalization) for layer in sublayers(self.discriminator)):
            raise InputError("discriminator: SNGAN wants layers wrapped in kgan.layers.SpectralNormalization, got none")

    def compile(
        self, loss: Any = "hinge", d_optimizer: Any = None, g_optimizer: Any = None, n_critic: int = 5, **settings: Any
    ) -> None:
        """As `GAN.compile`."""
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or Adam(2e-4, beta_1=0.0, beta_2=0.9),
            g_optimizer=g_optimizer or Adam(2e-4, beta_1=0.0, beta_2=0.9),
            n_critic=n_critic,
            **settings,
        )


@keras.saving.register_keras_serializable("kgan")
class LSGAN(GAN):
    """Mao et al. 2017: least squares with the 0-1 coding, Adam(2e-4, 0.5) (section 4.1; 1e-3 for LSUN there)."""

    def compile(self, loss: Any = "least_squares", **settings: Any) -> None:
        """As `GAN.compile`."""
        super().compile(loss=loss, **settings)


@keras.saving.register_keras_serializable("kgan")
class SAGAN(GAN):
    """Zhang et al. 2019: hinge loss, spectral normalisation in both networks, Adam(0, 0.9), 4e-4 against 1e-4.

    The paper's game is class-conditional (conditional batch normalisation, a projection in D); this one is not.
    """

    default_network = "sagan"

    def compile(self, loss: Any = "hinge", d_optimizer: Any = None, g_optimizer: Any = None, **settings: Any) -> None:
        """As `GAN.compile`."""
        d_default, g_default = ttur("sagan")
        d_optimizer, g_optimizer = d_optimizer or d_default, g_optimizer or g_default
        super().compile(loss=loss, d_optimizer=d_optimizer, g_optimizer=g_optimizer, **settings)


@keras.saving.register_keras_serializable("kgan")
class DRAGAN(GAN):
    """Kodali et al. 2017: the original game with a gradient penalty of 10 around the reals, Adam(2e-4, 0.5)."""

    discriminator_settings = {"normalization": None}  # as in WGANGP

    def compile(self, penalties: Any = None, **settings: Any) -> None:
        """As `GAN.compile`."""
        super().compile(penalties=[Dragan(10.0)] if penalties is None else penalties, **settings)


@keras.saving.register_keras_serializable("kgan")
class RaGAN(GAN):
    """Jolicoeur-Martineau 2019, RaSGAN: the relativistic average loss, Adam(2e-4, 0.5), one step each."""

    def compile(self, loss: Any = "relativistic_average(non_saturating)", **settings: Any) -> None:
        """As `GAN.compile`."""
        super().compile(loss=loss, **settings)


@keras.saving.register_keras_serializable("kgan")
class FGAN(GAN):
    """Nowozin et al. 2016: the variational bound of an f-divergence, Adam(2e-4, 0.5)."""

    def compile(self, loss: Any = None, divergence: str | None = None, **settings: Any) -> None:
        """As `GAN.compile`, and:

        Args:
            divergence: a name in `kgan.losses.DIVERGENCES`, default "kl"; not beside a `loss`.
        """
        if loss is not None and divergence is not None:
            raise InputError(f"divergence: wanted none beside a loss, got {divergence!r}")
        super().compile(loss=losses.FGAN(divergence or "kl") if loss is None else loss, **settings)


def _rmsprop() -> keras.optimizers.Optimizer:
    """PyTorch's, whose defaults the authors of WGAN take; Keras adds epsilon under the root, where it is the square."""
    return keras.optimizers.RMSprop(5e-5, rho=0.99, epsilon=1e-16)


PRESETS = {
    "gan": GAN,
    "wgan": WGAN,
    "wgan_gp": WGANGP,
    "sngan": SNGAN,
    "lsgan": LSGAN,
    "sagan": SAGAN,
    "dragan": DRAGAN,
    "ragan": RaGAN,
    "fgan": FGAN,
    "r3gan": R3GAN,
    "conditional": ConditionalGAN,
    "ac_gan": ACGAN,
    "cyclegan": CycleGAN,
    "pix2pix": Pix2Pix,
    "progressive": ProgressiveGAN,
    "multi_discriminator": MultiDiscriminatorGAN,
    "d2gan": D2GAN,
    "packed": PackedGAN,
    "mixgan": MixGAN,
    "chekhov": ChekhovGAN,
    "stylegan2_ada": StyleGAN2ADA,
}
