"""Networks of the users' own: their classes, Lambdas, images of any size, two heads, two inputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError

L = keras.layers
POINTS = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
IMAGES = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 3)).astype("float32")


class Maker(keras.Model):
    """With arguments that Keras knows only by `get_config`."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width, self.hidden, self.out = width, L.Dense(width, "tanh"), L.Dense(2)

    def call(self, z, training=False):
        return self.out(self.hidden(z))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


class Judge(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = L.Dense(1)

    def call(self, x, training=False):
        return self.out(x)


class Plain(Maker):
    """Says nothing of its arguments, and holds what cannot be copied."""

    def __init__(self, width):
        super().__init__(width)
        self.names = iter("ab")

    def get_config(self):
        raise NotImplementedError("Plain has no get_config")


def sequential(*layers):
    return keras.Sequential(list(layers))


def any_size():
    return sequential(keras.Input((None, None, 3)), L.Conv2D(4, 3, 2), L.GlobalAveragePooling2D(), L.Dense(1))


def two_heads(named=lambda logits, other: {"logits": logits, "other": other}):
    x = keras.Input((2,))
    hidden = L.Dense(4, "tanh")(x)
    return keras.Model(x, named(L.Dense(1)(hidden), L.Dense(3, trainable=False)(hidden)))


def two_inputs():
    x, labels = keras.Input((2,), name="samples"), keras.Input((), dtype="int32", name="labels")
    return keras.Model([x, labels], L.Dense(1)(L.Concatenate()([x, L.Flatten()(L.Embedding(3, 2)(labels))])))


def told_maker():
    z, labels = keras.Input((2,), name="latents"), keras.Input((), dtype="int32", name="labels")
    return keras.Model([z, labels], L.Dense(2)(L.Concatenate()([z, L.Flatten()(L.Embedding(3, 2)(labels))])))


def pictures():
    return kgan.networks.mlp_generator((8, 8, 3), 2, width=4, depth=1)


def points():
    return sequential(keras.Input((2,)), L.Dense(4, "tanh"), L.Dense(2))


def lambdas(function=lambda x: 3.0 * x):
    return sequential(keras.Input((2,)), L.Dense(4), L.Lambda(function), L.Dense(2))


LABELS = np.arange(8, dtype="int32") % 3
CASES = {
    "subclassed": (lambda: Maker(4), Judge, POINTS),
    "a Lambda": (lambdas, lambda: sequential(L.Lambda(lambda x: x * x), L.Dense(1)), POINTS),
    "images of any size": (pictures, any_size, IMAGES),
    "two heads": (points, two_heads, POINTS),
    "two inputs": (told_maker, two_inputs, (POINTS, LABELS)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_plays_and_is_averaged(case):
    maker, judge, data = CASES[case]
    told = {"conditions": {"labels": kgan.priors.Labels(3)}} if isinstance(data, tuple) else {}
    gan = kgan.GAN(maker(), judge(), latent_dim=2, **told)
    gan.compile(ema_decay=0.5, run_eagerly=True)
    before = [v.numpy() for v in gan.trainable_variables]
    np.testing.assert_array_equal(gan.sample(3), gan.sample(3, average=False))  # copied with its weights
    gan.fit(tf.data.Dataset.from_tensor_slices(data).batch(4), verbose=0)
    assert all(not np.array_equal(a, v) for a, v in zip(before, gan.trainable_variables, strict=True))
    samples = gan.sample(3)
    assert samples.shape == (3, *(data[0] if told else data).shape[1:]) and np.isfinite(samples).all()
    assert not np.array_equal(samples, gan.sample(3, average=False))


@pytest.mark.parametrize(
    ("maker", "reason"),
    [
        (lambda: Plain(4), "g: a Plain cannot be copied for its average (Plain has no get_config"),
        # Python's own copies of functions forget the module that they were written in.
        (lambda: lambdas(lambda x: tf.nn.tanh(x)), "g: a Sequential cannot be copied for its average ("),
    ],
    ids=["subclassed", "a Lambda"],
)
def test_one_that_cannot_be_copied_is_told_the_way(maker, reason):
    gan = kgan.GAN(maker(), Judge(), latent_dim=2)
    with pytest.raises(InputError) as error:
        gan.compile()
    assert str(error.value).startswith(reason) and str(error.value).endswith("or compile(ema_decay=None)")
    assert "\n" not in str(error.value)
    gan.compile(ema_decay=None, run_eagerly=True)
    gan.fit(POINTS, batch_size=4, verbose=0)
    assert int(gan.step) == 2


@pytest.mark.parametrize(
    ("named", "got"),
    [
        (lambda logits, other: [logits, other], r"a (list|tuple) of 2"),
        (lambda logits, other: {"real": logits, "other": other}, r"a dict of \['other', 'real'\]"),
    ],
)
def test_heads_of_which_none_is_called_logits_are_told_the_way(named, got):
    with pytest.raises(InputError, match=rf"^discriminator: '.*' gives {got}; wanted logits, or a dict with 'logits'"):
        kgan.GAN(points(), two_heads(named), latent_dim=2)
    judges = [two_heads(), two_heads(named)]
    for make, where in (
        (lambda: kgan.MultiDiscriminatorGAN(points(), judges, 2), r"discriminators\[1\]"),
        (lambda: kgan.MixGAN([points(), points()], judges, 2), "d2"),
    ):
        with pytest.raises(InputError, match=rf"^{where}: '.*' gives {got}; wanted logits"):
            make()


def test_an_input_that_nobody_gives_is_told_with_its_shape():
    with pytest.raises(InputError, match=r"^discriminator: '.*' is given samples \(2,\), but it takes \(2,\), \(\)$"):
        kgan.GAN(points(), two_inputs(), latent_dim=2)


def test_a_discriminator_that_says_nothing_is_told_so():
    class Silent(Judge):
        def call(self, x, training=False):
            self.out(x)

    with pytest.raises(InputError, match=r"^discriminator: '.*' gives a NoneType; wanted logits"):
        kgan.GAN(points(), Silent(), latent_dim=2)
