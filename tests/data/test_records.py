import shutil
import socket

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

import kgan
from kgan.checks import InputError
from kgan.data import records


@pytest.fixture
def streamed(monkeypatch):
    """As if no data set fitted in memory, and the shuffle buffer held less than an epoch."""
    monkeypatch.setattr(records, "IN_MEMORY", 0)
    monkeypatch.setattr(records, "SHUFFLE_BUFFER", 4)


def stack(dataset):
    return [np.stack(column) for column in zip(*dataset.as_numpy_iterator(), strict=True)]


def test_single_examples_are_those_of_tfds(prepared):
    images, labels = stack(kgan.data.load("mnist", labels=True, data_dir=prepared))
    expected = list(tfds.load("mnist", split="train", data_dir=prepared).as_numpy_iterator())
    np.testing.assert_allclose(images, np.stack([e["image"] for e in expected]) / 127.5 - 1, atol=1e-6)
    assert labels.tolist() == [e["label"] for e in expected]


def test_splits_and_slices(prepared):
    assert kgan.data.load("tfds:mnist", "test", data_dir=prepared).cardinality() == 4
    assert kgan.data.load("tfds:mnist", "train[:50%]", batch_size=3, data_dir=prepared).cardinality() == 1
    with pytest.raises(InputError, match="split: unknown name 'tset'; did you mean 'test'\\? known: test, train"):
        kgan.data.load("mnist", "tset", data_dir=prepared)


def test_resolution(prepared):
    assert kgan.data.load("mnist", resolution=14, data_dir=prepared).element_spec.shape == (14, 14, 1)


def test_streaming_serves_the_same_examples(prepared, streamed):
    single = stack(kgan.data.load("mnist", labels=True, data_dir=prepared))
    batches = stack(kgan.data.load("mnist", batch_size=3, labels=True, shuffle=False, data_dir=prepared))
    for a, b in zip(single, batches, strict=True):
        np.testing.assert_array_equal(a, b.reshape(a.shape))


@pytest.mark.parametrize(("start", "batch_size"), [(0, 2), (1, 2), (3, 2), (4, 2), (8, 2), (1, 4), (3, 4)])
def test_streaming_starts_anywhere(prepared, streamed, start, batch_size):
    # Of the six images, three batches an epoch, or one with two left over.
    stream = kgan.data.load("mnist", batch_size=batch_size, labels=True, data_dir=prepared).stream
    assert isinstance(stream.source, records.Records)
    assert stream.batches(start).cardinality() == tf.data.INFINITE_CARDINALITY
    assert stream.batches(start, 9).cardinality() == 9 - start
    here, there = stream.batches(start, 9), stream.batches().skip(start).take(9 - start)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


def epochs_of(prepared, **options):
    """The labels of each of the first four epochs."""
    stream = kgan.data.load("mnist", batch_size=6, labels=True, data_dir=prepared, **options).stream
    return [labels.tolist() for _, labels in stream.batches(0, 4).as_numpy_iterator()]


def test_streaming_order_is_a_function_of_epoch_and_seed(prepared, streamed):
    epochs = epochs_of(prepared)
    assert all(sorted(epoch) == [1, 1, 3, 4, 5, 9] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert epochs_of(prepared, seed=1) != epochs
    keras.utils.set_random_seed(99)
    assert epochs_of(prepared) == epochs


class Varied(tfds.core.GeneratorBasedBuilder):
    """Colour images of other sizes, without labels."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(None, None, 3))})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for key in range(4):
            yield key, {"image": np.full((8 + key, 9, 3), 60 * key, np.uint8)}


@pytest.fixture(scope="module")
def varied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("varied")
    Varied(data_dir=folder).download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    return folder


@pytest.mark.parametrize("resolution", [None, 5])
def test_images_of_other_sizes_are_brought_to_one(varied, resolution):
    images = np.stack(list(kgan.data.load("tfds:varied", resolution=resolution, data_dir=varied)))
    assert images.shape[1] == images.shape[2] == (resolution or images.shape[1]) and images.shape[3] == 3
    assert 8 <= images.shape[1] <= 9 or resolution
    levels = sorted(round(float(v)) for v in (images.mean(axis=(1, 2, 3)) + 1) * 127.5)
    assert levels == [0, 60, 120, 180]
    with pytest.raises(InputError, match="labels: got True, but this dataset has no labels"):
        kgan.data.load("tfds:varied", labels=True, data_dir=varied)


def test_no_image_feature(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Varied,
        "_info",
        lambda self: self.dataset_info_from_configs(features=tfds.features.FeaturesDict({"image": tf.int64})),
    )
    monkeypatch.setattr(Varied, "_generate_examples", lambda self: iter([(0, {"image": 1})]))
    Varied(data_dir=tmp_path).download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    with pytest.raises(InputError, match="dataset: 'varied' has no image named 'image'; its features: image"):
        kgan.data.load("tfds:varied", data_dir=tmp_path)


def no_network(*_, **__):
    raise OSError("no route")


def test_absent_and_offline_says_so_at_once(tmp_path, monkeypatch):
    tries = []
    monkeypatch.setattr(socket, "create_connection", lambda address, **_: tries.append(address) or no_network())
    with pytest.raises(InputError) as error:
        kgan.data.load("fashion_mnist", data_dir=tmp_path)
    assert len(tries) == 1  # TFDS itself tries for minutes
    message = str(error.value)
    assert message.startswith(f"dataset: 'fashion_mnist' is not in {tmp_path / 'fashion_mnist'} and could not be")
    assert "no network (" in message
    assert message.endswith("kgan data import --from=FOLDER --name=fashion_mnist")
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_fails_gives_its_first_line(tmp_path, monkeypatch):
    def fail(self, **_):
        raise RuntimeError("\n  the server is on fire\nand more")

    monkeypatch.setattr(records, "_unreachable", lambda urls: None)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(InputError, match="could not be downloaded: RuntimeError: the server is on fire; ") as error:
        kgan.data.load("tfds:cifar10", data_dir=tmp_path)
    assert "\n" not in str(error.value)


def test_the_proxy_is_asked_where_there_is_one(monkeypatch):
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda address, timeout: asked.append(address) or no_network())
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert records._unreachable(["gs://bucket/a", "https://data.example/b"]) == "proxy.example"
    assert asked == [("proxy.example", 3128)]


@pytest.mark.parametrize("name", ["cifer10", "no/such thing"])
def test_unknown_names(tmp_path, name):
    with pytest.raises(InputError) as error:
        kgan.data.load(f"tfds:{name}", data_dir=tmp_path)
    assert "\n" not in str(error.value) and repr(name) in str(error.value)
    if name == "cifer10":
        assert str(error.value).endswith("did you mean 'cifar10'?")


def test_unknown_versions(prepared):
    with pytest.raises(InputError) as error:
        kgan.data.load("tfds:mnist:9.9.9", data_dir=prepared)
    assert str(error.value).startswith(
        "dataset: 'mnist:9.9.9': Dataset mnist cannot be loaded at version 9.9.9, only: "
    )


@pytest.mark.parametrize("split", ["train[", "train[5:3]", "", None, 3])
def test_splits_that_are_none(prepared, split):
    with pytest.raises(InputError, match=r"^split: .*(known: test, train|is empty; wanted at least one example)$"):
        kgan.data.load("mnist", split, data_dir=prepared)


DAMAGE = {
    "a record cut short": ("*train*", lambda content: content[: len(content) // 2]),
    "a record with another byte": ("*train*", lambda content: content[:50] + bytes([content[50] ^ 255]) + content[51:]),
    "no record": ("*train*", None),
    "half its facts": ("dataset_info.json", lambda content: content[:50]),
    "none of its facts": ("dataset_info.json", lambda content: b"{}"),
    "no facts": ("dataset_info.json", None),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_data_are_named(prepared, tmp_path, damage):
    data_dir = shutil.copytree(prepared, tmp_path / "tfds")
    pattern, change = DAMAGE[damage]
    (path,) = data_dir.glob(f"mnist/*/{pattern}")
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=rf"^dataset: 'mnist'.*{data_dir}") as error:
        kgan.data.load("mnist", data_dir=data_dir)
    assert "\n" not in str(error.value) and "{{" not in str(error.value)


def written(builder, folder, monkeypatch, dtype, channels):
    """Two images of a dtype and so many channels, and the first as TFDS gives it."""
    random = np.random.default_rng(0)
    values = random.integers(0, np.iinfo(dtype).max, (2, 5, 4, channels), dtype=dtype, endpoint=True)
    image = tfds.features.Image(shape=(5, 4, channels), dtype=dtype, encoding_format="png")
    features = {"image": image, "label": tfds.features.ClassLabel(names=["cat", "dog"])}
    info = lambda self: self.dataset_info_from_configs(features=tfds.features.FeaturesDict(features))  # noqa: E731
    examples = ((i, {"image": value, "label": i}) for i, value in enumerate(values))
    monkeypatch.setattr(builder, "_info", info)
    monkeypatch.setattr(builder, "_generate_examples", lambda self: examples)
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    builder(data_dir=folder).download_and_prepare(download_config=config)
    return values


@pytest.mark.parametrize(("dtype", "channels"), [(np.uint16, 1), (np.uint8, 4), (np.uint16, 4)])
@pytest.mark.filterwarnings("ignore:dataset")
def test_16_bits_and_transparency(tmp_path, monkeypatch, dtype, channels):
    values = written(Varied, tmp_path, monkeypatch, dtype, channels) / np.iinfo(dtype).max
    colours, alpha = (values[..., :-1], values[..., -1:]) if channels in (2, 4) else (values, 1.0)
    expected = 2 * (colours * alpha + (1 - alpha)) - 1
    data = kgan.data.load("tfds:varied", data_dir=tmp_path, labels=True)
    assert data.num_classes == 2 and data.class_names == ("cat", "dog")
    images, labels = stack(data)
    order = labels.argsort()
    np.testing.assert_allclose(images[order], expected, atol=1e-6 if dtype == np.uint16 else 1.01 / 255)
    assert kgan.data.load("tfds:varied", data_dir=tmp_path, resolution="3x4").element_spec.shape[:2] == (3, 4)


def test_unknown_configuration(tmp_path):
    with pytest.raises(InputError, match="dataset: 'emnist/nothing': "):
        kgan.data.load("tfds:emnist/nothing", data_dir=tmp_path)
