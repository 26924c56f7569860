"""kgan doctor [flags]

Tells what kgan stands on here: which stack it is, what of its versions is untested, which devices and data are there.

Examples:
  kgan doctor
  kgan doctor --data_dir=/data/tfds
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from absl import flags

from kgan import memory, stack
from kgan.commands import define, no_arguments
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()
define.path("data_dir", None, "Where tensorflow-datasets keeps its files.", FLAGS)

DRIVER = Path("/proc/driver/nvidia/version")  # is there where NVIDIA's driver is


def main(argv: Sequence[str]) -> None:
    """Prints it, a line a fact."""
    no_arguments(argv)
    for lines in (_versions(), _devices(), _data(FLAGS.data_dir)):
        for name, what in lines:
            print(f"{name:10} {what}")


def _versions() -> Iterator[tuple[str, str]]:
    with quiet():
        import keras
        import tensorflow as tf

        import kgan
    older = keras.__version__.startswith("2.")
    which = "the older, beside which tensorflow-addons runs" if older else "the newer"
    yield "kgan", kgan.__version__
    yield "stack", f"{which}: Keras {keras.__version__}, TensorFlow {tf.__version__}"
    others = stack.untested(keras.__version__)
    yield "versions", f"not those that were tested: {', '.join(others)}" if others else "those that were tested"
    addons = stack.version("tensorflow-addons")
    if older:
        yield "addons", f"tensorflow-addons {addons}" if addons else "absent: pip install tensorflow-addons==0.23.0"
    elif addons:
        yield "addons", f"tensorflow-addons {addons}, which does not run beside Keras 3: see docs/addons.md"


def _devices() -> Iterator[tuple[str, str]]:
    import tensorflow as tf

    yield "CPU", f"{os.cpu_count()} cores, {memory.total() / 2**30:.0f} GiB of memory"
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        yield "GPU", tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
    if not gpus:
        why = ""
        if DRIVER.exists():
            why = ", though there is a driver: CUDA_VISIBLE_DEVICES hides it, or pip install 'tensorflow[and-cuda]'"
        yield "GPU", f"none that TensorFlow sees{why}"


def _data(data_dir: str | None) -> Iterator[tuple[str, str]]:
    with quiet():
        from kgan import cache
        from kgan.data import prepared
    folder, names = prepared(data_dir)
    yield (
        "data",
        "digits, stacked_digits, ring, grid, and your own; "
        + (f"{', '.join(names)} in {folder}" if names else f"none of tensorflow-datasets in {folder}"),
    )
    kept = [file for file in cache.folder().rglob("*") if file.is_file()]
    yield "cache", f"{cache.folder()}: {sum(file.stat().st_size for file in kept) / 2**20:.0f} MiB in {len(kept)} files"
