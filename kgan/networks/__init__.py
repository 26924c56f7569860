"""Builders of generators and discriminators: functions that return a functional `keras.Model`."""

from kgan.networks.cyclegan import cyclegan_generator
from kgan.networks.dcgan import dcgan_discriminator, dcgan_generator
from kgan.networks.mlp import mlp_discriminator, mlp_generator
from kgan.networks.opponents import NETWORKS, builders, discriminator_for, generator_for, opponents
from kgan.networks.patchgan import patch_discriminator
from kgan.networks.progressive import progressive_discriminator, progressive_generator
from kgan.networks.r3gan import r3gan_discriminator, r3gan_generator
from kgan.networks.sagan import sagan_discriminator, sagan_generator
from kgan.networks.sngan import sngan_discriminator, sngan_generator
from kgan.networks.stylegan2 import (
    stylegan2_discriminator,
    stylegan2_generator,
    stylegan2_mapping,
    stylegan2_synthesis,
)
from kgan.networks.table import table_discriminator, table_generator
from kgan.networks.unet import unet_generator

__all__ = [
    "NETWORKS",
    "builders",
    "cyclegan_generator",
    "dcgan_discriminator",
    "dcgan_generator",
    "discriminator_for",
    "generator_for",
    "mlp_discriminator",
    "mlp_generator",
    "opponents",
    "patch_discriminator",
    "progressive_discriminator",
    "progressive_generator",
    "r3gan_discriminator",
    "r3gan_generator",
    "sagan_discriminator",
    "sagan_generator",
    "sngan_discriminator",
    "sngan_generator",
    "stylegan2_discriminator",
    "stylegan2_generator",
    "stylegan2_mapping",
    "stylegan2_synthesis",
    "table_discriminator",
    "table_generator",
    "unet_generator",
]
