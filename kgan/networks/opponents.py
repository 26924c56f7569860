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

NETWORKS: dict[str, tuple[Callable, Callable]] = {
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
    d_width: int | None = None,
    **asked: Any,
) -> tuple[keras.Model, keras.Model]:
    """(generator, discriminator) of the builders called `name`; arguments as in `generator_for`, `discriminator_for`.

    `d_width` is of the discriminator alone; default `width`.

    Raises:
        InputError: for an unknown name, networks that have no conditional form, or as the builders.
    """
    generator = generator_for(name, shape, latent_dim, width, num_classes)
    return generator, discriminator_for(name, shape, width if d_width is None else d_width, num_classes, **asked)


def generator_for(
    name: str,
    shape: tuple[int, ...],
    latent_dim: int | None = None,
    width: int | None = None,
    num_classes: int | None = None,
) -> keras.Model:
    """A generator by the builder called `name`.

    Args:
        name: in `NETWORKS`.
        shape: of one sample.
        latent_dim: default the builder's; of an image by an MLP 100.
        width: default the builder's.
        num_classes: of a conditional network; None for an unconditional one.

    Raises:
        InputError: for an unknown name, networks that have no conditional form, or as the builder.
    """
    make, _ = _builders(name, num_classes)
    if name == "mlp" and len(shape) == 3:
        latent_dim = latent_dim or 100
    return make(shape, **_given(latent_dim=latent_dim, width=width, num_classes=num_classes))


def discriminator_for(
    name: str, shape: tuple[int, ...], width: int | None = None, num_classes: int | None = None, **asked: Any
) -> keras.Model:
    """A discriminator by the builder called `name`; arguments as in `generator_for`, and:

    Args:
        **asked: what it should have, "normalization" say; a builder that has no choice passes it over.
    """
    _, make = _builders(name, num_classes)
    asked = {key: value for key, value in asked.items() if _takes(key, make)}
    return make(shape, **_given(width=width, num_classes=num_classes), **asked)


def _builders(name: str, num_classes: int | None) -> tuple[Callable, Callable]:
    both = lookup("network", name, NETWORKS)
    if num_classes is not None and not _takes("num_classes", *both):
        known = [one for one, makers in NETWORKS.items() if _takes("num_classes", *makers)]
        raise InputError(f"network: {name!r} has no conditional form; wanted one of {', '.join(known)}")
    return both


def _given(**arguments: Any) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None}


def _takes(argument: str, *functions: Callable) -> bool:
    return all(argument in inspect.signature(function).parameters for function in functions)
