"""kgan sample [--run_dir=DIR | --saved_model=DIR | --server=HOST:PORT/MODEL] [flags]

Draws samples from the averaged generator of a run's newest checkpoint, from an exported generator, or from one behind
TensorFlow Serving, and writes them as pictures. The samples are a function of the generator and the seed, wherever it
is.

Examples:
  kgan sample --saved_model=saved_models/digits --num=100 --out=digits.png
  kgan sample --run_dir=runs/digits --num=1000 --seed=1 --out=samples/
  kgan sample --server=localhost:8500/digits --truncation=0.7
  kgan sample --run_dir=runs/conditional --labels=all --num=100
  kgan sample --run_dir=runs/cyclegan --direction=b_to_a --images=photos --out=translated/
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kgan import files
from kgan.checks import InputError
from kgan.commands import define, no_arguments, source, writable

if TYPE_CHECKING:
    import numpy as np

    from kgan.sampling import Sampler

FLAGS = flags.FlagValues()
_path = functools.partial(define.path, flag_values=FLAGS)
_text = functools.partial(define.text, flag_values=FLAGS)
_whole = functools.partial(define.whole, flag_values=FLAGS)

source.define_flags(FLAGS)
_whole("num", 64, "How many samples.", least=1)
_whole("seed", 0, "Of the latents.", least=0)
flags.DEFINE_float("truncation", 1.0, "Below 1: nearer to the mean latent, less various.", 0.0, 1.0, FLAGS)
_text("labels", None, "Of a conditional generator: 0,1,2, repeated in this order; or all. Default: drawn.")
_path("images", None, "Of one that translates: a folder of pictures.")
_path("out", "samples.png", "NAME.png: one picture, images on a grid, points as points. Else: a folder of images.")


def main(argv: Sequence[str]) -> None:
    """Samples as the flags say."""
    no_arguments(argv)
    source.check(FLAGS)
    out = Path(FLAGS.out)
    if out.suffix == ".png" and out.is_dir():
        raise InputError(f"out: {out} is a folder, wanted a file NAME.png or a folder of another name")
    writable("out", out)
    if out.suffix != ".png" and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"out: {out} exists; wanted a new or empty folder, or NAME.png")
    generator, place = source.generator(FLAGS)
    num, given = _given(generator)
    samples = _drawn(generator, num, given)
    _write(samples, out)
    print(f"{len(samples)} samples of {place}: {out}")


def _drawn(generator: "Sampler", num: int, given: dict[str, Any]) -> "np.ndarray":
    """The samples; a bar shows how far they are, where they take longer than a second and somebody looks."""
    from tqdm import tqdm

    with tqdm(total=num, unit="samples", delay=1.0, leave=False, disable=None) as bar:
        return generator.sample(num, FLAGS.seed, progress=bar.update, truncation=FLAGS.truncation, **given)


def _given(generator: "Sampler") -> tuple[int, dict[str, Any]]:
    """(how many samples, the conditions that the flags give)."""
    num: int = FLAGS.num
    given: dict[str, Any] = {}
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
        with files.aside(out.parent) as scratch:
            folder = scratch / out.name
            for number in range(len(samples)):
                pictures.write_png(folder / f"{number:04d}.png", pictures.grid(samples[number : number + 1]))
            folder.rename(out)
