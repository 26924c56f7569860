import gzip
import struct

import numpy as np
import pytest

import kgan


def write_idx(path, array, magic=None):
    """An IDX file, by the format's description; gzipped if the name says so."""
    head = struct.pack(">I", 0x0800 + array.ndim if magic is None else magic) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    content = head + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def tiny_mnist():
    """Six training and four test images, all different, with labels."""
    random = np.random.default_rng(5)
    return {
        "train": (random.integers(0, 256, (6, 28, 28)), np.array([3, 1, 4, 1, 5, 9])),
        "t10k": (random.integers(0, 256, (4, 28, 28)), np.array([2, 6, 5, 0])),
    }


def write_folder(folder, mark="-", end=".gz"):
    folder.mkdir(exist_ok=True)
    for prefix, (images, labels) in tiny_mnist().items():
        write_idx(folder / f"{prefix}-images{mark}idx3-ubyte{end}", images)
        write_idx(folder / f"{prefix}-labels{mark}idx1-ubyte{end}", labels)
    return folder


@pytest.fixture
def idx_folder(tmp_path):
    return write_folder(tmp_path / "idx")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A data_dir in which "mnist" is prepared, with the tiny images. Read only."""
    base = tmp_path_factory.mktemp("prepared")
    kgan.data.import_idx(write_folder(base / "idx"), "mnist", base / "tfds")
    return base / "tfds"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    """A cache of the test's own, still empty."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("KGAN_CACHE", str(folder))
    return folder
