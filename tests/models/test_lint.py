"""The critic lint: what it says, and that it says so of the layers whose gradients are measured to be wrong."""

import warnings

import keras
import numpy as np
import pytest

import kgan
from kgan.checks import InputError
from kgan.models.lint import check_critic
from kgan.penalties import R1, GradientPenalty
from tests.layers.second_order import error

WRONG = {
    "layer": (keras.layers.LayerNormalization, "use kgan.layers.LayerNormalization"),
    "group": (lambda: keras.layers.GroupNormalization(2), "use kgan.layers.GroupNormalization"),
    "batch": (
        keras.layers.BatchNormalization,
        "couples the samples .* wrong second-order gradient, .* use kgan.layers",
    ),
}
MISSING = {
    "bilinear": (lambda: keras.layers.UpSampling2D(2, interpolation="bilinear"), "BlurUpsampling2D"),
    "bicubic": (lambda: keras.layers.UpSampling2D(2, interpolation="bicubic"), "BlurUpsampling2D"),
    "resizing": (lambda: keras.layers.Resizing(4, 4), "BlurUpsampling2D or BlurDownsampling2D"),
    "resizing_nearest": (lambda: keras.layers.Resizing(4, 4, interpolation="nearest"), "BlurDownsampling2D"),
}
RIGHT = {
    "nearest": lambda: keras.layers.UpSampling2D(2),
    "strided": lambda: keras.layers.Conv2D(4, 3, strides=2),
    "pooling": lambda: keras.layers.AveragePooling2D(2),
    "rms": keras.layers.RMSNormalization,
    "ours": kgan.layers.LayerNormalization,
    "blur": kgan.layers.BlurDownsampling2D,
    "spectral": lambda: kgan.layers.SpectralNormalization(keras.layers.Conv2D(4, 3)),
}


def critic(layer):
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, padding="same", activation="tanh"),
            keras.Sequential([layer]),  # at any depth
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh"),
            keras.layers.Dense(1),
        ]
    )


class Training:
    def __init__(self, network):
        self.network, self.trainable_variables = network, network.trainable_variables

    def __call__(self, x):
        return self.network(x, training=True)


def measured(make):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    x = keras.Variable(np.random.default_rng(0).normal(size=(3, 8, 8, 3)), dtype="float64")
    return error(Training(critic(make())), x)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_second_order_gradient_is_a_warning_that_names_the_replacement(name):
    make, message = WRONG[name]
    layer = make()
    with pytest.warns(UserWarning, match=f"discriminator: layer '{layer.name}' .*{message}"):
        check_critic(critic(layer), [GradientPenalty()])
    assert measured(make) > 1e-5


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_second_order_gradient_is_an_error_that_names_the_replacement(name):
    make, instead = MISSING[name]
    layer = make()
    with pytest.raises(InputError, match=f"layer '{layer.name}' .* no second-order gradient, .*'r1' .*{instead}"):
        check_critic(critic(layer), [lambda *_: 0.0, R1()])
    assert measured(make) > 0.1


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_second_order_gradient_passes_without_a_word(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_critic(critic(RIGHT[name]()), [R1()])
    assert measured(RIGHT[name]) < 1e-6


def test_without_a_penalty_that_differentiates_all_of_these_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make, _ in [*WRONG.values(), *MISSING.values()]:
            check_critic(critic(make()))
            check_critic(critic(make()), [lambda *_: 0.0])


def test_our_batch_normalisation_is_right_but_couples_samples():
    with pytest.warns(UserWarning, match="couples the samples of a batch") as caught:
        check_critic(critic(kgan.layers.BatchNormalization()), [R1()])
    assert "wrong" not in str(caught[0].message)
    assert measured(kgan.layers.BatchNormalization) < 1e-6


@pytest.mark.parametrize("penalties", [[], [R1()]])
def test_spectral_normalisation_that_overwrites_its_kernel_is_warned_of_always(penalties):
    class SpectralNormalization(keras.layers.Wrapper):  # as tensorflow-addons' would be
        def call(self, inputs):
            return self.layer(inputs)

    SpectralNormalization.__module__ = "tensorflow_addons.layers.spectral_normalization"
    for wrapper in (keras.layers.SpectralNormalization, SpectralNormalization):
        with pytest.warns(UserWarning, match=r"overwrites its kernel .* use kgan\.layers\.SpectralNormalization"):
            check_critic(critic(wrapper(keras.layers.Conv2D(4, 3))), penalties)


def test_one_warning_for_each_class():
    layers = [keras.layers.LayerNormalization() for _ in range(3)] + [keras.layers.GroupNormalization(1)]
    with pytest.warns() as caught:
        check_critic(keras.Sequential([keras.Input((4,)), *layers]), [R1()])
    assert len(caught) == 2


def test_a_class_with_its_own_call_is_not_judged_by_its_bases():
    class Mine(keras.layers.LayerNormalization):
        def call(self, inputs):
            return inputs

    class Renamed(keras.layers.LayerNormalization):
        pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_critic(critic(Mine()), [R1()])
    with pytest.warns(UserWarning, match=r"\(Renamed\) has a wrong second-order gradient"):
        check_critic(critic(Renamed()), [R1()])
