"""Starting from other weights, and keeping some of them: transfer (Wang et al. 2018), FreezeD (Mo et al. 2020)."""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import versions
from kgan.checks import InputError, whole
from kgan.models.base import GameModel
from kgan.runs import checkpoints
from kgan.runs.damage import reason

Weights = list[tuple[str, np.ndarray]]  # of one network, in the order of its layers: the variables' names and values
AVERAGE = " average"  # ends the name of a generator's average
SHOWN = 3  # variables that are named in a line


def init_from(model: GameModel, source: str | os.PathLike) -> list[str]:
    """Gives a compiled game's networks the weights that `source` has for them.

    Networks are matched by their names in their games ("g", "d"), else by role; of a network, the variables in their
    order, as many as have the same name and shape, so that a layer more, or of another size, leaves the rest matched.
    Averages take those of the source's averages, or follow their networks. Optimizers begin anew.

    Args:
        model: a compiled game.
        source: a run's folder, of which the newest checkpoint is taken; an exported generator's; or a .keras file, of a
            game or of one network.

    Returns:
        A line for each network: what was matched, what is new here, and what of there was left.

    Raises:
        InputError: for a source that is none of these or cannot be read; if no matrix or kernel fits, and the game is
            then as before.
    """
    theirs = _read(Path(source).expanduser())
    networks = {name: network for name, (_, network) in model.networks().items()}
    if "" in theirs:  # of the network that it fits best
        fits = {
            name: len(_matched(network, theirs[""])[0]) / len(network.variables) for name, network in networks.items()
        }
        theirs = {max(fits, key=fits.get): theirs[""]}
    plans = {name: _matched(network, _of(name, theirs)) for name, network in networks.items()}
    if not any(value.ndim > 1 for pairs, *_ in plans.values() for _, value in pairs):
        has = "; ".join(f"{name} {_shapes(weights)}" for name, weights in theirs.items() if weights)
        here = "; ".join(f"{name} {_shapes(_weights(network))}" for name, network in networks.items())
        raise InputError(f"init_from: no weights of {source} fit: there are {has}; wanted {here}")
    lines = []
    for name, network in networks.items():
        pairs, new, left = plans[name]
        for variable, value in pairs:
            variable.assign(value)
        if name in model.averages:
            average = model.averages[name].network
            average.set_weights(network.get_weights())
            for variable, value in _matched(average, theirs.get(name + AVERAGE, []))[0]:
                variable.assign(value)
        parts = [f"{name}: {len(pairs)} of {len(pairs) + len(new)} variables"]
        parts += [f"{what}: {_named(names)}" for what, names in (("new", new), ("left", left)) if names]
        lines.append("; ".join(parts))
    return lines


def freeze(network: keras.Model, layers: int) -> None:
    """Keeps the first `layers` layers with weights of a network, from its input on, as they are; before `compile`.

    Raises:
        InputError: for as many layers as it has, or more; for a network whose layers have no order, a class of its own.
    """
    if not getattr(network, "inputs", None):
        raise InputError(f"freeze: wanted a functional network, whose layers have an order, got {network.name!r}")
    found = _layers(network)
    for layer in found[: whole("freeze", layers, least=0, most=len(found) - 1)]:
        layer.trainable = False


def _layers(network: keras.Model) -> list[keras.layers.Layer]:
    parts = [_layers(one) if isinstance(one, keras.Model) else [one] for one in network.layers]
    return [layer for part in parts for layer in part if layer.trainable_weights]


def _read(path: Path) -> dict[str, Weights]:
    """The weights of each network at a path, by its name; "" for a network whose name nobody knows."""
    if path.suffix == ".keras" and path.is_file():
        try:
            found = keras.saving.load_model(path, compile=False)
        except Exception as error:  # a damaged archive, or a layer that nobody has registered here
            raise InputError(f"init_from: {path} cannot be read: {reason(error)}") from error
        if not isinstance(found, GameModel):
            return {"": _weights(found)}
        averages = {name + AVERAGE: average.network for name, average in found.averages.items()}
        networks = {name: network for name, (_, network) in found.networks().items()} | averages
        return {name: _weights(network) for name, network in networks.items()}
    checkpoint = checkpoints.latest(path)
    if checkpoint is not None:
        return checkpoints.networks(checkpoint)
    folder = versions.newest(path)
    if folder is not None:
        try:
            loaded = tf.saved_model.load(str(folder))
            return {"g": [(v.name.removesuffix(":0"), v.numpy()) for v in loaded.weights]}
        except Exception as error:  # TensorFlow answers a damaged model with a dozen unrelated classes
            raise InputError(f"init_from: {folder} cannot be read: {reason(error)}") from error
    raise InputError(f"init_from: wanted a run's folder, an exported generator's or a .keras file, got {str(path)!r}")


def _of(name: str, theirs: dict[str, Weights]) -> Weights:
    """The weights for the network `name`: those of this name, else of the first of its role."""
    alike = [other for other in theirs if other[:1] == name[:1] and not other.endswith(AVERAGE)]
    return theirs.get(name) or (theirs[alike[0]] if alike else [])


def _weights(network: keras.Model) -> Weights:
    return [(v.path, v.numpy()) for v in network.variables if tf.as_dtype(v.dtype).is_floating]


def _matched(network: keras.Model, theirs: Weights) -> tuple[list[tuple[Any, np.ndarray]], list[str], list[str]]:
    """(our variables with their values, the names of ours without one, the names of theirs that are left)."""
    ours = [v for v in network.variables if tf.as_dtype(v.dtype).is_floating]
    mine = [(v.path.rpartition("/")[2], tuple(v.shape)) for v in ours]
    there = [(name.rpartition("/")[2], value.shape) for name, value in theirs]
    blocks = difflib.SequenceMatcher(None, mine, there, autojunk=False).get_matching_blocks()
    places = [(a + k, b + k) for a, b, size in blocks for k in range(size)]
    taken, used = {a for a, _ in places}, {b for _, b in places}
    pairs = [(ours[a], theirs[b][1]) for a, b in places]
    new = [f"{v.path} {tuple(v.shape)}" for a, v in enumerate(ours) if a not in taken]
    return pairs, new, [f"{name} {value.shape}" for b, (name, value) in enumerate(theirs) if b not in used]


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _shapes(weights: Weights) -> str:
    return _named([str(value.shape) for _, value in weights if value.ndim > 1])
