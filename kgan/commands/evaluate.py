"""kgan evaluate --run_dir=DIR | --saved_model=DIR | --images=DIR [flags]

Compares samples of a run's averaged generator, of an exported one, or a folder of images, with the data:

  fid[classifier-dfa3, n_real=10000, n_fake=10000, ema, fashion_mnist] = 6.735 ± 0.15 (real vs real: 0.2243)

In brackets is what the number depends on: the feature network with its hash, how many samples of each, whose weights,
the reals. ± is the standard error (of the inception score the deviation over its splits, of kid the error over its
subsets). In parentheses: the same metric between two halves of the reals, which a perfect generator would have with
half as many samples; and what a perfect one is expected to have, where that is known. Of a run, the numbers are kept
in DIR/evaluations.jsonl, for its report.

Examples:
  kgan evaluate --run_dir=runs/digits
  kgan evaluate --saved_model=saved_models/digits --dataset=digits --metrics=fid,precision_recall --out=digits.json
  kgan evaluate --run_dir=runs/conditional --metrics=fid,intra_fid,cas
  kgan evaluate --run_dir=runs/cyclegan --direction=b_to_a
  kgan evaluate --images=samples/ --dataset=images:photos --features="inception(path='classify_image_graph_def.pb')"
"""

import functools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kgan import files
from kgan.checks import InputError, unknown
from kgan.commands import define, no_arguments, writable
from kgan.commands.quiet import quiet
from kgan.runs import flags as flagfile

if TYPE_CHECKING:
    import numpy as np

    from kgan.metrics import Evaluation
    from kgan.sampling import Sampler

FLAGS = flags.FlagValues()
_text = functools.partial(define.text, flag_values=FLAGS)
_path = functools.partial(define.path, flag_values=FLAGS)
_whole = functools.partial(define.whole, flag_values=FLAGS)

_path("run_dir", None, "A folder that kgan train kept: the averaged generator of its newest checkpoint.")
_path("saved_model", None, "A model's folder, or a version's.")
_path("images", None, "A folder of pictures.")
_text("dataset", None, "The reals, as kgan train takes them; default: the run's.")
_text("split", "train", "Of the reals; where the data set has one, train[:10%], say.")
_path("data_dir", None, "Where tensorflow-datasets keeps its files.")
_text(
    "metrics",
    None,
    "Names by comma: fid, kid, inception_score, precision_recall, density_coverage, sliced_wasserstein, swd, ms_ssim, "
    "bins, birthday, classes, modes, ppl; of conditional generators cas, intra_fid. Default: fid, kid, "
    "precision_recall, density_coverage; with known modes, modes in place of kid.",
)
define.part(
    "features",
    None,
    "raw, random_projection, classifier, inception, inception(path='FILE') or application('NAME'). Default: a "
    "classifier for grey images with labels, Inception for others, points themselves.",
    FLAGS,
)
_whole("num", 10_000, "Samples of each, or all reals if they are fewer.", least=2)
_whole("seed", 0, "Of the latents, or of the order of a folder's images.", least=0)
_text("direction", None, "Of a generator that translates: a_to_b, the default, or b_to_a.")
_path("out", None, "NAME.json: the numbers with their protocol.")


def main(argv: Sequence[str]) -> None:
    """Evaluates as the flags say."""
    no_arguments(argv)
    given = [name for name in ("run_dir", "saved_model", "images") if FLAGS[name].value]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        raise InputError(f"run_dir: wanted one of --run_dir, --saved_model and --images, got {got}")
    if FLAGS.out and (not FLAGS.out.endswith(".json") or Path(FLAGS.out).is_dir()):
        raise InputError(f"out: wanted a file NAME.json, got {FLAGS.out!r}")
    if FLAGS.out:
        writable("out", FLAGS.out)
    if FLAGS.direction not in (None, "a_to_b", "b_to_a"):
        raise unknown("direction", FLAGS.direction, ["a_to_b", "b_to_a"])
    settings = flagfile.read(FLAGS.run_dir) if FLAGS.run_dir else {}
    dataset = FLAGS.dataset or settings.get("dataset")
    if not dataset:
        raise InputError("dataset: wanted, the reals to compare with")
    data_dir = FLAGS.data_dir or settings.get("data_dir")
    with quiet():
        from kgan.commands import judge
    generator, shape, weights, (epoch, step) = _source()
    part = None if generator is None or generator.free else _parts()[1]
    evaluate = judge.evaluator(
        dataset,
        judge.names(FLAGS.metrics),
        features=FLAGS.features,
        num=FLAGS.num,
        split=FLAGS.split,
        data_dir=data_dir,
        resolution=judge.sides(shape),
        progress=sys.stderr.isatty(),
        generator=generator,
        part=part,
    )
    if accuracy := getattr(evaluate.network, "accuracy", None):
        print(f"{evaluate.network.label}: knows {accuracy:.1%} of images that it was not trained on")
    if generator is None:
        batches, _ = judge.reals(f"images:{FLAGS.images}", evaluate.num, seed=FLAGS.seed)  # in random order
    elif generator.free:
        batches = generator.iter_labelled(evaluate.num, FLAGS.seed)
    else:
        batches = _translated(generator, dataset, evaluate.num, split=FLAGS.split, data_dir=data_dir)
    evaluation = evaluate(batches, weights, epoch, step, generator)
    _print(evaluation)
    if FLAGS.out:
        files.write(FLAGS.out, json.dumps(evaluation.to_json(), indent=1, allow_nan=False) + "\n")
        print(f"written to {FLAGS.out}")
    if FLAGS.run_dir:
        from kgan.runs import evaluations

        evaluations.record(FLAGS.run_dir, evaluation)


def _source() -> "tuple[Sampler | None, tuple, str, tuple[int, int]]":
    """(the generator, None for a folder of images; the shape of a sample; whose they are; (epoch, step))."""
    from kgan import data
    from kgan.export import load_generator
    from kgan.runs import Run

    if FLAGS.images:
        return None, tuple(data.load(f"images:{FLAGS.images}").element_spec.shape), "images", (0, 0)
    if FLAGS.saved_model:
        generator = load_generator(FLAGS.saved_model)
        return generator, generator.sample_shape, "exported", (0, 0)
    run = Run(FLAGS.run_dir)
    generator, facts = run.sampler(FLAGS.direction), run.newest()
    return generator, generator.sample_shape, facts["weights"], (facts["epoch"], facts["step"])


def _parts() -> list[str]:
    """Of data of two pictures at a time, which is translated, and which the translations are to be like."""
    return (FLAGS.direction or "a_to_b").split("_to_")


def _translated(generator: "Sampler", dataset: str, num: int, **where: Any) -> Iterator["np.ndarray"]:
    """Pictures of the data, translated."""
    from kgan.commands import judge

    shape = generator.given["images"].shape
    where["resolution"] = None if None in shape[:2] else shape[:2]
    sources, _ = judge.reals(dataset, num, part=_parts()[0], **where)
    for images in sources.as_numpy_iterator():
        yield generator.sample(len(images), FLAGS.seed, images=images)


def _print(evaluation: "Evaluation") -> None:
    for result in evaluation.results:
        print(result)
    if evaluation.classes:
        names, real, fake = (evaluation.classes[key] for key in ("names", "real", "fake"))
        if len(names) <= 100:
            print("share of each class, fake / real: ", end="")
            print(", ".join(f"{n} {f:.1%} / {r:.1%}" for n, r, f in zip(names, real, fake, strict=True)))
