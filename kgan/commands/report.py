"""kgan report RUN

Writes RUN/report.html, a run on one page that needs no network and no other file: the metrics with their protocol,
samples with a slider over the epochs, the way between latents, the reals nearest to samples, the share of each class,
curves, alarms, settings and versions. kgan train does so at its end; it may also be asked for while training goes on.

Examples:
  kgan report runs/digits
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from kgan.checks import InputError
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()
REALS = 10_000  # among which nearest neighbours are sought


def main(argv: Sequence[str]) -> None:
    """Writes the page of the run that is named."""
    if len(argv) != 2:
        raise InputError(f"run_dir: wanted one run's folder, kgan report RUN, got {len(argv) - 1} arguments")
    print(f"look at: {write(argv[1])}")


def write(run_dir: str | Path) -> Path:
    """Writes a run's page; returns its path.

    Raises:
        InputError: if there is no run or no checkpoint, or its data cannot be read.
    """
    with quiet():
        from kgan import report
        from kgan.commands import judge
        from kgan.runs import Run
    run = Run(run_dir)
    generator, settings = run.sampler(), run.flags()
    reals = network = None
    if "dataset" in settings and generator.free:
        dataset = settings["dataset"]
        where = {name: settings.get(name) for name in ("data_dir", "resolution")}
        try:
            made = judge.sides(generator.sample_shape)  # smaller than the data's while a game grows
            reals = judge.some(*judge.reals(dataset, REALS, **where | {"resolution": made}))
            if settings.get("metrics"):
                network = judge.network(dataset, settings.get("features"), **where)
        except InputError as error:
            raise InputError(f"{error} (as {run.folder}/flags.txt says)") from error
    return report.write(run_dir, generator, settings, reals, network)
