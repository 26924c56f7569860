"""kgan export --run_dir=DIR [flags]

Writes the averaged generator of a run's newest checkpoint as a SavedModel, OUT/VERSION/, as TensorFlow Serving wants
it. Plain TensorFlow loads and runs it, without kgan.

Example:
  kgan export --run_dir=runs/digits --out=saved_models/digits
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from kgan.commands import define, no_arguments, writable
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()
define.path("run_dir", None, "A folder that kgan train kept.", FLAGS, required=True)
define.path("out", None, "The model's folder; default: saved_models/NAME of the run.", FLAGS)
define.whole("version", None, "Of the model; default: the newest in OUT plus one.", FLAGS, least=1)


def main(argv: Sequence[str]) -> None:
    """Exports as the flags say."""
    no_arguments(argv)
    with quiet():
        from kgan.export import save_generator
        from kgan.runs import Run
    run = Run(FLAGS.run_dir)
    out = Path(FLAGS.out or Path("saved_models") / run.folder.resolve().name)
    writable("out", out / "1")
    print(save_generator(run.sampler(), out, FLAGS.version))
