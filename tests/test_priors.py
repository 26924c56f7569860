"""Priors: their moments, seeds and ranges; conditions: what they take and refuse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import priors, random
from kgan.checks import InputError


def test_laws_have_their_moments_and_are_functions_of_the_seed():
    normal = priors.Normal((2, 3)).draw(4000, random.key(0)).numpy()
    assert normal.shape == (4000, 2, 3) and normal.dtype == "float32"
    assert abs(normal.mean()) < 0.03 and normal.std() == pytest.approx(1.0, abs=0.03)
    uniform = priors.Uniform(3, low=-2.0, high=4.0).draw(4000, random.key(1)).numpy()
    assert uniform.min() >= -2.0 and uniform.max() < 4.0 and uniform.mean() == pytest.approx(1.0, abs=0.1)
    code = priors.Categorical(5).draw(5000, random.key(2)).numpy()
    assert set(np.unique(code)) == {0.0, 1.0} and (code.sum(1) == 1).all()
    np.testing.assert_allclose(code.mean(0), 0.2, atol=0.03)
    labels = priors.Labels(3).draw(3000, random.key(3)).numpy()
    assert labels.dtype == "int32" and np.bincount(labels, minlength=3) / 3000 == pytest.approx([1 / 3] * 3, abs=0.05)
    for law in (priors.Normal(2), priors.Uniform(2), priors.Categorical(9), priors.Labels(9)):
        first, again, other = (law.draw(20, random.key(seed)).numpy() for seed in (0, 0, 1))
        assert (first == again).all() and (first != other).any()


def test_parts_of_a_prior_are_independent_and_the_first_is_drawn_as_if_alone():
    laws = priors.named({"a": priors.Normal(4), "b": priors.Normal(4)})
    drawn = priors.draw(laws, 5, random.key(0))
    np.testing.assert_array_equal(drawn["a"], priors.Normal(4).draw(5, random.key(0)))
    assert np.abs(drawn["a"] - drawn["b"]).max() > 0.1
    assert priors.named(7) == {"latents": priors.Normal(7)} == priors.named(priors.Normal(7))


@pytest.mark.parametrize("law", [priors.Normal(3), priors.Uniform((2, 2)), priors.Categorical(4), priors.Labels(2),
                                 priors.Pictures((None, 8, 3))])  # fmt: skip
def test_laws_survive_keras_serialisation(law):
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(law)) == law


def test_conditions_take_one_or_several():
    assert priors.Labels(10).take("labels", 3).tolist() == [3]
    assert priors.Labels(10).take("labels", (1, 2)).tolist() == [1, 2]
    assert priors.Pictures((4, None, 1)).take("images", np.zeros((4, 9, 1))).shape == (1, 4, 9, 1)
    assert priors.Pictures((4, 4, 1)).take("images", np.zeros((3, 4, 4, 1))).dtype == "float32"


@pytest.mark.parametrize("make, message", [
    (lambda: priors.named("latents"), "prior: wanted a dimension, a law"),
    (lambda: priors.named(0), "latent_dim: wanted a whole number from 1 on"),
    (lambda: priors.Normal((3, -1)), "shape: wanted a whole number"),
    (lambda: priors.Uniform(2, 1.0, 1.0), "high: wanted a number above low"),
    (lambda: priors.Categorical(1), "classes: wanted a whole number from 2 on"),
    (lambda: priors.Labels(3).take("labels", [0, 3]), r"labels: wanted labels in \[0, 3\), got 3"),
    (lambda: priors.Labels(3).take("labels", 0.5), "labels: wanted whole numbers"),
    (lambda: priors.Labels(3).take("labels", []), "labels: wanted whole numbers"),
    (lambda: priors.Pictures((4, 4, 3)).take("images", np.zeros((4, 4, 1))), r"images: wanted pictures of shape"),
])  # fmt: skip
def test_bad_input_is_one_line(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_draws_in_a_graph_are_the_same():
    laws = {"a": priors.Normal(2), "b": priors.Categorical(3), "c": priors.Labels(4)}
    compiled = tf.function(lambda num, key: priors.draw(laws, num, key))
    for name, value in compiled(tf.constant(6), random.key(5)).items():
        np.testing.assert_array_equal(value, priors.draw(laws, 6, random.key(5))[name])
