"""kgan export --run_dir=DIR [flags]

Writes the averaged generator of a run's newest checkpoint as a SavedModel, OUT/VERSION/, as TensorFlow Serving wants
it. Plain TensorFlow loads and runs it, without kgan. With --deploy it also writes what a server is started with: its
configuration, a compose file, a Kubernetes manifest, a KServe InferenceService. docs/serving.md goes on from there.

Examples:
  kgan export --run_dir=runs/digits --out=saved_models/digits
  kgan export --run_dir=runs/digits --out=saved_models/digits --deploy=deploy --weights=bfloat16
  kgan export --run_dir=runs/digits --format=onnx
  kgan export --run_dir=runs/cyclegan --direction=b_to_a --out=saved_models/photos
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kgan.checks import InputError
from kgan.commands import define, no_arguments, writable
from kgan.commands.quiet import quiet

if TYPE_CHECKING:
    from kgan.runs import Run

FLAGS = flags.FlagValues()
define.path("run_dir", None, "A folder that kgan train kept.", FLAGS, required=True)
define.path("out", None, "The model's folder; default: saved_models/NAME of the run.", FLAGS)
define.whole("version", None, "Of the model; default: the newest in OUT plus one.", FLAGS, least=1)
define.text("direction", None, "Of a game that translates both ways: a_to_b, the default, or b_to_a.", FLAGS)
flags.DEFINE_enum(
    "weights", "float32", ["float32", "float16", "bfloat16"], "The last two take half the room.", flag_values=FLAGS
)
flags.DEFINE_enum(
    "format",
    "saved_model",
    ["saved_model", "onnx", "tflite"],
    "The last two are one file, of the generator alone; default of OUT: saved_models/NAME.onnx, say.",
    flag_values=FLAGS,
)
define.text("data_licence", None, "Of the data, for the model card; default: what is known of kgan's own.", FLAGS)
define.path("deploy", None, "A folder for what a server is started with.", FLAGS)

# Of the data sets that kgan brings or names, as their authors publish them.
LICENCES = {
    "digits": "CC BY 4.0: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
    "stacked_digits": "CC BY 4.0: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository",
    "fashion_mnist": "MIT: Fashion-MNIST, Zalando SE",
    "ring": "none: made by a formula",
    "grid": "none: made by a formula",
}


def main(argv: Sequence[str]) -> None:
    """Exports as the flags say."""
    no_arguments(argv)
    with quiet():
        from kgan.export import save_as, save_generator, versions
        from kgan.runs import Run
        from kgan.serving import deploy
    run = Run(FLAGS.run_dir)
    if FLAGS.format != "saved_model":
        _check_alone()
        out = Path(FLAGS.out or Path("saved_models") / f"{run.folder.resolve().name}.{FLAGS.format}")
        writable("out", out)
        with quiet():  # the converters talk
            save_as(FLAGS.format, run.sampler(FLAGS.direction), out)
        print(out)
        return
    out = Path(FLAGS.out or Path("saved_models") / run.folder.resolve().name)
    writable("out", out / "1")
    if FLAGS.deploy:
        writable("deploy", Path(FLAGS.deploy) / "models.config")
    sampler = run.sampler(FLAGS.direction)
    print(save_generator(sampler, out, FLAGS.version, FLAGS.weights, facts(run, FLAGS.data_licence)))
    if FLAGS.deploy:
        print("\n".join(map(str, deploy.write(FLAGS.deploy, out, versions(out)))))


def _check_alone() -> None:
    for name in ("version", "deploy", "data_licence"):
        if FLAGS[name].value is not None:
            raise InputError(f"{name}: wanted --format=saved_model with it, got {FLAGS.format!r}")
    if FLAGS.weights != "float32":
        raise InputError(f"weights: wanted --format=saved_model with {FLAGS.weights}, got {FLAGS.format!r}")


def facts(run: "Run", licence: str | None = None) -> dict[str, Any]:
    """What the model card says of a run: data and their licence, preset, place, weights, metrics with protocol."""
    settings, place = run.flags(), run.newest() or {}
    data = settings.get("dataset")
    measured = [evaluation for evaluation in run.evaluations() if evaluation.step <= place.get("step", 0)][-1:]
    return {
        "name": run.folder.resolve().name,
        "data": data,
        "data_licence": licence or LICENCES.get(data or "", "not known: it was not said at export"),
        "preset": settings.get("preset"),
        "averaged": place.get("weights") == "ema",
        "epoch": place.get("epoch"),
        "step": place.get("step"),
        "metrics": [
            {**result.to_json(), "step": evaluation.step, "text": str(result)}
            for evaluation in measured
            for result in evaluation.results
        ],
    }
