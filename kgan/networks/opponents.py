"""A generator and its discriminator by one name, for samples of a shape."""

import inspect
from collections.abc import Callable
from typing import Any

import keras

from kgan.checks import InputError, lookup
from kgan.networks.dcgan import dcgan_discriminator, dcgan_generator
from kgan.networks.mlp import mlp_discriminator, mlp_generator
from kgan.networks.r3gan import r3gan_discriminator, r3gan_generator
from kgan.networks.sagan import sagan_discriminator, sagan_generator
from kgan.networks.sngan import sngan_discriminator, sngan_generator

NETWORKS = {
    "mlp": (mlp_generator, mlp_discriminator),
    "dcgan": (dcgan_generator, dcgan_discriminator),
    "sngan": (sngan_generator, sngan_discriminator),
    "sagan": (sagan_generator, sagan_discriminator),
    "r3gan": (r3gan_generator, r3gan_discriminator),
}


def opponents(
    name: str,
    shape: tuple[int, ...],
    latent_dim: int | None = None,
    width: int | None = None,
    num_classes: int | None = None,
    **asked: Any,
) -> tuple[keras.Model, keras.Model]:
    """(generator, discriminator) of the builders called `name`.

    Args:
        name: in `NETWORKS`.
        shape: of one sample.
        latent_dim: default the builder's; of an image by an MLP 100.
        width: of both; default their builders'.
        num_classes: of conditional networks; None for unconditional ones.
        **asked: what the discriminator should have, "normalization" say; builders that have no choice pass it over.

    Raises:
        InputError: for an unknown name, networks that have no conditional form, or as the builders.
    """
    make_generator, make_discriminator = lookup("network", name, NETWORKS)
    if num_classes is not None and not _takes("num_classes", make_generator, make_discriminator):
        known = [one for one, both in NETWORKS.items() if _takes("num_classes", *both)]
        raise InputError(f"network: {name!r} has no conditional form; wanted one of {', '.join(known)}")
    if name == "mlp" and len(shape) == 3:
        latent_dim = latent_dim or 100
    both = {key: value for key, value in {"width": width, "num_classes": num_classes}.items() if value is not None}
    asked = {key: value for key, value in asked.items() if _takes(key, make_discriminator)}
    own = {} if latent_dim is None else {"latent_dim": latent_dim}
    return make_generator(shape, **own, **both), make_discriminator(shape, **both, **asked)


def _takes(argument: str, *functions: Callable) -> bool:
    return all(argument in inspect.signature(function).parameters for function in functions)
