"""Networks of several inputs: by name where they know them, else by position; one line where they do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan.checks import InputError
from kgan.feed import as_float32, feed, trial

A, B = tf.constant([[1.0, 2.0]]), tf.constant([[30.0]])


def functional(names, as_dict=False):
    a, b = keras.Input((2,), name=names[0]), keras.Input((1,), name=names[1])
    total = keras.ops.sum(a, 1, keepdims=True) * 100.0 + b
    return keras.Model({names[0]: a, names[1]: b} if as_dict else [a, b], total)


class Named(keras.Model):
    def call(self, a, b, training=False):
        return keras.ops.sum(a, 1, keepdims=True) * 100.0 + b


class Listed(keras.Model):
    def call(self, inputs, training=False):
        a, b = inputs
        return keras.ops.sum(a, 1, keepdims=True) * 100.0 + b


@pytest.mark.parametrize("network", [
    functional("ab"), functional("ab", as_dict=True), functional("xy"), Named(), Listed(),
])  # fmt: skip
def test_every_usual_form(network):
    np.testing.assert_allclose(feed(network, {"a": A, "b": B}), [[330.0]])


def test_names_count_before_the_order():
    np.testing.assert_allclose(feed(functional("ab"), {"b": B, "a": A}), [[330.0]])
    np.testing.assert_allclose(feed(Named(), {"b": B, "a": A}), [[330.0]])


def test_structures_become_float32_and_lists_tuples():
    made = as_float32({"a": [tf.constant([1], "int32"), np.zeros(2)], "b": tf.constant([1.0], "float16")})
    assert isinstance(made["a"], tuple) and {x.dtype.name for x in tf.nest.flatten(made)} == {"float32"}


def test_one_input_needs_no_name():
    assert feed(keras.Sequential([keras.layers.Dense(4)]), {"latents": A}).shape == (1, 4)


@pytest.mark.parametrize("network, message", [
    (functional("ab"), r"generator: '.*' is given a \(2,\), b \(2,\), but it takes \(2,\), \(1,\)"),
    (keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), r"generator: '.*' is given a \(2,\), b \(2,\), but"),
    ("no network", "generator: wanted a keras.Model, got 'no network'"),
])  # fmt: skip
def test_what_does_not_fit_is_told_with_both_structures(network, message):
    with pytest.raises(InputError, match=message):
        trial("generator", network, {"a": A, "b": tf.ones((1, 2))})
