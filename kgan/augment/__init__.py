"""Augmentation of what the discriminator sees, reals and fakes, differentiable: for training on few images."""

import re

from kgan.augment.ada import ADA
from kgan.augment.apa import APA
from kgan.augment.base import Augmentation
from kgan.augment.controller import Adaptive
from kgan.augment.diffaugment import POLICIES, DiffAugment
from kgan.augment.noise import InstanceNoise
from kgan.augment.pipe import Pipe
from kgan.spec import resolve

__all__ = [
    "ADA",
    "APA",
    "AUGMENTATIONS",
    "Adaptive",
    "Augmentation",
    "DiffAugment",
    "InstanceNoise",
    "Pipe",
    "get",
]

METHODS = ("__call__", "drawn", "beside", "reals", "observe")
AUGMENTATIONS = {
    "diffaugment": DiffAugment,
    "ada": ADA,
    "apa": APA,
    "pipe": Pipe,
    "instance_noise": InstanceNoise,
}


def get(augment: "str | Augmentation") -> Augmentation:
    """The augmentation that `augment` names, or `augment` itself if it is one.

    Args:
        augment: a name ("ada", "ada(target=0.5, pipe='bg')"), DiffAugment's policies ("color,translation,cutout"), or
            an object with the methods of `Augmentation`.

    Raises:
        InputError: if a name is unknown, with the nearest, or the object lacks a method.
    """
    if isinstance(augment, str) and re.fullmatch(r"[\w\s]+(,[\w\s]+)+", augment):
        return DiffAugment(augment)
    policies = {name: lambda name=name: DiffAugment(name) for name in POLICIES}
    return resolve("augment", augment, AUGMENTATIONS | policies, methods=METHODS)
