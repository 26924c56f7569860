"""Feature networks: every member through one contract; what only one of them has, after it."""

import keras
import numpy as np
import pytest

import kgan
from kgan.checks import InputError
from kgan.metrics import networks
from kgan.metrics.networks import train_classifier
from kgan.metrics.precision_recall import precision_recall

random = np.random.default_rng(0)
IMAGES = random.uniform(-1, 1, (8, 28, 28, 1)).astype("float32")


def digits():
    ((images, labels),) = kgan.data.load("digits", batch_size=1797, labels=True, shuffle=False)
    return images.numpy(), labels.numpy()


@pytest.fixture(scope="module")
def classifier():
    """With a sixth of its training, after which it knows digits well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kgan.metrics.networks.classifier.STEPS", 500)
        return train_classifier(*digits(), cache=False)


@pytest.fixture(params=["raw", "random_projection(dimension=16)", "classifier", "mobilenet_v2", "modes"])
def network(request, classifier):
    if request.param == "classifier":
        return classifier
    if request.param == "mobilenet_v2":
        return networks.Application("mobilenet_v2", weights=None)
    if request.param == "modes":
        return networks.Modes(random.normal(size=(3, 2)), 0.1)
    return networks.network(request.param)


def test_contract(network):
    samples = random.normal(size=(8, 2)) if network.name == "modes" else IMAGES
    seen, probabilities = network(samples)
    assert seen.ndim == 2 and len(seen) == 8 and np.isfinite(seen).all()
    if probabilities is None:
        assert network.class_names is None
    else:
        assert probabilities.shape == (8, len(network.class_names))
        np.testing.assert_allclose(probabilities.sum(1), 1.0, atol=1e-5)
    assert len(network.hash) == 8 and int(network.hash, 16) >= 0
    assert network.label == f"{network.name}-{network.hash[:4]}" and network.resizer
    np.testing.assert_allclose(network(samples[3:5])[0], seen[3:5], rtol=1e-3, atol=1e-4)  # each by itself


def test_an_application_sees_what_keras_prepares():
    """Of 224 pixels, where nothing is resized: this network's inputs are in [-1, 1], which our images are already."""
    images = random.uniform(-1, 1, (2, 224, 224, 3)).astype("float32")
    keras.utils.set_random_seed(0)
    seen, _ = networks.Application("mobilenet_v2", weights=None)(images)
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2((224, 224, 3), include_top=False, pooling="avg", weights=None)
    expected = model(images, training=False).numpy()
    np.testing.assert_allclose(seen, expected, rtol=1e-2, atol=1e-3 * expected.max())  # random weights: near 1e-12


def test_the_hash_follows_what_the_output_depends_on():
    make = networks.network
    labels = ["random_projection(dimension=16)", "random_projection", "random_projection(seed=1)", "raw"]
    assert len({make(label).hash for label in labels}) == 4
    assert make("raw").hash == make("raw").hash


def test_modes_have_the_nearest_centre_as_class():
    samples, probabilities = networks.Modes([[0, 0], [4, 0]], 1.0)(np.array([[1.0, 9.0], [3.0, -9.0]]))
    assert probabilities.argmax(1).tolist() == [0, 1] and samples.shape == (2, 2)


@pytest.mark.slow
def test_the_classifier_knows_digits_it_has_not_seen(classifier):
    assert classifier.accuracy >= 0.97
    images, labels = digits()
    assert (classifier(images)[1].argmax(1) == labels).mean() >= 0.98


def test_its_features_are_standardised_and_see_that_noise_is_no_digit(classifier):
    images, _ = digits()
    seen = classifier(images)[0]
    np.testing.assert_allclose(seen.mean(0), 0.0, atol=0.1)
    assert seen.shape[1] == 96 and np.median(seen.var(0)) == pytest.approx(1.0, abs=0.1)
    noise = np.random.default_rng(0).uniform(-1, 1, images.shape).astype("float32")
    near = precision_recall(seen, classifier(noise)[0])["precision"]
    assert near < 0.01 < 0.5 < precision_recall(seen[::2], seen[1::2])["precision"]


def test_the_classifier_is_kept_and_leaves_the_global_seed_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path))
    monkeypatch.setattr("kgan.metrics.networks.classifier.STEPS", 3)
    labels = np.arange(24) % 3
    images = random.uniform(-1, 1, (24, 28, 28, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    expected = keras.random.normal((2,)).numpy()
    keras.utils.set_random_seed(0)
    first = train_classifier(images, labels)
    np.testing.assert_array_equal(keras.random.normal((2,)).numpy(), expected)
    monkeypatch.setattr("kgan.metrics.networks.classifier._train", None)  # it is not trained again
    again = train_classifier(images, labels)
    assert (again.hash, again.accuracy) == (first.hash, first.accuracy)
    np.testing.assert_array_equal(again(IMAGES)[0], first(IMAGES)[0])
    with pytest.raises(TypeError):
        train_classifier(images, labels, seed=1)  # which would be another


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("classifer", "did you mean 'classifier'"),
        ("classifier", "here are none; try 'inception'"),
        ("application('resnet5')", "did you mean 'resnet50'"),
        ("application('vgg16', weights='no such file')", "cannot load the weights"),
        ("random_projection(dimension=0)", "dimension: wanted a whole number"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(name, message):
    with pytest.raises(InputError, match=message) as told:
        networks.network(name)
    assert "\n" not in str(told.value)


def test_classifier_asks_for_images_of_its_size_and_labels(classifier):
    with pytest.raises(InputError, match="was trained on images"):
        classifier(np.zeros((2, 32, 32, 3), "float32"))
    with pytest.raises(InputError, match="labels: wanted whole numbers"):
        train_classifier(np.zeros((24, 28, 28, 1)), np.full(24, -1))
    with pytest.raises(InputError, match="images: wanted"):
        train_classifier(np.zeros((24, 28, 28, 1)), np.zeros(3, int))
