"""kgan gallery [--run_dir=DIR | --saved_model=DIR | --server=HOST:PORT/MODEL] [flags]

A page to look at a generator with, on this machine alone: a grid of samples by seed, truncation and class, the way
between two of them, or the translation of a picture that is dropped on it. The page's address is the view. Ctrl-C ends
it.

Examples:
  kgan gallery --saved_model=saved_models/digits
  kgan gallery --run_dir=runs/cyclegan --direction=b_to_a
  kgan gallery --server=localhost:8500/digits/canary --port=8600
"""

from collections.abc import Sequence

from absl import flags

from kgan.commands import define, no_arguments, source
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()
source.define_flags(FLAGS)
define.whole("port", 0, "On which the page is; 0 takes a free one.", FLAGS, least=0, most=65535)


def main(argv: Sequence[str]) -> None:
    """Serves the page until it is interrupted, which is how it ends."""
    no_arguments(argv)
    source.check(FLAGS)
    generator, place = source.generator(FLAGS)
    with quiet():
        from kgan.serving import gallery
    server = gallery.serve(gallery.Gallery(generator, place), FLAGS.port)
    print(f"look at: http://{gallery.HOST}:{server.port}/", flush=True)
    server.serve_forever()
