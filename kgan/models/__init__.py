"""GANs as `keras.Model`s: one file a game."""

from kgan.models.gan import GAN
from kgan.models.presets import DRAGAN, FGAN, LSGAN, PRESETS, R3GAN, SAGAN, SNGAN, WGAN, WGANGP, RaGAN

__all__ = ["DRAGAN", "FGAN", "GAN", "LSGAN", "PRESETS", "R3GAN", "SAGAN", "SNGAN", "WGAN", "WGANGP", "RaGAN"]
