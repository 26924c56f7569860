"""GANs as `keras.Model`s: one file a game."""

from kgan.models.chekhov import ChekhovGAN
from kgan.models.conditional import ACGAN, ConditionalGAN
from kgan.models.cyclegan import CycleGAN
from kgan.models.d2gan import D2GAN
from kgan.models.gan import GAN
from kgan.models.mixgan import MixGAN
from kgan.models.multi import MultiDiscriminatorGAN
from kgan.models.packed import PackedGAN
from kgan.models.pix2pix import Pix2Pix
from kgan.models.presets import DRAGAN, FGAN, LSGAN, PRESETS, R3GAN, SAGAN, SNGAN, WGAN, WGANGP, RaGAN
from kgan.models.progressive import ProgressiveGAN
from kgan.models.stylegan2 import StyleGAN2ADA
from kgan.models.transfer import freeze, init_from

__all__ = [
    "ACGAN",
    "D2GAN",
    "DRAGAN",
    "FGAN",
    "GAN",
    "LSGAN",
    "PRESETS",
    "R3GAN",
    "SAGAN",
    "SNGAN",
    "WGAN",
    "WGANGP",
    "ChekhovGAN",
    "ConditionalGAN",
    "CycleGAN",
    "MixGAN",
    "MultiDiscriminatorGAN",
    "PackedGAN",
    "Pix2Pix",
    "ProgressiveGAN",
    "RaGAN",
    "StyleGAN2ADA",
    "freeze",
    "init_from",
]
