"""kgan study NAME [--out=DIR]

Runs an experiment and writes a page about it, README.md, with its table as CSV and its picture:

  dirac      which training methods of GANs converge, on the Dirac-GAN (Mescheder et al. 2018)
  bilinear   how fast each update rule converges on a bilinear game, per round and per gradient evaluation

Each takes about a minute on two cores. A study's numbers are a function of its name.

Example:
  kgan study dirac
"""

import importlib
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from kgan.checks import InputError, lookup
from kgan.commands import define
from kgan.commands.quiet import quiet
from kgan.studies import STUDIES

FLAGS = flags.FlagValues()
define.path("out", None, "The folder to write into; default: studies/NAME.", FLAGS)


def main(argv: Sequence[str]) -> None:
    """Runs the study that `argv` names."""
    if len(argv) != 2:
        more = f", got {' '.join(argv[1:])}" if argv[1:] else ""
        raise InputError(f"wanted one study of {', '.join(sorted(STUDIES))}{more}")
    name = argv[1]
    lookup("study", name, STUDIES)
    out = Path(FLAGS.out or Path("studies") / name)
    from kgan.studies import report

    report.make_folder(out)
    with quiet():
        study = importlib.import_module(f"kgan.studies.{name}")
    study.run(out)
    print(f"{out}: README.md is the page, {name}.png its picture, {name}.csv its table")
