"""One checkpoint on disk: a compiled model's whole state, and its place in the run.

RUN/checkpoints/step-00000120/ holds, after 120 rounds,
    state.npz        every variable of `model.state`, in its order
    progress.json    the place in the epoch, its logs so far, whose weights generator.keras has, and the signature of
                     the architecture
    generator.keras  the averaged generator (the generator, without an average), to sample and export from
It is written aside, flushed to the disk and renamed, so a folder of this name is whole.
"""

import dataclasses
import json
import os
import shutil
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kgan.callbacks.finite import broken_logs, broken_variables
from kgan.checks import InputError
from kgan.fit import Progress

STATE, PROGRESS, GENERATOR = "state.npz", "progress.json", "generator.keras"
ASIDE = ".tmp-"


class BrokenState(InputError):
    """A state that is not saved because it holds NaN or an infinity."""


def checkpoints(run_dir: str | os.PathLike) -> list[Path]:
    """The folders of a run's checkpoints, from the oldest to the newest."""
    folders = [path for path in Path(run_dir).glob("checkpoints/step-*") if path.name[5:].isdigit()]
    return sorted(folders, key=lambda path: int(path.name[5:]))


def latest(run_dir: str | os.PathLike) -> Path | None:
    """The newest checkpoint in a run's folder, or None."""
    return next(reversed(checkpoints(run_dir)), None)


def save(model: Any, run_dir: str | os.PathLike) -> Path:
    """Makes a checkpoint of a compiled model, in place of one of the same step; returns its folder.

    Raises:
        BrokenState: (an `InputError`) if a variable, or a mean over the epoch so far, is not finite.
    """
    _check_compiled(model)
    step, values = int(model.step.numpy()), [variable.numpy() for variable in model.state]
    broken = broken_variables(model.state, values) or broken_logs(model, model.progress.totals)
    if broken:
        raise BrokenState(f"checkpoint: after step {step} {broken[0]} is not finite")
    folder = Path(run_dir) / "checkpoints" / f"step-{step:08d}"
    remove(folder.parent.glob(ASIDE + "*"))  # of a process that was killed here
    aside = folder.with_name(ASIDE + folder.name)
    aside.mkdir(parents=True)
    np.savez(aside / STATE, *values)
    progress = {
        **dataclasses.asdict(model.progress),
        "weights": "raw" if getattr(model, "average", None) is None else "ema",
        "signature": _signature(model),
    }
    (aside / PROGRESS).write_text(json.dumps(progress), encoding="utf-8")
    _save_generator(model, aside / GENERATOR)
    for path in (*aside.iterdir(), aside):
        _flush(path)
    remove([folder] if folder.exists() else [])
    aside.rename(folder)
    _flush(folder.parent)
    return folder


def keep_only(model: Any, run_dir: str | os.PathLike) -> None:
    """Makes a checkpoint of a compiled model, and removes all others there.

    Raises:
        BrokenState: as `save`.
    """
    newest = save(model, run_dir)
    remove(folder for folder in checkpoints(run_dir) if folder != newest)


def restore(model: Any, path: str | os.PathLike) -> None:
    """Sets a compiled model's variables, and its place in the run, to those of the checkpoint in the folder `path`.

    Called by a callback while `fit` runs, it makes `fit` go on from there.

    Raises:
        InputError: if the checkpoint cannot be read, or was made by another architecture; the model is then as before.
    """
    _check_compiled(model)
    progress, values = _read(Path(path))
    _compare(path, progress.pop("signature"), _signature(model))
    progress.pop("weights")
    for variable, value in zip(model.state, values, strict=True):
        if value.dtype.kind == "V":  # NumPy's files do not know bfloat16
            value = value.view(variable.numpy().dtype)
        variable.assign(value)
    model.progress = Progress(**progress)


def describe(path: str | os.PathLike) -> dict[str, Any]:
    """Of the checkpoint in a folder: its "epoch" (those done), "step", and "weights", its generator's: "ema" or "raw".

    Raises:
        InputError: if it cannot be read.
    """
    progress, _ = _read(Path(path))
    return {"epoch": progress["epoch"], "step": int(Path(path).name[5:]), "weights": progress["weights"]}


def remove(folders: Iterable[Path]) -> None:
    """Removes checkpoints so that one half removed is not taken for one."""
    for folder in list(folders):
        if not folder.name.startswith(ASIDE):
            folder = folder.rename(folder.with_name(f"{ASIDE}old-{folder.name}"))
        shutil.rmtree(folder)


def _signature(model: Any) -> dict:
    return {
        "optimizers": {player.name: type(player.optimizer).__name__ for player in model.game.players},
        "variables": [[v.path, list(v.shape), str(v.dtype)] for v in model.state],
    }


def _compare(path: str | os.PathLike, theirs: dict, ours: dict) -> None:
    def differ(reason: str) -> InputError:
        return InputError(f"checkpoint {str(path)!r} was made by another architecture: {reason}")

    for player, name in theirs["optimizers"].items():
        mine = ours["optimizers"].get(player)
        if mine != name:
            raise differ(f"player {player!r} has the optimizer {name}, in this model {mine or 'is no such player'}")
    # Names are for the reader only: Keras numbers layers as they come.
    for (name, shape, dtype), (_, my_shape, my_dtype) in zip(theirs["variables"], ours["variables"], strict=False):
        if shape != my_shape:
            raise differ(f"{name} has shape {tuple(shape)}, this model {tuple(my_shape)}")
        if dtype != my_dtype:
            raise differ(f"{name} has dtype {dtype}, this model {my_dtype}")
    count, mine = len(theirs["variables"]), len(ours["variables"])
    if count != mine:
        raise differ(f"it has {count} variables, this model {mine}")


def _read(path: Path) -> tuple[dict, list[np.ndarray]]:
    try:
        progress = json.loads((path / PROGRESS).read_text(encoding="utf-8"))
        with np.load(path / STATE) as file:
            return progress, [file[f"arr_{i}"] for i in range(len(progress["signature"]["variables"]))]
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"checkpoint {str(path)!r} cannot be read ({error}); remove the folder to go on from the one before"
        ) from error


def _save_generator(model: Any, path: Path) -> None:
    average = getattr(model, "average", None)
    network = model.generator if average is None else average.network
    try:
        network.save(path)
    except OSError:
        raise
    except Exception as error:  # whatever a user's layer raises when it is asked for its config
        path.unlink(missing_ok=True)
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        warnings.warn(f"checkpoint: without {GENERATOR}, the generator cannot be serialised: {reason}", stacklevel=2)


def _check_compiled(model: Any) -> None:
    if not model.compiled:
        raise InputError("model: call compile() before a checkpoint is saved or restored")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
