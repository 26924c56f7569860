"""TFRecord shards, as TensorFlow writes them."""

import io
import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.data import shards

RANDOM = np.random.default_rng(0)


def encoded(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "png")
    return file.getvalue()


def record(image=None, label=None, names=("image", "label")):
    features = {}
    if image is not None:
        features[names[0]] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[image]))
    if label is not None:
        features[names[1]] = tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write(path, records):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for one in records:
            writer.write(one)


@pytest.fixture
def folder(tmp_path):
    """Seven pictures of two classes in two shards, and their pixels."""
    pixels = RANDOM.integers(0, 256, (7, 4, 4, 3), dtype=np.uint8)
    records = [record(encoded(x), number % 2) for number, x in enumerate(pixels)]
    write(tmp_path / "a.tfrecord-00000-of-00002", records[:3])
    write(tmp_path / "a.tfrecord-00001-of-00002", records[3:])
    (tmp_path / "a.txt").write_text("no shard")
    (tmp_path / "classes.txt").write_text("even\nodd\n")
    return tmp_path, pixels


def test_records_are_read_by_their_numbers_in_the_order_of_any_data(folder, tmp_path):
    root, pixels = folder
    whole = kgan.data.load(f"tfrecord:{root}", labels=True)
    assert (whole.num_classes, whole.class_names) == (2, ("even", "odd"))
    images, labels = (np.stack(column) for column in zip(*whole, strict=True))
    np.testing.assert_array_equal(images, pixels.astype("float32") / 127.5 - 1)
    assert labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
    np.savez(tmp_path / "same.npz", images=pixels, labels=labels)
    ours, theirs = (
        kgan.data.load(name, batch_size=3, labels=True, seed=5).stream.batches(1, 5)
        for name in (f"tfrecord:{root}", f"npz:{tmp_path}/same.npz")
    )
    for batch, expected in zip(ours, theirs, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, batch, expected)


def test_a_folder_is_packed_into_shards_that_serve_the_same(tmp_path, monkeypatch):
    for number, pixels in enumerate(RANDOM.integers(0, 256, (7, 4, 4, 3), dtype=np.uint8)):
        path = tmp_path / "pictures" / ("odd" if number % 2 else "even") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(pixels))
    (tmp_path / "pictures" / "notes.txt").write_text("left out")
    monkeypatch.setattr("kgan.data.packing.SHARD", 200)
    out = kgan.data.pack(tmp_path / "pictures", tmp_path / "deep" / "shards")
    assert len(list(out.glob("*.tfrecord"))) > 2 and len(list(out.parent.iterdir())) == 1
    packed, loose = (
        kgan.data.load(name, batch_size=3, labels=True, seed=5)
        for name in (f"tfrecord:{out}", f"images:{tmp_path}/pictures")
    )
    assert packed.class_names == loose.class_names == ("even", "odd")
    for batch, expected in zip(packed.take(4), loose.take(4), strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, batch, expected)
    with pytest.raises(InputError, match=r"from: no such folder: .*nowhere"):
        kgan.data.pack(tmp_path / "nowhere", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(InputError, match=r"data_dir: .*shards exists"):
        kgan.data.pack(tmp_path / "pictures", out)
    os.rename(tmp_path / "pictures" / "odd" / "1.png", tmp_path / "pictures" / "1.png")
    with pytest.raises(InputError, match="no labels"):
        kgan.data.load(f"tfrecord:{kgan.data.pack(tmp_path / 'pictures', tmp_path / 'more')}", labels=True)


def test_other_names_of_features_and_no_classes(tmp_path):
    grey = RANDOM.integers(0, 256, (6, 4), dtype=np.uint8)
    write(tmp_path / "x.tfrecords", [record(encoded(grey), 3, ("image/encoded", "image/class/label"))])
    assert kgan.data.load(f"tfrecord:{tmp_path}").element_spec.shape == (4, 4, 1)
    with pytest.raises(InputError, match=r"no labels \(.*/classes.txt would name the classes, a line each\)"):
        kgan.data.load(f"tfrecord:{tmp_path}", labels=True)
    (tmp_path / "classes.txt").write_text("a\nb\nc\nd")
    assert [int(y) for _, y in kgan.data.load(f"tfrecord:{tmp_path}", labels=True)] == [3]


def test_where_records_lie_is_found_once_until_a_shard_changes(folder, monkeypatch):
    root, _ = folder
    read, found = [], shards._records
    monkeypatch.setattr(shards, "_records", lambda path: read.append(path.name) or found(path))
    for _ in range(2):
        assert len(list(kgan.data.load(f"tfrecord:{root}"))) == 7 and len(read) == 2
    write(root / "b.tfrecord", [record(encoded(RANDOM.integers(0, 256, (4, 4, 3), dtype=np.uint8)))])
    assert len(list(kgan.data.load(f"tfrecord:{root}"))) == 8 and len(read) == 5


def test_what_cannot_be_used_is_named(folder, tmp_path):
    root, pixels = folder
    second = root / "a.tfrecord-00001-of-00002"

    def told(**settings):
        with pytest.raises(InputError) as error:
            list(kgan.data.load(f"tfrecord:{root}", **settings))
        return str(error.value)

    content = second.read_bytes()
    second.write_bytes(content[:-1])
    assert f"{second} is cut off, or no TFRecord" in told()
    write(second, [record(encoded(pixels[0])), record(label=1)])
    assert told() == f"dataset: record 1 of {second} has no picture in 'image' or 'image/encoded'"
    write(second, [b"\xff\xff"])
    assert told().startswith(f"dataset: record 0 of {second} is no tf.train.Example")
    write(second, [record(b"no picture")])
    assert told().startswith(f"dataset: unreadable image: record 0 of {second} (none of BMP")
    write(second, [record(encoded(pixels[0]), 2)])
    with pytest.raises(tf.errors.OpError, match=r"record 0 of .* has the label 2; classes.txt names 2 classes"):
        list(kgan.data.load(f"tfrecord:{root}", labels=True))
    write(second, [])
    write(root / "a.tfrecord-00000-of-00002", [])
    assert told().endswith("have no records")
    with pytest.raises(InputError, match=r"no TFRecord shard in .*absent; wanted files"):
        kgan.data.load(f"tfrecord:{root}/absent")
