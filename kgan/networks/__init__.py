"""Builders of generators and discriminators: functions that return a functional `keras.Model`."""

from kgan.networks.cyclegan import cyclegan_generator
from kgan.networks.dcgan import dcgan_discriminator, dcgan_generator
from kgan.networks.mlp import mlp_discriminator, mlp_generator
from kgan.networks.patchgan import patch_discriminator
from kgan.networks.r3gan import r3gan_discriminator, r3gan_generator
from kgan.networks.sagan import sagan_discriminator, sagan_generator
from kgan.networks.sngan import sngan_discriminator, sngan_generator
from kgan.networks.unet import unet_generator

NETWORKS = {
    "mlp": (mlp_generator, mlp_discriminator),
    "dcgan": (dcgan_generator, dcgan_discriminator),
    "sngan": (sngan_generator, sngan_discriminator),
    "sagan": (sagan_generator, sagan_discriminator),
    "r3gan": (r3gan_generator, r3gan_discriminator),
}

__all__ = [
    "NETWORKS",
    "cyclegan_generator",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp_discriminator",
    "mlp_generator",
    "patch_discriminator",
    "r3gan_discriminator",
    "r3gan_generator",
    "sagan_discriminator",
    "sagan_generator",
    "sngan_discriminator",
    "sngan_generator",
    "unet_generator",
]
