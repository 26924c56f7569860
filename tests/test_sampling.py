"""`Sampler`: what it draws and is given, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import priors
from kgan.checks import InputError
from kgan.sampling import Sampler, describe, described


def identity(laws, given=None, **about):
    return Sampler(lambda inputs: next(iter(inputs.values())), laws, given, **about)


PLAIN = identity({"latents": priors.Normal(3)}, sample_shape=(3,))
LABELLED = Sampler(
    lambda inputs: inputs["latents"][:, :1] * 0.0 + tf.cast(inputs["labels"], "float32")[:, None],
    {"latents": priors.Normal(2)},
    {"labels": priors.Labels(4)},
)
TRANSLATOR = identity({}, {"images": priors.Pictures((2, 2, 1))})


def test_samples_are_a_function_of_the_seed_and_not_of_the_batch_size():
    whole = PLAIN.sample(7, seed=3)
    assert whole.shape == (7, 3) and whole.dtype == "float32"
    np.testing.assert_array_equal(whole, PLAIN.sample(7, seed=3, batch_size=2))
    np.testing.assert_array_equal(whole, np.concatenate(list(PLAIN.iter_samples(7, seed=3, batch_size=3))))
    np.testing.assert_array_equal(whole, PLAIN(**PLAIN.inputs(7, seed=3)))
    assert (whole != PLAIN.sample(7, seed=4)).any()


def test_conditions_are_given_once_or_repeated_or_drawn():
    assert LABELLED.sample(5, labels=3)[:, 0].tolist() == [3.0] * 5
    assert LABELLED.sample(5, labels=[0, 1])[:, 0].tolist() == [0.0, 1.0, 0.0, 1.0, 0.0]
    drawn = LABELLED.sample(400)[:, 0]
    assert set(drawn) == {0.0, 1.0, 2.0, 3.0}
    pictures = np.arange(8, dtype="float32").reshape(2, 2, 2, 1)
    np.testing.assert_array_equal(TRANSLATOR.sample(2, images=pictures), pictures)
    np.testing.assert_array_equal(TRANSLATOR.sample(3, images=pictures)[2], pictures[0])
    assert (PLAIN.free, LABELLED.free, TRANSLATOR.free) == (True, True, False)


def test_samples_with_the_labels_that_they_were_made_by():
    whole = LABELLED.sample(7, seed=3)
    for given in ({}, {"labels": [2, 0]}):
        parts = list(LABELLED.iter_labelled(7, seed=3, batch_size=3, **given))
        samples, labels = (np.concatenate(part) for part in zip(*parts, strict=True))
        np.testing.assert_array_equal(samples[:, 0], labels)  # as this generator does
        assert labels.dtype == "int32" and labels.tolist()[:2] == (given.get("labels") or whole[:2, 0].tolist())
    np.testing.assert_array_equal(np.concatenate(list(PLAIN.iter_labelled(7, seed=3))), PLAIN.sample(7, seed=3))
    assert (LABELLED.classes, PLAIN.classes, TRANSLATOR.classes) == (4, None, None)


def test_latents_of_ones_own():
    latents = np.eye(3, dtype="float32")
    np.testing.assert_array_equal(PLAIN.of_latents(latents), latents)
    assert (PLAIN.latent_dim, LABELLED.latent_dim, TRANSLATOR.latent_dim) == (3, 2, None)


def test_it_can_be_described_and_made_again():
    several = identity({"x": priors.Uniform(2)}, sample_shape={"a": (1,), "b": (2, 3)})
    for sampler in (PLAIN, LABELLED, TRANSLATOR, several):
        about = described(describe(sampler))
        assert (about["prior"], about["given"], about["sample_shape"]) == (
            sampler.prior, sampler.given, sampler.sample_shape)  # fmt: skip


@pytest.mark.parametrize("ask, message", [
    (lambda: PLAIN.sample(0), "num: wanted a whole number from 1 on, got 0"),
    (lambda: PLAIN.sample(1, seed=-1), "seed: wanted a whole number"),
    (lambda: identity(PLAIN.prior, sample_shape=(10**9,)).sample(10**5), "num: .* take .* GiB"),
    (lambda: PLAIN.sample(1, labels=0), "labels: this generator is unconditional"),
    (lambda: LABELLED.sample(1, label=0), "condition: unknown name 'label'; did you mean 'labels'"),
    (lambda: LABELLED.sample(1, labels=4), r"labels: wanted labels in \[0, 4\), got 4"),
    (lambda: TRANSLATOR.sample(1), "images: this generator wants images, got none"),
    (lambda: PLAIN(latents=np.zeros((2, 4))), r"latents: wanted \(num, 3\), got \(2, 4\)"),
    (lambda: PLAIN(z=np.zeros((2, 3))), r"inputs: wanted \['latents'\], got \['z'\]"),
    (lambda: LABELLED(latents=np.zeros((2, 2)), labels=[1]), "inputs: wanted one row each"),
    (lambda: PLAIN.of_latents(np.zeros((2, 4))), r"latents: wanted \(num, 3\)"),
    (lambda: TRANSLATOR.of_latents(np.zeros((2, 4))), "latents: wanted a prior with one normal law"),
])  # fmt: skip
def test_bad_requests_are_one_line(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
