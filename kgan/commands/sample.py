"""kgan sample [--run_dir=DIR | --saved_model=DIR] [flags]

Draws samples from the averaged generator of a run's newest checkpoint, or from an exported generator, and writes
them as pictures. The samples are a function of the generator and the seed.

Examples:
  kgan sample --saved_model=saved_models/digits --num=100 --out=digits.png
  kgan sample --run_dir=runs/digits --num=1000 --seed=1 --out=samples/
  kgan sample --run_dir=runs/conditional --labels=all --num=100
  kgan sample --run_dir=runs/cyclegan --direction=b_to_a --images=photos --out=translated/
"""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kgan.checks import InputError
from kgan.commands import define, no_arguments, writable
from kgan.commands.quiet import quiet

if TYPE_CHECKING:
    import numpy as np

    from kgan.sampling import Sampler

FLAGS = flags.FlagValues()
_path = functools.partial(define.path, flag_values=FLAGS)
_text = functools.partial(define.text, flag_values=FLAGS)
_whole = functools.partial(define.whole, flag_values=FLAGS)

_path("run_dir", None, "A folder that kgan train kept.")
_path("saved_model", None, "A model's folder, or a version's; default: saved_models/digits, if it is there.")
_whole("num", 64, "How many samples.", least=1)
_whole("seed", 0, "Of the latents.", least=0)
_text("labels", None, "Of a conditional generator: 0,1,2, repeated in this order; or all. Default: drawn.")
_path("images", None, "Of one that translates: a folder of pictures.")
_text("direction", None, "Of one that translates both ways, in a run: a_to_b, the default, or b_to_a.")
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
        from kgan.export import load_generator
        from kgan.runs import Run
    generator = Run(FLAGS.run_dir).sampler(FLAGS.direction) if FLAGS.run_dir else load_generator(source)
    num, given = _given(generator)
    samples = generator.sample(num, FLAGS.seed, **given)
    _write(samples, out)
    print(f"{len(samples)} samples of {source}: {out}")


def _given(generator: "Sampler") -> tuple[int, dict[str, Any]]:
    """(how many samples, the conditions that the flags give)."""
    if FLAGS.direction and not FLAGS.run_dir:
        raise InputError("direction: an exported generator has one, wanted it with --run_dir only")
    num, given = FLAGS.num, {}
    if FLAGS.labels is not None:
        law = generator.given.get("labels")
        everyone = range(law.classes) if law else [0]
        given["labels"] = list(everyone) if FLAGS.labels == "all" else _numbers(FLAGS.labels)
    if FLAGS.images is not None:
        law = generator.given.get("images")
        if law is None:
            raise InputError("images: this generator translates no pictures")
        given["images"] = _pictures(FLAGS.images, law.shape)
        num = len(given["images"])
    return num, given


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"labels: wanted whole numbers with commas between them, or all, got {text!r}")
    return [int(part) for part in parts]


def _pictures(folder: str, shape: tuple) -> "np.ndarray":
    """The pictures in a folder, in the order of their names, as a generator of that input shape takes them."""
    import numpy as np

    from kgan import data

    size = None if None in shape[:2] else shape[:2]
    images = np.stack(list(data.load(f"images:{folder}", resolution=size).as_numpy_iterator()))
    if images.shape[-1] == 1 and shape[-1] == 3:
        images = np.repeat(images, 3, -1)
    return images


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
