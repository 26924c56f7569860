"""kgan data import --from=FOLDER [--name=fashion_mnist] [--data_dir=DIR]

Bring a data set to where kgan and tensorflow_datasets look for it, without a network.

  import   turn the four IDX files of MNIST or Fashion-MNIST (train-images-idx3-ubyte, train-labels-idx1-ubyte,
           t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each with or without .gz) into the format of
           tensorflow_datasets.

Example: kgan data import --from=~/downloads/fashion-mnist
"""

from absl import flags

from kgan.checks import InputError, unknown
from kgan.commands import define
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()

define.path("from", None, "The folder that holds the four IDX files.", FLAGS)
define.text("name", "fashion_mnist", "The data set they are: fashion_mnist or mnist.", FLAGS)
define.path("data_dir", None, "Where to write; by default where tensorflow_datasets looks.", FLAGS)


def main(argv: list[str]) -> None:
    """Run `kgan data ACTION`; `argv` is the command's name and the arguments that are not flags."""
    actions = argv[1:]
    if not actions:
        raise InputError("got no action, wanted: import")
    if actions[0] != "import":
        raise unknown("action", actions[0], ["import"])
    if len(actions) > 1:
        raise InputError(f"import: got {actions[1]!r} too, wanted flags only (see --help)")
    if not FLAGS["from"].value:
        raise InputError("from: got nothing, wanted --from=FOLDER, the folder of the four IDX files")

    with quiet():
        from kgan.data import import_idx  # here, so that --help does not wait for TensorFlow

    name, data_dir = FLAGS["name"].value, FLAGS["data_dir"].value
    path = import_idx(FLAGS["from"].value, name, data_dir)
    elsewhere = f" --data_dir={data_dir}" if data_dir else ""
    print(f"wrote {name} to {path}; next: kgan train --dataset={name}{elsewhere}")
