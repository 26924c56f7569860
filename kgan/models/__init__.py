"""GANs as `keras.Model`s: one file a game."""

from kgan.models.gan import GAN
from kgan.models.presets import LSGAN, PRESETS, SNGAN, WGAN, WGANGP

__all__ = ["GAN", "LSGAN", "PRESETS", "SNGAN", "WGAN", "WGANGP"]
