"""kgan data import --from=FOLDER [--name=fashion_mnist] [--data_dir=DIR]
kgan data pack --from=FOLDER --data_dir=DIR

Bring a data set to where kgan and tensorflow_datasets look for it, without a network; or into fewer files.

  import   turn the four IDX files of MNIST or Fashion-MNIST (train-images-idx3-ubyte, train-labels-idx1-ubyte,
           t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each with or without .gz) into the format of
           tensorflow_datasets.
  pack     write the pictures under a folder as TFRecord shards into another, for --dataset=tfrecord:DIR: many small
           files are slow to read from a network disk or a store of objects.

Example: kgan data import --from=~/downloads/fashion-mnist
"""

from absl import flags

from kgan.checks import InputError, unknown
from kgan.commands import define
from kgan.commands.quiet import quiet

FLAGS = flags.FlagValues()

define.path("from", None, "The folder that holds the four IDX files, or the pictures.", FLAGS)
define.text("name", "fashion_mnist", "The data set they are: fashion_mnist or mnist.", FLAGS)
define.path("data_dir", None, "Where to write; import's by default where tensorflow_datasets looks.", FLAGS)


def main(argv: list[str]) -> None:
    """Run `kgan data ACTION`; `argv` is the command's name and the arguments that are not flags."""
    actions = argv[1:]
    if not actions:
        raise InputError("got no action, wanted: import or pack")
    action, *more = actions
    if action not in ("import", "pack"):
        raise unknown("action", action, ["import", "pack"])
    if more:
        raise InputError(f"{action}: got {more[0]!r} too, wanted flags only (see --help)")
    folder, name, data_dir = FLAGS["from"].value, FLAGS["name"].value, FLAGS["data_dir"].value
    if not folder:
        what = "the four IDX files" if action == "import" else "the pictures"
        raise InputError(f"from: got nothing, wanted --from=FOLDER, the folder of {what}")
    if action == "pack" and not data_dir:
        raise InputError("data_dir: got nothing, wanted --data_dir=DIR, the folder to make")

    with quiet():
        from kgan.data import import_idx, pack  # here, so that --help does not wait for TensorFlow

    if action == "pack":
        path = pack(folder, data_dir)
        print(f"wrote the pictures of {folder} to {path}; next: kgan train --dataset=tfrecord:{path}")
        return
    path = import_idx(folder, name, data_dir)
    elsewhere = f" --data_dir={data_dir}" if data_dir else ""
    print(f"wrote {name} to {path}; next: kgan train --dataset={name}{elsewhere}")
