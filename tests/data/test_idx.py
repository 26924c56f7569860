import gzip
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds
from tensorflow_datasets.image_classification import mnist

import kgan
from kgan.checks import InputError
from kgan.data import idx
from tests.data.conftest import tiny_mnist, write_folder, write_idx


def pairs(images, labels):
    return sorted((np.asarray(i, np.uint8).tobytes(), int(label)) for i, label in zip(images, labels, strict=True))


@pytest.mark.parametrize(("mark", "end"), [("-", ".gz"), (".", "")])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_what_tfds_loads_is_what_the_files_hold(tmp_path, name, mark, end):
    path = kgan.data.import_idx(write_folder(tmp_path / "idx", mark, end), name, tmp_path / "data")
    assert path == tmp_path / "data" / name / "3.0.1"
    for split, prefix in {"train": "train", "test": "t10k"}.items():
        loaded = list(tfds.load(name, split=split, data_dir=tmp_path / "data").as_numpy_iterator())
        assert loaded[0]["image"].shape == (28, 28, 1)
        assert pairs([e["image"] for e in loaded], [e["label"] for e in loaded]) == pairs(*tiny_mnist()[prefix])


@pytest.mark.slow
def test_plain_tfds_in_another_process(prepared):
    script = (
        "import sys, tensorflow_datasets as tfds\n"
        f"examples = list(tfds.load('mnist', split='train', data_dir={str(prepared)!r}).as_numpy_iterator())\n"
        "assert 'kgan' not in sys.modules\n"
        "for e in examples: print(e['image'].tobytes().hex(), e['label'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ))
    loaded = sorted((bytes.fromhex(image), int(label)) for image, label in map(str.split, done.stdout.splitlines()))
    assert loaded == pairs(*tiny_mnist()["train"]), done.stderr[-2000:]


def test_keys_and_examples_are_those_of_tfds_own_generator(tmp_path):
    # The keys decide the stored order, which is thus the one of a downloaded copy.
    folder = write_folder(tmp_path / "idx", end="")
    files = [folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte"]
    theirs = list(tfds.builder("mnist", data_dir=tmp_path)._generate_examples(6, *files))
    ours = list(idx._examples(*idx._read_split(folder, "train", mnist.MNIST_IMAGE_SHAPE, 10)))
    for (key, example), (other_key, other) in zip(ours, theirs, strict=True):
        assert key == other_key and example["label"] == other["label"]
        np.testing.assert_array_equal(example["image"], other["image"])


def test_says_nothing(idx_folder, tmp_path, capsys):
    kgan.data.import_idx(idx_folder, data_dir=tmp_path / "data")
    assert capsys.readouterr().out == ""


def test_a_failure_on_the_way_leaves_nothing(idx_folder, tmp_path, monkeypatch):
    def breaks(images, labels):
        yield 0, {"image": images[0], "label": 0}
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(idx, "_examples", breaks)
        with pytest.raises(RuntimeError):
            kgan.data.import_idx(idx_folder, "mnist", tmp_path / "data")
    assert not (tmp_path / "data" / "mnist" / "3.0.1").exists()
    kgan.data.import_idx(idx_folder, "mnist", tmp_path / "data")
    assert kgan.data.load("mnist", data_dir=tmp_path / "data").cardinality() == 6


def refuse(folder, data, message, name="mnist"):
    with pytest.raises(InputError, match=message) as error:
        kgan.data.import_idx(folder, name, data)
    assert "\n" not in str(error.value)
    assert not (data / name).exists() or "already" in message


def test_refuses_an_unknown_name(idx_folder, tmp_path):
    refuse(idx_folder, tmp_path / "data", "name: unknown name 'fashion'; did you mean 'fashion_mnist'", name="fashion")


def test_refuses_a_missing_folder(tmp_path):
    refuse(tmp_path / "absent", tmp_path / "data", "from: no such folder: .*absent")


@pytest.mark.parametrize("missing", ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"])
def test_names_a_missing_file(idx_folder, tmp_path, missing):
    (idx_folder / f"{missing}.gz").unlink()
    refuse(idx_folder, tmp_path / "data", f"from: .*idx has no {missing} ")


def test_refuses_a_wrong_magic_number(idx_folder, tmp_path):
    write_idx(idx_folder / "t10k-labels-idx1-ubyte.gz", np.zeros(4), magic=0x0D01)
    refuse(idx_folder, tmp_path / "data", "t10k-labels-idx1-ubyte.gz begins with the magic number 00000d01; .*00000801")


@pytest.mark.parametrize("kept", [0, 3, 10, 500])
def test_refuses_a_truncated_file(idx_folder, tmp_path, kept):
    path = idx_folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:kept]))
    refuse(idx_folder, tmp_path / "data", "train-images-idx3-ubyte.gz (is truncated|begins with)")


def test_refuses_a_truncated_gzip(idx_folder, tmp_path):
    path = idx_folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-50])
    refuse(idx_folder, tmp_path / "data", "train-images-idx3-ubyte.gz cannot be read or is truncated")


def test_refuses_counts_that_differ(idx_folder, tmp_path):
    write_idx(idx_folder / "train-labels-idx1-ubyte.gz", np.zeros(5))
    refuse(idx_folder, tmp_path / "data", "train-images.* holds 6 images, but .*train-labels.* 5 labels")


def test_refuses_other_sizes_labels_and_nothing(idx_folder, tmp_path):
    images, labels = idx_folder / "train-images-idx3-ubyte.gz", idx_folder / "train-labels-idx1-ubyte.gz"
    write_idx(images, np.zeros((6, 32, 32)))
    refuse(idx_folder, tmp_path / "data", r"holds images of \(32, 32\) pixels; wanted \(28, 28\)")
    write_idx(images, np.zeros((0, 28, 28)))
    write_idx(labels, np.zeros(0))
    refuse(idx_folder, tmp_path / "data", "train-images.* holds no image")
    write_idx(images, np.zeros((1, 28, 28)))
    write_idx(labels, np.array([10]))
    refuse(idx_folder, tmp_path / "data", "train-labels.* holds the label 10; wanted 0 to 9")


def test_refuses_what_exists(idx_folder, tmp_path):
    path = kgan.data.import_idx(idx_folder, "mnist", tmp_path / "data")
    before = {file: file.read_bytes() for file in path.iterdir()}
    refuse(idx_folder, tmp_path / "data", f"data_dir: 'mnist' already exists in {path}")
    assert {file: file.read_bytes() for file in path.iterdir()} == before
