"""Feature matching: which features, and their distance against NumPy."""

import dataclasses

import keras
import numpy as np
import pytest

import kgan
from kgan import penalties
from kgan.checks import InputError
from tests.penalties import cases


def term(penalty, discriminator, real, fake):
    play = penalties.Play(None, discriminator, None, None, None, real, fake)
    return float(penalty.generator_term(play))


@pytest.mark.parametrize("kind", ["mlp", "dcgan", "dcgan, spectral"])
def test_by_default_the_logit_is_a_linear_function_of_the_features(kind):
    play = cases.play(kind)
    features = penalties.FeatureMatching().features(play.discriminator)(play.real).numpy()
    assert features.ndim == 2 and features.shape[1] > 1
    logits = play.judge(play.real).numpy()
    last = play.discriminator.layers[-1]
    kernel = last.kernel.numpy()
    if "spectral" in kind:
        kernel = kernel / (last.v.numpy() @ kernel @ last.u.numpy())
    np.testing.assert_allclose(
        logits, features @ kernel + getattr(last, "layer", last).bias.numpy(), rtol=1e-4, atol=1e-5
    )
    other = dataclasses.replace(play, fake=play.real)
    assert float(penalties.FeatureMatching().generator_term(other)) == 0.0


def test_value_and_named_layer():
    rng = np.random.default_rng(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="early"), keras.layers.Dense(1)])
    real, fake = rng.normal(size=(2, 6, 3)).astype("float32")
    mean = (real - fake).mean(0) @ model.layers[0].kernel.numpy()
    assert term(penalties.FeatureMatching(2.0), model, real, fake) == pytest.approx(2 * np.sum(mean**2), rel=1e-4)
    deep = kgan.networks.dcgan_discriminator((8, 8, 1), width=4)
    penalty = penalties.FeatureMatching(layer=deep.layers[1].name)
    maps = deep.layers[1](cases.play().real).numpy()
    assert penalty.features(deep)(cases.play().real).shape == maps.shape
    assert penalty.features(deep) is penalty.features(deep)


def test_features_of_conditional_discriminators_are_of_the_samples_alone():
    x = cases.play().real
    for condition in ("projection", "classes"):
        judge = kgan.networks.dcgan_discriminator(cases.SHAPE, width=4, num_classes=3, condition=condition)
        assert penalties.FeatureMatching().features(judge)(x).shape == (cases.BATCH, 64)
    judge = kgan.networks.dcgan_discriminator(cases.SHAPE, width=4, num_classes=3, condition="concatenation")
    pair = kgan.networks.patch_discriminator(cases.SHAPE, cases.SHAPE, width=4, depth=1)
    for discriminator in (judge, pair):
        with pytest.raises(InputError, match=r"^discriminator: feature matching wants features of the samples alone"):
            penalties.FeatureMatching().features(discriminator)


def test_wants_a_functional_discriminator_that_has_the_layer():
    class Subclassed(keras.Model):
        def call(self, x):
            return x

    x = np.zeros((2, 3), "float32")
    with pytest.raises(InputError, match="wants a functional model with a kernel layer, got a Subclassed"):
        term(penalties.FeatureMatching(), Subclassed(), x, x)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="early"), keras.layers.Dense(1)])
    with pytest.raises(InputError, match="layer: unknown name 'earli'; did you mean 'early'"):
        term(penalties.FeatureMatching(layer="earli"), model, x, x)
