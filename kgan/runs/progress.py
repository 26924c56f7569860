"""What a checkpoint holds beside the generator: every variable (state.npz) and the place in the run (progress.json)."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import NonNegativeInt, TypeAdapter

STATE, PROGRESS = "state.npz", "progress.json"
MEMORY = "memory/"  # begins the names of arrays in state.npz that are no variables


@dataclasses.dataclass(frozen=True)
class Signature:
    """What architecture a state is of.

    Attributes:
        optimizers: the name of each player's optimizer's class.
        variables: path, shape and dtype of each variable. Paths are for the reader: Keras numbers layers as they come.
    """

    optimizers: dict[str, str]
    variables: list[tuple[str, tuple[NonNegativeInt, ...], str]]


@dataclasses.dataclass(frozen=True)
class Saved:
    """The place in the run: `fit.Progress`, whose weights the checkpoint's generator has, and of what architecture.

    Attributes:
        networks: by the name of each network, and of each average ("g average"), where its variables are in the state;
            not in checkpoints of kgan 0.1.
    """

    epoch: NonNegativeInt
    step: NonNegativeInt
    totals: dict[str, float]
    weights: Literal["ema", "raw"]
    signature: Signature
    networks: dict[str, list[NonNegativeInt]] = dataclasses.field(default_factory=dict)


def write(folder: Path, saved: Saved, values: Sequence[np.ndarray], memory: Mapping[str, np.ndarray]) -> None:
    """Writes both files: the place, the variables' values in their order, and what callbacks remember."""
    np.savez(folder / STATE, *values, **{MEMORY + name: value for name, value in memory.items()})
    (folder / PROGRESS).write_text(json.dumps(dataclasses.asdict(saved)), encoding="utf-8")


def place(folder: Path) -> Saved:
    """Reads progress.json alone; raises what damage makes its reader raise."""
    return TypeAdapter(Saved).validate_json((folder / PROGRESS).read_bytes())


def read(folder: Path) -> tuple[Saved, list[np.ndarray], dict[str, np.ndarray]]:
    """Reads both files, as `write` was given them; raises what damage makes their readers raise."""
    saved = place(folder)
    with np.load(folder / STATE) as file:
        values = [file[f"arr_{i}"] for i in range(len(saved.signature.variables))]
        memory = {name.removeprefix(MEMORY): file[name] for name in file.files if name.startswith(MEMORY)}
    for (name, shape, dtype), value in zip(saved.signature.variables, values, strict=True):
        # NumPy's files do not know bfloat16: its values come back as two bytes each.
        if value.shape != shape or (value.dtype.name != dtype and value.dtype.kind != "V"):
            raise ValueError(f"{name} is {value.dtype.name} {value.shape}, {PROGRESS} says {dtype} {shape}")
    return saved, values, memory
