"""The critic lint: what it says, and that it says so of the layers whose gradients are measured to be wrong."""

import warnings

import keras
import numpy as np
import pytest

import kgan
from kgan.checks import InputError
from kgan.models.lint import check_layers
from kgan.penalties import R1, GradientPenalty, PathLength
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
    "center_crop": (lambda: keras.layers.CenterCrop(16, 16), "keras.layers.Cropping2D"),
    "random_crop": (lambda: keras.layers.RandomCrop(16, 16, seed=1), "keras.layers.Cropping2D"),
    "perspective": (lambda: keras.layers.RandomPerspective(seed=1), "kgan.augment"),
    "translation": (lambda: keras.layers.RandomTranslation(0.2, 0.2, seed=1), "kgan.augment"),
    "shear": (lambda: keras.layers.RandomShear(0.2, 0.2, seed=1), "kgan.augment"),
    "zoom": (lambda: keras.layers.RandomZoom(0.2, seed=1), "kgan.augment"),
    "rotation": (lambda: keras.layers.RandomRotation(0.2, seed=1), "kgan.augment"),
    "softsign": (lambda: keras.layers.Activation("softsign"), "tanh"),
    "softsign_of_dense": (lambda: keras.layers.Dense(3, activation="softsign"), "tanh"),
    "softsign_of_ours": (lambda: kgan.layers.EqualizedDense(3, activation="softsign"), "tanh"),
}
RIGHT = {
    "nearest": lambda: keras.layers.UpSampling2D(2),
    "strided": lambda: keras.layers.Conv2D(4, 3, strides=2),
    "pooling": lambda: keras.layers.AveragePooling2D(2),
    "cropping": lambda: keras.layers.Cropping2D(1),
    "flip": keras.layers.RandomFlip,
    "softplus": lambda: keras.layers.Activation("softplus"),
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
        self.seeds = [(v, v.numpy()) for v in network.non_trainable_variables if "seed" in v.path]

    def __call__(self, x):
        for seed, start in self.seeds:  # the same draws each time
            seed.assign(start)
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
        check_layers("discriminator", critic(layer), [GradientPenalty()])
    assert measured(make) > 1e-5


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_second_order_gradient_is_an_error_that_names_the_replacement(name):
    make, instead = MISSING[name]
    layer = make()
    with pytest.raises(InputError, match=f"layer '{layer.name}' .* no second-order gradient, .*'r1' .*{instead}"):
        check_layers("discriminator", critic(layer), [lambda *_: 0.0, R1()])
    if name != "rotation":  # which fails in float64; it is the same transform as the others
        assert measured(make) > 1e-4


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_second_order_gradient_passes_without_a_word(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_layers("discriminator", critic(RIGHT[name]()), [R1()])
    assert measured(RIGHT[name]) < 1e-6


def test_without_a_penalty_that_differentiates_all_of_these_pass():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make, _ in [*WRONG.values(), *MISSING.values()]:
            check_layers("discriminator", critic(make()))
            check_layers("discriminator", critic(make()), [lambda *_: 0.0])


def test_our_batch_normalisation_is_right_but_couples_samples():
    with pytest.warns(UserWarning, match="couples the samples of a batch") as caught:
        check_layers("discriminator", critic(kgan.layers.BatchNormalization()), [R1()])
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
            check_layers("discriminator", critic(wrapper(keras.layers.Conv2D(4, 3))), penalties)


def generator(layer):
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1)), keras.Sequential([layer])]
    )


def test_path_length_asks_the_same_of_the_generator():
    def looked_at(layer, penalties, discriminator=None):
        network = generator(layer)
        discriminator = discriminator or keras.Sequential(
            [keras.Input(network.output_shape[1:]), keras.layers.Flatten(), keras.layers.Dense(1)]
        )
        kgan.GAN(network, discriminator, 4).compile(penalties=penalties)

    bilinear = lambda: keras.layers.UpSampling2D(2, interpolation="bilinear")  # noqa: E731
    with pytest.raises(InputError, match=r"generator: layer .* no second-order gradient, .* 'path_length' takes"):
        looked_at(bilinear(), ["path_length"])
    with pytest.warns(UserWarning, match=r"generator: layer .* wrong second-order .* 'path_length' takes; use kgan"):
        looked_at(keras.layers.LayerNormalization(), [R1(), PathLength()])
    for batch in (keras.layers.BatchNormalization, kgan.layers.BatchNormalization):
        with pytest.warns(UserWarning, match="generator: layer .* couples the samples of a batch"):
            looked_at(batch(), ["path_length"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, of Keras's variables
        looked_at(bilinear(), ["r1"])  # which does not differentiate the generator
        looked_at(keras.layers.BatchNormalization(), [])
        resizing = [keras.Input((4, 4, 1)), bilinear(), keras.layers.Flatten(), keras.layers.Dense(1)]
        # Nor does this one the discriminator.
        looked_at(kgan.layers.PixelNormalization(), ["path_length"], keras.Sequential(resizing))


def test_one_warning_for_each_class():
    layers = [keras.layers.LayerNormalization() for _ in range(3)] + [keras.layers.GroupNormalization(1)]
    with pytest.warns() as caught:
        check_layers("discriminator", keras.Sequential([keras.Input((4,)), *layers]), [R1()])
    assert len(caught) == 2


def test_a_class_with_its_own_call_is_not_judged_by_its_bases():
    class Mine(keras.layers.LayerNormalization):
        def call(self, inputs):
            return inputs

    class Renamed(keras.layers.LayerNormalization):
        pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_layers("discriminator", critic(Mine()), [R1()])
    with pytest.warns(UserWarning, match=r"\(Renamed\) has a wrong second-order gradient"):
        check_layers("discriminator", critic(Renamed()), [R1()])
