"""Loads what `kgan train` and `kgan evaluate` load, without TensorFlow's own words, and computes nothing."""

from kgan.commands import before_tensorflow
from kgan.commands.quiet import quiet

before_tensorflow()
with quiet():
    import kgan.callbacks
    import kgan.commands.ensemble
    import kgan.commands.evaluate
    import kgan.commands.judge
    import kgan.commands.report
    import kgan.commands.run
    import kgan.commands.train
    import kgan.distribute
    import kgan.export
    import kgan.models  # noqa: F401
