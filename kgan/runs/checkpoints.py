"""RUN/checkpoints/: a compiled model's whole state, and its place in the run.

RUN/checkpoints/step-00000120/ holds, after 120 rounds,
    state.npz        every variable of `model.state`, in its order, and what callbacks remember (`model.memory`)
    progress.json    the place in the epoch, its logs so far, whose weights generator.keras has, and the signature of
                     the architecture
    samplers.json    how one samples from the game, by name ("" for the only way): priors and conditions
    generator.keras  the averaged generator (the generator, without an average), to sample and export from; with several
                     samplers generator-NAME.keras
It is written aside, flushed to the disk and renamed, so a folder of this name is whole. The newest one is where
training stands: one that is saved takes those of later steps away, whose future was given up.
"""

import json
import os
import re
import shutil
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError, lookup
from kgan.fit import Progress
from kgan.runs import progress
from kgan.runs.damage import reason
from kgan.runs.finite import broken_logs, broken_variables
from kgan.sampling import Sampler, described
from kgan.sampling import describe as describe_sampler

SAMPLERS = "samplers.json"
ASIDE = ".tmp-"  # begins the name of what may be half written or half removed,
BEFORE = ".before-"  # and of a whole one whose place is just being taken by another of its step
BEST, GOOD = "best", "good"  # run's folders in a run's, of one checkpoint each


class BrokenState(InputError):
    """A state that is not saved because it holds NaN or an infinity."""


def find(run_dir: str | os.PathLike) -> list[Path]:
    """The folders of a run's checkpoints, from the oldest to the newest."""
    folders = Path(run_dir).glob("checkpoints/step-*")
    return sorted((path for path in folders if re.fullmatch("step-[0-9]+", path.name)), key=step)


def step(checkpoint: Path) -> int:
    """How many rounds were done."""
    return int(checkpoint.name.removeprefix("step-"))


def latest(run_dir: str | os.PathLike) -> Path | None:
    """The newest checkpoint in a run's folder, or None."""
    return next(reversed(find(run_dir)), None)


def save(model: Any, run_dir: str | os.PathLike, keep: int | None = None) -> Path:
    """Makes a checkpoint of a compiled model, in place of one of the same step and of all later ones.

    Args:
        model: a `kgan` game.
        run_dir: the run's folder.
        keep: how many are kept, the newest; default: all.

    Returns:
        The checkpoint's folder.

    Raises:
        BrokenState: (an `InputError`) if a variable, or a mean over the epoch so far, is not finite.
    """
    _check_compiled(model)
    values = [variable.numpy() for variable in model.state]
    folder = Path(run_dir) / "checkpoints" / f"step-{int(model.step.numpy()):08d}"
    broken = broken_variables(model.state, values) or broken_logs(model, model.progress.totals)
    if broken:
        raise BrokenState(f"checkpoint: after step {step(folder)} {broken[0]} is not finite")
    tidy(run_dir)
    aside = folder.with_name(ASIDE + folder.name)
    aside.mkdir(parents=True)
    try:
        weights = "ema" if model.averaged else "raw"
        about = {"weights": weights, "signature": _signature(model), "networks": _places(model)}
        place = progress.Saved(**vars(model.progress), **about)
        progress.write(aside, place, values, model.memory)
        _save_samplers(model, aside)
        for path in (*aside.iterdir(), aside):
            _flush(path)
    except OSError:  # a disk that is full gets its room back
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(folder.with_name(BEFORE + folder.name))
    aside.rename(folder)
    _flush(folder.parent)
    tidy(run_dir, keep, newest=step(folder))
    return folder


def tidy(run_dir: str | os.PathLike, keep: int | None = None, newest: int | None = None) -> None:
    """Clears up after processes that were killed, and removes checkpoints after step `newest` and beyond `keep`."""
    folder = Path(run_dir) / "checkpoints"
    for before in folder.glob(BEFORE + "*"):
        place = before.with_name(before.name.removeprefix(BEFORE))
        if place.exists():
            _remove([before])
        else:
            before.rename(place)
    for path in folder.glob(ASIDE + "*"):
        shutil.rmtree(path)
    found = find(run_dir)
    here = [path for path in found if newest is None or step(path) <= newest]
    _remove(found[len(here) :])
    _remove(here[: -keep if keep else 0])


def restore(model: Any, path: str | os.PathLike) -> None:
    """Sets a compiled model's variables, and its place in the run, to those of the checkpoint in the folder `path`.

    Called by a callback while `fit` runs, it makes `fit` go on from there.

    Raises:
        InputError: if the checkpoint cannot be read, or was made by another architecture; the model is then as before.
    """
    _check_compiled(model)
    try:
        saved, values, memory = progress.read(Path(path))
    except Exception as error:
        raise _unreadable(path, error) from error
    _compare(path, saved.signature, _signature(model))
    for variable, value in zip(model.state, values, strict=True):
        if value.dtype.kind == "V":
            value = value.view(variable.numpy().dtype)
        variable.assign(value)
    model.progress = Progress(saved.epoch, saved.step, saved.totals)
    model.memory = memory


def networks(path: str | os.PathLike) -> dict[str, list[tuple[str, np.ndarray]]]:
    """The weights in the checkpoint in a folder, by network ("g", "d", "g average"): each variable's name and value.

    Raises:
        InputError: if it cannot be read, or was made before it knew its networks.
    """
    try:
        saved, values, _ = progress.read(Path(path))
    except Exception as error:
        raise InputError(f"checkpoint {str(path)!r} cannot be read ({reason(error)})") from error
    if not saved.networks:
        raise InputError(f"checkpoint {str(path)!r} does not say which weights are whose; its generator.keras does")
    names = [name for name, *_ in saved.signature.variables]
    floating = {place for place, value in enumerate(values) if np.issubdtype(value.dtype, np.floating)}
    return {
        network: [(names[place], values[place]) for place in places if place in floating]
        for network, places in saved.networks.items()
    }


def describe(path: str | os.PathLike) -> dict[str, Any]:
    """Of the checkpoint in a folder: its "epoch" (those done), "step", and "weights", its generator's: "ema" or "raw".

    Raises:
        InputError: if it cannot be read.
    """
    try:
        saved = progress.place(Path(path))
    except Exception as error:
        raise _unreadable(path, error) from error
    return {"epoch": saved.epoch, "step": step(Path(path)), "weights": saved.weights}


def sampler(path: str | os.PathLike, name: str | None = None) -> Sampler:
    """How one samples from the game in the checkpoint in a folder; by averaged generators, where it has averages.

    Args:
        path: the checkpoint's folder.
        name: as in `samplers()` of the game; default the first.

    Raises:
        InputError: if it cannot be read, or for an unknown name.
    """
    path = Path(path)
    try:
        about = json.loads((path / SAMPLERS).read_text(encoding="utf-8"))
        name = next(iter(about)) if name is None else name
        about = {known: described(json.dumps(one)) for known, one in about.items()}
    except Exception as error:
        raise InputError(f"run_dir: {path / SAMPLERS} cannot be read: {reason(error)}") from error
    mine = lookup("sampler", name, about)
    file = path / network_file(name)
    try:
        network = keras.saving.load_model(file, compile=False)
    except Exception as error:  # a damaged archive, or a layer that nobody has registered here
        raise InputError(f"run_dir: {file} cannot be read: {reason(error)}") from error
    return Sampler.of(network, mine.pop("prior"), **mine)


def network_file(name: str) -> str:
    """The file of the network of the sampler `name`."""
    return f"generator-{name}.keras" if name else "generator.keras"


def _remove(folders: Iterable[Path]) -> None:
    """Removes checkpoints so that one half removed is not taken for one."""
    for folder in folders:
        shutil.rmtree(folder.rename(folder.with_name(f"{ASIDE}old-{folder.name}")))


def _signature(model: Any) -> progress.Signature:
    optimizers = {player.name: type(player.optimizer).__name__ for player in model.game.players}
    return progress.Signature(optimizers, [(v.path, tuple(v.shape), tf.as_dtype(v.dtype).name) for v in model.state])


def _places(model: Any) -> dict[str, list[int]]:
    """Where in the state the variables of each network are, and of each average."""
    place = {id(v): number for number, v in enumerate(model.state)}
    networks = {name: network for name, (_, network) in model.networks().items()}
    networks |= {f"{name} average": average.network for name, average in model.averages.items()}
    return {name: [place[id(v)] for v in network.variables] for name, network in networks.items()}


def _compare(path: str | os.PathLike, theirs: progress.Signature, ours: progress.Signature) -> None:
    def differ(why: str) -> InputError:
        return InputError(f"checkpoint {str(path)!r} was made by another architecture: {why}")

    for player, name in theirs.optimizers.items():
        mine = ours.optimizers.get(player)
        if mine != name:
            raise differ(f"player {player!r} has the optimizer {name}, in this model {mine or 'is no such player'}")
    for (name, shape, dtype), (_, my_shape, my_dtype) in zip(theirs.variables, ours.variables, strict=False):
        if shape != my_shape:
            raise differ(f"{name} has shape {shape}, this model {my_shape}")
        if dtype != my_dtype:
            raise differ(f"{name} has dtype {dtype}, this model {my_dtype}")
    count, mine = len(theirs.variables), len(ours.variables)
    if count != mine:
        raise differ(f"it has {count} variables, this model {mine}")


def _unreadable(path: str | os.PathLike, error: Exception) -> InputError:
    return InputError(
        f"checkpoint {str(path)!r} cannot be read ({reason(error)}); remove the folder to go on from the one before"
    )


def _save_samplers(model: Any, folder: Path) -> None:
    samplers = {name: one for name, one in model.samplers().items() if one.network is not None}
    for name, one in samplers.items():
        path = folder / network_file(name)
        try:
            one.network.save(path)
        except OSError:
            raise
        except Exception as error:  # whatever a user's layer raises when it is asked for its config
            path.unlink(missing_ok=True)
            why = reason(error)
            warnings.warn(f"checkpoint: without {path.name}, the generator cannot be serialised: {why}", stacklevel=2)
    about = {name: json.loads(describe_sampler(one)) for name, one in samplers.items()}
    (folder / SAMPLERS).write_text(json.dumps(about), encoding="utf-8")


def _check_compiled(model: Any) -> None:
    if not model.compiled:
        raise InputError("model: call compile() before a checkpoint is saved or restored")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
