"""kgan compare RUN RUN... [--out=compare.html]

Writes 2 to 8 runs side by side on one page that needs no network and no other file: the settings that differ, samples
at equal rounds, figures by their protocol, curves over rounds, alarms. It may be asked for while they are trained.

Examples:
  kgan compare runs/alternating runs/extragradient
  kgan compare runs/lr-* --out=rates.html
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from kgan.checks import InputError
from kgan.commands import define, writable
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()
define.path("out", "compare.html", "The page, NAME.html.", FLAGS)


def main(argv: Sequence[str]) -> None:
    """Writes the page of the runs that are named."""
    out = FLAGS.out
    if not out.endswith(".html") or Path(out).is_dir():
        raise InputError(f"out: wanted a file NAME.html, got {out!r}")
    writable("out", out)
    with quiet():
        from kgan import report
    print(f"look at: {report.compare(argv[1:], out)}")
