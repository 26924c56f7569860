"""kgan sample [--run_dir=DIR | --saved_model=DIR] [flags]

Draws samples from the averaged generator of a run's newest checkpoint, or from an exported generator, and writes
them as pictures. The samples are a function of the generator and the seed.

Examples:
  kgan sample --saved_model=saved_models/digits --num=100 --out=digits.png
  kgan sample --run_dir=runs/digits --num=1000 --seed=1 --out=samples/
"""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kgan.checks import InputError
from kgan.commands import define, no_arguments, writable
from kgan.commands.quiet import quiet

if TYPE_CHECKING:
    import numpy as np

FLAGS = flags.FlagValues()
_path = functools.partial(define.path, flag_values=FLAGS)
_whole = functools.partial(define.whole, flag_values=FLAGS)

_path("run_dir", None, "A folder that kgan train kept.")
_path("saved_model", None, "A model's folder, or a version's; default: saved_models/digits, if it is there.")
_whole("num", 64, "How many samples.", least=1)
_whole("seed", 0, "Of the latents.", least=0)
_path("out", "samples.png", "NAME.png: one picture, images on a grid, points as points. Else: a folder of images.")

DEFAULT = Path("saved_models/digits")


def main(argv: Sequence[str]) -> None:
    """Samples as the flags say."""
    no_arguments(argv)
    if FLAGS.run_dir and FLAGS.saved_model:
        raise InputError("saved_model: wanted --run_dir or --saved_model, got both")
    source = FLAGS.run_dir or FLAGS.saved_model or DEFAULT
    if source is DEFAULT and not DEFAULT.exists():
        raise InputError(f"run_dir: wanted --run_dir=DIR or --saved_model=DIR (there is no {DEFAULT} here)")
    out = Path(FLAGS.out)
    if out.suffix == ".png" and out.is_dir():
        raise InputError(f"out: {out} is a folder, wanted a file NAME.png or a folder of another name")
    writable("out", out)
    if out.suffix != ".png" and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"out: {out} exists; wanted a new or empty folder, or NAME.png")
    with quiet():
        from kgan.export import Generator, load_generator
        from kgan.runs import Run
    generator = Generator.of(Run(FLAGS.run_dir).generator()) if FLAGS.run_dir else load_generator(source)
    samples = generator.sample(FLAGS.num, FLAGS.seed)
    _write(samples, out)
    print(f"{len(samples)} samples of {source}: {out}")


def _write(samples: "np.ndarray", out: Path) -> None:
    from kgan import pictures

    if samples.ndim == 2:
        if out.suffix != ".png":
            raise InputError(f"out: points are drawn into one picture, wanted NAME.png, got {str(out)!r}")
        pictures.scatter(samples, out)
    elif out.suffix == ".png":
        pictures.write_png(out, pictures.grid(samples))
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=out.parent) as scratch:
            folder = Path(scratch) / out.name
            for number in range(len(samples)):
                pictures.write_png(folder / f"{number:04d}.png", pictures.grid(samples[number : number + 1]))
            folder.rename(out)
