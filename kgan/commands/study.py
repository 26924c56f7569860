"""kgan study NAME | FILE.py [flags]

Runs an experiment and writes a page about it, README.md, with its table as CSV and its picture:

  dirac           which training methods of GANs converge, on the Dirac-GAN (Mescheder et al. 2018)
  bilinear        how fast each update rule converges on a bilinear game, per round and per gradient evaluation
  stabilisation   how a gradient penalty stabilises: the field's eigenvalues, with and without
  ensembles       what ensembles buy against mode collapse, and what they cost
  capacity        the discriminator's capacity against the quality of samples
  augmentation    what augmentation does on few and on all data, and from where on it harms
  alternation     which update rules beat alternating steps at equal gradient evaluations
  discriminators  what several discriminators buy, by how the generator hears them
  rates           for which learning rates four presets train at all

The first two take about a minute on two cores. The others are grids of runs of `kgan train`: --quick ends in minutes,
the whole takes up to half an hour. A study that was stopped goes on where it was. Its numbers, times aside, are a
function of its name. FILE.py is a study of one's own: see docs/own_study.md.

Examples:
  kgan study dirac
  kgan study capacity --quick --jobs=2
  kgan study mine.py --out=studies/mine
"""

import importlib
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from kgan.checks import InputError, lookup
from kgan.commands import define
from kgan.commands.quiet import quiet
from kgan.studies import RUNS, STUDIES

FLAGS = flags.FlagValues()
define.path("out", None, "The folder to write into; default: studies/NAME.", FLAGS)
flags.DEFINE_bool("quick", False, "A small form of a grid of runs: fewer rounds, seeds and settings.", FLAGS)
define.whole("jobs", 1, "Runs side by side, each with its share of the cores.", FLAGS, least=1, most=1000)
define.text("ray", None, "Play the runs on a Ray cluster at this address, or auto; wants kgan[ray].", FLAGS)


def main(argv: Sequence[str]) -> None:
    """Runs the study that `argv` names."""
    if len(argv) != 2:
        more = f", got {' '.join(argv[1:])}" if argv[1:] else ""
        raise InputError(f"wanted one study of {', '.join(sorted(STUDIES))}, or a file{more}")
    name, own = argv[1], argv[1].endswith(".py")
    if not own:
        lookup("study", name, STUDIES)
    grid = own or name in RUNS
    if not grid:
        for flag in ("quick", "jobs", "ray"):
            if FLAGS[flag].value != FLAGS[flag].default:
                raise InputError(f"{flag}: wanted it with a grid of runs ({', '.join(RUNS)}), got the study {name!r}")
    with quiet():
        from kgan.studies import report

        if grid:
            from kgan.studies import runner

            study = runner.load(name) if own else importlib.import_module(f"kgan.studies.{name}").STUDY
            name = study.name
        else:
            study = importlib.import_module(f"kgan.studies.{name}")
    out = Path(FLAGS.out or Path("studies") / name)
    report.make_folder(out)
    if grid:
        runner.run(study, out, FLAGS.quick, FLAGS.jobs, FLAGS.ray)
    else:
        study.run(out)
    print(f"{out}: README.md is the page, {name}.png its picture, {name}.csv its table")
