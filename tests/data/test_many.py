"""A folder of very many pictures: listed once, decoded as they are asked for; and each worker reads its own."""

import os

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kgan
from kgan.checks import InputError
from kgan.data import folder, lazily, records

RANDOM = np.random.default_rng(0)


def save(path, shape=(6, 8, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, shape, dtype=np.uint8)).save(path)


def settle(root):
    """As if nothing had changed there for long."""
    for path in [root, *root.rglob("*")]:
        if path.is_dir():
            os.utime(path, (1e9, 1e9))


@pytest.fixture
def root(tmp_path):
    """Ten pictures in two classes."""
    for number in range(10):
        save(tmp_path / "pictures" / ("cat" if number % 3 else "dog") / f"{number}.png", (6, 8 + number, 3))
    settle(tmp_path / "pictures")
    return tmp_path / "pictures"


@pytest.fixture
def many(monkeypatch):
    """Four pictures are many; returns the paths of those that are decoded, when they are asked for."""
    shown, show = [], lazily.show
    monkeypatch.setattr(folder, "MANY", 4)
    monkeypatch.setattr(lazily, "LOOKED_AT", 2)
    monkeypatch.setattr(lazily, "show", lambda path: shown.append(os.path.basename(path)) or show(path))
    return shown


def load(root, **settings):
    return kgan.data.load(f"images:{root}", **{"labels": True, "batch_size": 4, **settings})


def test_they_are_served_as_fewer_are(root, many, monkeypatch):
    ours = load(root)
    assert isinstance(ours.stream.source, lazily.Many) and many == ["1.png", "9.png"]
    monkeypatch.setattr(folder, "MANY", 10)
    theirs = load(root)
    assert (ours.num_classes, ours.class_names) == (theirs.num_classes, theirs.class_names) == (2, ("cat", "dog"))
    both = zip(ours.stream.batches(1, 6), theirs.stream.batches(1, 6), strict=True)
    for (x, y), (expected, labels) in both:
        np.testing.assert_array_equal(x, expected)
        np.testing.assert_array_equal(y, labels)
    single = kgan.data.load(f"images:{root}")
    assert len(list(single)) == 10 and single.element_spec.shape == (6, 6, 3)


def test_the_list_is_kept_until_the_folder_changes(root, many, cache_folder, monkeypatch):
    names = list(folder.pictures(root).names)
    (kept,) = (cache_folder / "folders").iterdir()
    walked, walk = [], folder._walk
    monkeypatch.setattr(folder, "_walk", lambda path, *more: walked.append(path) or walk(path, *more))
    again = folder.pictures(root)
    assert not walked and isinstance(again.names.text, np.memmap)
    assert list(again.names) == names and again.names[-1] == names[9] and again.folders == ["cat", "dog"]
    with pytest.raises(IndexError):
        again.names[10]
    changes = [
        lambda: save(root / "cat" / "new.png"),
        lambda: (root / "cat" / "new.png").rename(root / "dog" / "new.png"),
        lambda: (root / "dog" / "new.png").unlink(),
        lambda: (root / "dog").rename(root / "wolf"),
    ]
    for change in changes:
        before = len(walked)
        change()
        found = folder.pictures(root)  # just changed: it is not kept
        assert len(walked) > before and list(found.names) == list(found.names) and isinstance(found.names, list)
        assert sorted(found.names) == sorted(str(path.relative_to(root)) for path in root.rglob("*.png"))
    settle(root)
    assert folder.pictures(root).names[0] == names[0]
    kept.write_bytes(b"\1" + kept.read_bytes()[1:])
    with pytest.warns(UserWarning, match=f"cache: {kept} is damaged; listing the folder again"):
        assert len(folder.pictures(root).names) == 10


def test_one_that_cannot_be_read_or_is_coloured_among_grey_ones_is_named(tmp_path, many):
    for number in range(6):
        save(tmp_path / f"{number}.png", (4, 4))
    save(tmp_path / "3.png", (4, 4, 3))
    gan = kgan.GAN(kgan.networks.mlp_generator((4, 4, 1), 2, width=4), kgan.networks.mlp_discriminator((4, 4, 1)), 2)
    gan.compile(run_eagerly=True)

    def told():
        with pytest.raises(InputError) as error:
            gan.fit(load(tmp_path, labels=False, shuffle=False), verbose=0)
        return str(error.value)

    assert told().startswith(f"dataset: the 2 pictures that were looked at are grey, and {tmp_path}/3.png is not")
    (tmp_path / "3.png").write_bytes(b"damaged")
    assert told() == f"dataset: unreadable image: {tmp_path}/3.png (none of BMP, GIF, JPEG, PNG, TIFF, WEBP)"
    with pytest.raises(InputError, match=r"labels: got True, but .*6 of 6 images lie in no sub-folder"):
        load(tmp_path)


def own(stream, worker, start, stop):
    """What a worker of two, with two replicas each, reads: of each batch, the rows that these have of the whole one."""
    whole, mine = (list(s.batches(start, stop)) for s in (stream, stream.of_worker(worker, 2, 4)))
    assert len(mine) == 2 * len(whole)
    for number, batch in enumerate(mine):
        rows = stream.batch_size // 4
        first = (2 * worker + number % 2) * rows
        expected = tf.nest.map_structure(lambda x, first=first, rows=rows: x[first : first + rows], whole[number // 2])
        tf.nest.map_structure(np.testing.assert_array_equal, batch, expected)
    return mine


def test_each_worker_decodes_its_own(root, many):
    stream = load(root).stream
    for worker in range(2):
        many.clear()
        assert len(own(stream, worker, 1, 4)) == 6 and len(many) == 12 + 6  # the whole batches', and half of them
    endless = stream.of_worker(0, 2, 2).batches(5)
    assert int(endless.cardinality()) == tf.data.INFINITE_CARDINALITY
    np.testing.assert_array_equal(next(iter(endless))[0], next(iter(stream.batches(5)))[0][:2])


def test_each_worker_has_its_own_of_records_and_of_two_domains(prepared, root, monkeypatch):
    monkeypatch.setattr(records, "IN_MEMORY", 0)
    monkeypatch.setattr(records, "SHUFFLE_BUFFER", 4)
    streamed = kgan.data.load("mnist", batch_size=4, labels=True, data_dir=prepared).stream
    assert isinstance(streamed.source, records.Records)
    domains = kgan.data.load(f"domains:{root}/cat,{root}/dog", batch_size=4).stream
    for stream in (streamed, domains):
        for worker in range(2):
            own(stream, worker, 1, 3)
    endless = streamed.of_worker(1, 2, 2).batches(1)
    assert int(endless.cardinality()) == tf.data.INFINITE_CARDINALITY
