"""Builders of generators and discriminators: functions that return a functional `keras.Model`."""

from kgan.networks.dcgan import dcgan_discriminator, dcgan_generator
from kgan.networks.mlp import mlp_discriminator, mlp_generator
from kgan.networks.sngan import sngan_discriminator, sngan_generator

NETWORKS = {
    "mlp": (mlp_generator, mlp_discriminator),
    "dcgan": (dcgan_generator, dcgan_discriminator),
    "sngan": (sngan_generator, sngan_discriminator),
}

__all__ = [
    "NETWORKS",
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp_discriminator",
    "mlp_generator",
    "sngan_discriminator",
    "sngan_generator",
]
