"""The Inception path, on graphs of the same file format and names with random weights and few channels inside."""

import hashlib
import tarfile

import numpy as np
import pytest
import tensorflow as tf

from kgan.checks import InputError
from kgan.metrics import perceptual_path_length
from kgan.metrics.networks import inception
from kgan.metrics.networks.inception import Inception

tf1 = tf.compat.v1


def graph(seed=0):
    """As the original: an image at ExpandDims in [0, 255], TensorFlow 1's resizing inside, the batch normalisation
    that functions of today's version refuse, and a tail for one image. Returns its bytes and its weights."""
    random = np.random.default_rng(seed)
    kernel = random.normal(size=(9, 9, 3, 8)).astype("float32") / 10
    scale = random.uniform(0.5, 1.5, size=(4, 8)).astype("float32")
    wide, last = random.normal(size=(1, 1, 8, 2048)).astype("float32"), random.normal(size=(2048, 1008)) / 200
    with tf.Graph().as_default() as built:
        image = tf1.placeholder("float32", [None, None, 3], name="Cast")
        x = tf1.image.resize_bilinear(tf.expand_dims(image, 0, name="ExpandDims"), (299, 299), name="ResizeBilinear")
        x = tf.multiply(tf.subtract(x, 128.0, name="Sub"), 1 / 128, name="Mul")
        x = tf.nn.conv2d(x, tf.constant(kernel), 8, "VALID")
        parts = [tf.constant(row, name=f"bn/{i}").op.name for i, row in enumerate(scale)]
        x = tf.identity(x, name="bn")
        x = tf.nn.conv2d(tf.nn.relu(x), tf.constant(wide), 1, "VALID")
        x = tf1.reduce_mean(x, (1, 2), keepdims=True, name="pool_3")
        flat = tf.reshape(x, [1, 2048], name="pool_3/_reshape")
        logits = tf.matmul(flat, tf.constant(last.astype("float32")), name="softmax/logits/MatMul")
        tf.nn.softmax(tf.nn.bias_add(logits, tf.ones(1008)), name="softmax")
    definition = built.as_graph_def()
    definition.versions.producer = 8  # the last in which this operation was no error
    node = next(node for node in definition.node if node.name == "bn")
    node.op = "BatchNormWithGlobalNormalization"
    node.input.extend(parts)
    node.attr["variance_epsilon"].f, node.attr["scale_after_normalization"].b = 1e-3, True
    return definition.SerializeToString(), (kernel, scale, wide, last)


def expected(images, weights):
    """The same in NumPy's terms, resizing included: pixel i of the output lies at i * size / 299 of the input."""
    kernel, (mean, variance, beta, gamma), wide, last = weights
    pixels = np.rint((np.repeat(images, 3 // images.shape[-1], -1) + 1) * 127.5)
    height, width = pixels.shape[1:3]

    def along(x, axis, size):
        place = np.arange(299) * size / 299
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, size - 1)
        part = (place - low).reshape([-1 if i == axis else 1 for i in range(4)])
        return np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part

    x = along(along(pixels, 1, height), 2, width)
    x = tf.nn.conv2d((x.astype("float32") - 128) / 128, kernel, 8, "VALID")
    x = tf.nn.relu((x - mean) / np.sqrt(variance + 1e-3) * gamma + beta)
    features = np.asarray(tf.reduce_mean(tf.nn.conv2d(x, wide, 1, "VALID"), (1, 2)))
    return features, np.asarray(tf.nn.softmax(features @ last))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    content, weights = graph()
    path = tmp_path_factory.mktemp("graph") / inception.FILE
    path.write_bytes(content)
    return path, weights


@pytest.mark.parametrize("channels", [1, 3])
def test_features_and_probabilities_are_those_of_the_graph_by_hand(original, channels, monkeypatch):
    monkeypatch.setattr(inception, "BATCH", 3)
    path, weights = original
    images = np.random.default_rng(1).uniform(-1, 1, (5, 32, 28, channels)).astype("float32")
    features, probabilities = Inception(path)(images)
    assert features.shape == (5, 2048) and probabilities.shape == (5, 1008)
    want_features, want_probabilities = expected(images, weights)
    np.testing.assert_allclose(features, want_features, rtol=1e-3, atol=1e-3 * abs(want_features).max())
    np.testing.assert_allclose(probabilities, want_probabilities, rtol=1e-2)
    half_pixels = np.asarray(tf.image.resize((images + 1) * 127.5, (299, 299))) / 127.5 - 1
    other, _ = expected(half_pixels, weights)
    assert abs(other - want_features).max() > 0.01 * abs(want_features).max()  # the resizer is seen


def test_the_path_length_is_not_that_of_the_rounding(original):
    """A finite difference that has converged, of a generator whose step of 1e-3 moves a pixel by half a level."""
    network, matrix = Inception(original[0]), np.random.default_rng(2).normal(size=(4, 16 * 16)) / 8
    generate = lambda z: np.tanh(z @ matrix).reshape(-1, 16, 16, 1).astype("float32")  # noqa: E731
    fine, coarse = (perceptual_path_length(generate, network, 4, num=40, epsilon=e) for e in (1e-3, 1e-2))
    assert fine == pytest.approx(coarse, rel=0.05)


def test_from_the_archive_and_the_label_follows_the_weights(original, tmp_path):
    path, _ = original
    archive = tmp_path / "inception-2015-12-05.tgz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(path, inception.FILE)
    other = tmp_path / "other.pb"
    other.write_bytes(graph(seed=1)[0])
    assert Inception(archive).label == Inception(path).label != Inception(other).label


def test_fetched_once_and_checked(original, tmp_path, monkeypatch):
    path, _ = original
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(inception, "URL", path.as_uri())
    with pytest.raises(InputError, match="wanted the SHA-256 009d6814"):
        Inception()
    assert not list((tmp_path / "cache").iterdir())  # nothing half written
    monkeypatch.setattr(inception, "SHA256", sha)
    first = Inception().label
    monkeypatch.setattr(inception, "URL", (tmp_path / "gone").as_uri())
    assert Inception().label == first
    (tmp_path / "cache" / inception.FILE).write_bytes(b"damaged")
    with pytest.raises(InputError, match="remove it") as told:
        Inception()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("damage", ["cut", "bits", "directory", "another"])
def test_a_damaged_archive_is_told_in_one_line(original, tmp_path, damage):
    archive = tmp_path / "inception-2015-12-05.tgz"
    with tarfile.open(archive, "w:gz") as file:
        source = tmp_path if damage == "directory" else original[0]
        file.add(source, "other.pb" if damage == "another" else inception.FILE, recursive=False)
    content = archive.read_bytes()
    middle = len(content) // 2
    if damage == "cut":
        archive.write_bytes(content[:middle])
    if damage == "bits":
        archive.write_bytes(content[:middle] + np.random.default_rng(0).bytes(middle))
    with pytest.raises(InputError, match="path: cannot read the Inception graph") as told:
        Inception(archive)
    assert "\n" not in str(told.value)


def test_what_cannot_be_read_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "text.pb").write_text("no graph")
    (tmp_path / "empty.pb").write_bytes(b"")
    (tmp_path / "text.tgz").write_text("no archive")
    monkeypatch.setattr(inception, "URL", "http://localhost:9/nothing")
    cases = [("missing.pb", "cannot read"), ("text.pb", "is not the Inc"), ("empty.pb", "is not the Inc")]
    cases += [("text.tgz", "cannot read"), (None, "cannot fetch http://localhost:9/nothing .*place it at")]
    for name, message in cases:
        with pytest.raises(InputError, match=message) as told:
            Inception(name and tmp_path / name)
        assert "\n" not in str(told.value)
