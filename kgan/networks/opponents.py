"""A generator and its discriminator by one name, for samples of a shape.

A name is that of builders of kgan's, or a Python file, "mine.py", with functions `generator(shape, ...)` and
`discriminator(shape, ...)` that return Keras models. Of `latent_dim`, `width` and `num_classes` they are given those
that are asked for, by name.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras

from kgan import script
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
        name: in `NETWORKS`, or a Python file with functions `generator` and `discriminator`.
        shape: of one sample.
        latent_dim: default the builder's; of an image by an MLP 100.
        width: default the builder's.
        num_classes: of a conditional network; None for an unconditional one.

    Raises:
        InputError: for an unknown name, networks that have no conditional form, or as the builder; for a file that
            cannot be run, or whose functions do not take what is asked for or return no model.
    """
    make, _ = builders(name, num_classes)
    if name == "mlp" and len(shape) == 3:
        latent_dim = latent_dim or 100
    return _made(name, make, shape, _given(latent_dim=latent_dim, width=width, num_classes=num_classes))


def discriminator_for(
    name: str, shape: tuple[int, ...], width: int | None = None, num_classes: int | None = None, **asked: Any
) -> keras.Model:
    """A discriminator by the builder called `name`; arguments as in `generator_for`, and:

    Args:
        **asked: what it should have, "normalization" say; a builder that has no choice passes it over.
    """
    _, make = builders(name, num_classes)
    asked = {key: value for key, value in asked.items() if _takes(key, make)}
    return _made(name, make, shape, _given(width=width, num_classes=num_classes) | asked)


def builders(name: str, num_classes: int | None = None) -> tuple[Callable, Callable]:
    """What makes the generator and the discriminator of a name; arguments and errors as in `generator_for`."""
    both = _from_file(name) if str(name).endswith(".py") else lookup("network", name, NETWORKS)
    if num_classes is not None and not _takes("num_classes", *both):
        known = [one for one, makers in NETWORKS.items() if _takes("num_classes", *makers)]
        raise InputError(f"network: {name!r} has no conditional form; wanted one of {', '.join(known)}")
    return both


def _from_file(path: str) -> tuple[Callable, Callable]:
    module = script.load("network", path)
    for role in ("generator", "discriminator"):
        if not callable(getattr(module, role, None)):
            raise InputError(f"network: {path} has no function {role!r}, which returns a keras.Model")
    return module.generator, module.discriminator


def _made(name: str, make: Callable, shape: tuple[int, ...], arguments: Mapping[str, Any]) -> keras.Model:
    lacking = [key for key in arguments if not _takes(key, make)]
    if lacking:
        raise InputError(f"{lacking[0]}: {name}: its function {make.__name__!r} has no such argument")
    network = make(shape, **arguments)
    if not isinstance(network, keras.Model) or not network.built:
        raise InputError(f"network: {name}: wanted a built keras.Model from {make.__name__!r}, got {network!r}")
    return network


def _given(**arguments: Any) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None}


def _takes(argument: str, *functions: Callable) -> bool:
    return all(argument in inspect.signature(function).parameters for function in functions)
