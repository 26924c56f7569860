"""`Sampler`: what it draws and is given, and what it refuses."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
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


def moved(network):
    rng = np.random.default_rng(0)
    for v in network.weights:
        if v.dtype != "uint32":
            v.assign(np.abs(v.numpy() + rng.normal(size=v.shape)))  # variances too
    return network


def sampler_of(network):
    given = {"labels": priors.Labels(3)} if len(network.inputs) > 1 else {}
    return Sampler.of(moved(network), 4, given, sample_shape=network.output_shape[1:])


NETWORKS = {
    "mlp": lambda: kgan.networks.mlp_generator((2,), 4, 8, normalization="batch"),
    "dcgan": lambda: kgan.networks.dcgan_generator((8, 8, 1), 4, 4, num_classes=3),
    "sagan": lambda: kgan.networks.sagan_generator((8, 8, 1), 4, 4),
    "dropout": lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), Dropped(), keras.layers.Dense(2)]),
}


class Dropped(keras.layers.Dropout):
    """On in samples too."""

    def __init__(self):
        super().__init__(0.5)

    def call(self, x, training=False):
        return super().call(x, training=True)


@pytest.mark.parametrize(
    ("name", "policy"),
    [("mlp", "float32"), ("dcgan", "mixed_bfloat16"), ("sagan", "float32"), ("dropout", "float32")],
)
def test_a_network_is_compiled_once_and_gives_the_same_bits_for_the_same_request(name, policy):
    keras.config.set_dtype_policy(policy)
    sampler = sampler_of(NETWORKS[name]())
    single = sampler.sample(3, seed=1)
    assert "graph" not in vars(sampler.compiled)  # one batch is made sooner than a network is compiled
    first = sampler.sample(7, seed=1, batch_size=3)
    np.testing.assert_allclose(first[:3], single, atol=1e-6 if policy == "float32" else 0.02)
    sampler.sample(9, seed=2, batch_size=4)
    np.testing.assert_array_equal(sampler.sample(7, seed=1, batch_size=3), first)
    np.testing.assert_array_equal(np.concatenate(list(sampler.iter_samples(7, seed=1, batch_size=3))), first)
    assert ("whole" in vars(sampler.compiled)) == (name != "dropout")  # in one call, where no layer draws
    np.testing.assert_array_equal(sampler.sample(3, seed=1), single)
    assert sampler.compiled.graph.experimental_get_tracing_count() == 1
    other = Sampler.of(sampler.network, 4, sampler.given)
    np.testing.assert_array_equal(other.sample(7, seed=1, batch_size=3), first)


class Numpy(keras.Model):
    def call(self, x, training=False):
        return tf.constant(np.sort(x.numpy(), 0))


def test_a_network_that_cannot_be_compiled_is_run_as_it_is():
    samples = Sampler.of(Numpy(), 3).sample(5, batch_size=4)
    assert (np.diff(samples[:4], axis=0) >= 0).all() and samples.shape == (5, 3)


def test_a_game_compiles_a_generator_once_for_all_its_samplers_and_lets_go_of_it():
    gan = kgan.GAN(kgan.networks.mlp_generator((2,), 2, 4, 1), kgan.networks.mlp_discriminator((2,), 4, 1), 2)
    gan.compile(ema_decay=None)
    for _ in range(2):
        before = gan.sample(5, batch_size=4)
    assert gan.sampler().compiled is gan.sampler().compiled
    assert gan.sampler().compiled.graph.experimental_get_tracing_count() == 1
    gan.generator.trainable_variables[-1].assign_add([1.0, 1.0])
    np.testing.assert_allclose(gan.sample(5, batch_size=4), before + 1.0, rtol=1e-5)  # it reads weights as they are
    networks = [weakref.ref(gan.generator)]
    gan.compile()
    assert gan.sampler().compiled is not gan.sampler(average=False).compiled
    gan.sample(5, batch_size=4)
    networks.append(weakref.ref(gan.sampler().network))
    del gan
    gc.collect()
    assert [network() for network in networks] == [None, None]


def test_a_seed_a_row():
    """Row i is the sample of seed i, whatever the others are; truncated, and between others."""
    seeds = [5, 2**31 + 5, 3, 2**40]
    rows = PLAIN.of_seeds(seeds)
    np.testing.assert_array_equal(rows, np.concatenate([PLAIN.sample(1, seed) for seed in seeds]))
    np.testing.assert_array_equal(rows[0], rows[1])  # the lowest 31 bits count
    np.testing.assert_array_equal(PLAIN.of_seeds(seeds[2:]), rows[2:])
    psi = np.array([1.0, 0.5, 0.0, 1.0], "float32")
    np.testing.assert_array_equal(PLAIN.of_seeds(seeds, truncation=psi), rows * psi[:, None])
    np.testing.assert_array_equal(PLAIN.sample(4, 1, truncation=0.25), 0.25 * PLAIN.sample(4, 1))
    way = PLAIN(**PLAIN.between([5, 5, 5], [3, 3, 3], [0.0, 0.5, 1.0]))
    np.testing.assert_allclose(way[[0, 2]], rows[[0, 2]], rtol=1e-6)
    # Labels are drawn by the seed, or given; between two samples they are the nearer one's.
    drawn = LABELLED.of_seeds(range(40))[:, 0]
    assert set(drawn) == {0.0, 1.0, 2.0, 3.0} and LABELLED.of_seeds([1, 2, 3], labels=[0, 2])[:, 0].tolist() == [
        0,
        2,
        0,
    ]
    start, end = 0, int(np.flatnonzero(drawn != drawn[0])[0])
    way = LABELLED(**LABELLED.between([start] * 3, [end] * 3, [0.0, 0.4, 0.6]))[:, 0]
    assert way.tolist() == [drawn[start], drawn[start], drawn[end]]


def test_rows_that_cannot_be_asked_for():
    coded = identity({"code": priors.Categorical(3)})
    for ask, message in (
        (lambda: PLAIN.of_seeds([-1]), "seeds: wanted a whole number from 0 on, got -1"),
        (lambda: PLAIN.of_seeds([0.5]), "seeds: wanted a whole number"),
        (lambda: PLAIN.sample(1, truncation=1.5), r"truncation: wanted a number in \[0, 1\], got 1.5"),
        (lambda: PLAIN.sample(1, truncation=np.nan), "truncation: wanted"),
        (lambda: coded.sample(1, truncation=0.5), r"truncation: wanted a prior with a normal law, this is \['code'\]"),
        (lambda: PLAIN.between([1], [2], [1.5]), r"position: wanted a number in \[0, 1\]"),
        (lambda: PLAIN.between([1], [2, 3], [0.5]), "position: wanted"),
        (lambda: TRANSLATOR.of_seeds([1]), "images: this generator wants images, got none"),
    ):
        with pytest.raises(InputError, match=message):
            ask()
