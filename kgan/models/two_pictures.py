"""Batches of two pictures at a time, of domains a and b: pairs, or what does not belong together."""

from collections.abc import Mapping
from typing import Any

from kgan.checks import InputError

IMAGES = "images"  # what a generator that translates is given
LEAST = 16  # pixels a side, which a discriminator of patches with three convolutions of stride 2 takes
DOMAINS = {"a": "b", "b": "a"}  # each with the other


def check_two(game: type, shapes: Any, sizes: Mapping[str, Any]) -> None:
    """Raises an `InputError` unless data are two pictures at a time, large enough, and only a width is asked for."""
    if not isinstance(shapes, Mapping) or set(shapes) != {"a", "b"}:
        wanted = "two pictures at a time, pairs:DIR or domains:DIR_A,DIR_B, say"
        raise InputError(f"dataset: {game.__name__} is played on {wanted}, got {shapes}")
    height, width = min((shape[:2] for shape in shapes.values()), key=min)
    if min(height, width) < LEAST:
        wanted = f"{game.__name__}'s discriminator wants pictures from {LEAST} x {LEAST} on"
        instead = f"a resolution of {LEAST} or more makes them larger"
        raise InputError(f"dataset: {wanted}, got {height} x {width}; {instead}")
    for name in sorted(set(sizes) - {"width"}):
        raise InputError(f"{name}: {game.__name__} has networks of its own and no latents, got {sizes[name]!r}")


def two(game: str, batch: Any) -> tuple[Any, Any]:
    """(a, b) of a batch of two pictures at a time, {"a": ..., "b": ...} or a pair, alone in a tuple or not.

    Raises:
        InputError: for another batch.
    """
    if isinstance(batch, tuple | list) and len(batch) == 1:  # as arrays that are given to `fit` come
        batch = batch[0]
    if isinstance(batch, Mapping) and set(batch) == {"a", "b"}:
        return batch["a"], batch["b"]
    if isinstance(batch, tuple | list) and len(batch) == 2:
        return tuple(batch)
    got = f"a dict of {sorted(batch)}" if isinstance(batch, Mapping) else f"a {type(batch).__name__}"
    raise InputError(f'data: {game} wants batches of two pictures, {{"a": ..., "b": ...}} or (a, b), got {got}')
