"""What is traced is what is written: AutoGraph, which reads source files anew while a run goes on, rewrites nothing."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.python.autograph.impl import api

import kgan
from kgan import networks
from kgan.curriculum import EasyToHard
from kgan.data import Stream, records
from kgan.data.arrays import Arrays
from tests.data.conftest import write_folder

KGAN = Path(__file__).parents[1] / "kgan"
IMAGES = np.random.default_rng(0).uniform(-1, 1, (12, 8, 8, 1)).astype("float32")


def test_no_function_is_rewritten():
    for path in KGAN.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.function":
                line = path.read_text().splitlines()[node.lineno - 1]
                assert "autograph=False" in line, f"{path.relative_to(KGAN)}:{node.lineno}"


def folder(path, names):
    path.mkdir()
    for name in names:
        Image.fromarray(np.arange(64, dtype="uint8").reshape(8, 8)).save(path / f"{name}.png")
    return path


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, number):
        return IMAGES[4 * number : 4 * number + 4]


UNKNOWN = tf.TensorSpec(None, "float32")  # of which not even the rank is known
TRAINED = {
    "arrays": lambda path: IMAGES,
    "batches of another size": lambda path: tf.data.Dataset.from_tensor_slices(IMAGES[:10]).batch(4),
    "of unknown rank": lambda path: tf.data.Dataset.from_generator(lambda: [IMAGES[:4]] * 3, output_signature=UNKNOWN),
    "a sequence": lambda path: Batches(),
    "digits": lambda path: kgan.data.load("digits", batch_size=4, resolution=8),
    "pictures": lambda path: kgan.data.load(f"images:{folder(path / 'a', 'abcdefgh')}", batch_size=4),
    "easy first": lambda path: EasyToHard(IMAGES, 4, 3).batches(),
}
READ = {
    "examples": lambda path: kgan.data.load("digits", labels=True),
    "records": lambda path: kgan.data.load(
        "mnist", batch_size=2, data_dir=kgan.data.import_idx(write_folder(path / "idx"), "mnist", path / "t").parents[1]
    ),
    "pairs": lambda path: kgan.data.load(f"domains:{folder(path / 'a', 'xy')},{folder(path / 'b', 'xy')}"),
    "a worker's share": lambda path: Stream(Arrays(IMAGES), 4).of_worker(0, 2, 4).batches(0, 2),
}


@pytest.mark.filterwarnings("ignore:data. a batch of 2")
@pytest.mark.parametrize("kind", [*TRAINED, *READ])
def test_nor_is_one_of_those_that_tf_data_is_given(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(records, "IN_MEMORY", 0)
    convert, rewritten = api._convert_actual, []
    monkeypatch.setattr(
        api, "_convert_actual", lambda one, *how: rewritten.append(one.__module__) or convert(one, *how)
    )
    tf.data.Dataset.range(1).map(lambda x: x + 1)  # which is, so that it would be seen
    assert rewritten == [__name__]
    if kind in READ:
        assert len(list(READ[kind](tmp_path).take(1))) == 1
    else:
        gan = kgan.GAN(networks.mlp_generator((8, 8, 1), 2, 2, 1), networks.mlp_discriminator((8, 8, 1), 2, 1), 2)
        gan.compile()
        gan.fit(TRAINED[kind](tmp_path), steps_per_epoch=1, verbose=0, batch_size=4 if kind == "arrays" else None)
    assert [name for name in rewritten if name.startswith("kgan.")] == []
