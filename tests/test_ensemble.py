"""An ensemble behind one sampler: who makes which sample, in which proportions, in a SavedModel without kgan too."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from scipy import stats

import kgan
from kgan import networks
from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from kgan.export import save_generator
from kgan.sampling import Sampler

SHARES = [0.5, 0.3, 0.2]


def constant(value, latent_dim=2, shape=(2,)):
    """The sampler of a generator that makes `value` of all latents."""
    network = networks.mlp_generator(shape, latent_dim, width=2, depth=1)
    network.set_weights([np.zeros_like(w) for w in network.get_weights()])
    network.trainable_variables[-1].assign(np.full(network.trainable_variables[-1].shape, value))
    return Sampler.of(network, latent_dim, sample_shape=shape)


@pytest.fixture(scope="module")
def ensemble():
    return kgan.GeneratorEnsemble([constant(value) for value in (0.0, 1.0, 2.0)], SHARES)


def counts(samples):
    return np.bincount(np.asarray(samples)[:, 0].round().astype(int), minlength=3)


def test_members_are_drawn_in_the_given_proportions(ensemble):
    samples = ensemble.sample(6000, seed=3)
    assert stats.chisquare(counts(samples), 6000 * np.array(SHARES)).pvalue > 0.01
    np.testing.assert_array_equal(samples, ensemble.sample(6000, seed=3))
    assert not np.array_equal(samples, ensemble.sample(6000, seed=4))
    inputs = ensemble.sampler().inputs(20, seed=1)
    np.testing.assert_array_equal(ensemble.sampler()(**inputs)[:, 0], inputs["member"])


def test_samples_by_seeds_and_between_them_are_members_too(ensemble):
    sampler = ensemble.sampler()
    seeds = list(range(8))
    members = [int(sampler.inputs(1, seed)["member"][0]) for seed in seeds]
    assert len(set(members)) > 1
    np.testing.assert_array_equal(sampler.of_seeds(seeds)[:, 0], members)
    ends = sampler.between(seeds[:4], seeds[4:], [0.0, 0.4, 0.6, 1.0])
    np.testing.assert_array_equal(ends["member"], [*members[:2], *members[6:]])


ALONE = """
import sys
sys.modules["kgan"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
samples = model.signatures["sample"](num=tf.constant(4000), seed=tf.constant(3))["images"].numpy()
np.save(sys.argv[2], samples)
"""


def test_one_saved_model_holds_all_and_draws_likewise_without_kgan(ensemble, tmp_path):
    path = save_generator(ensemble, tmp_path / "model")
    alone = [sys.executable, "-c", ALONE, path, tmp_path / "samples.npy"]
    subprocess.run(alone, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}, cwd=tmp_path, check=True)
    samples = np.load(tmp_path / "samples.npy")
    assert stats.chisquare(counts(samples), 4000 * np.array(SHARES)).pvalue > 0.01
    np.testing.assert_allclose(samples, ensemble.sample(4000, seed=3), atol=1e-6)
    loaded = kgan.export.load_generator(tmp_path / "model")
    assert loaded.prior["member"].shares == tuple(SHARES)


def test_a_mixture_of_mixtures_has_all_members(ensemble):
    more = kgan.GeneratorEnsemble([ensemble, constant(7.0)], [0.5, 0.5])
    np.testing.assert_allclose(more.sampler().prior["member"].shares, [0.25, 0.15, 0.1, 0.5])
    inputs = {"latents": np.zeros((4, 2)), "member": [0, 1, 2, 3]}
    np.testing.assert_array_equal(more.sampler()(**inputs)[:, 0], [0, 1, 2, 7])


def test_snapshots_of_a_run_are_its_checkpoints(tmp_path):
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(networks.mlp_generator((2,), 2, 4, 1), networks.mlp_discriminator((2,), 4, 1), latent_dim=2)
    gan.compile()
    points = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")
    gan.fit(points, batch_size=16, epochs=3, verbose=0, callbacks=[Checkpoint(tmp_path, keep=3)])
    ensemble = kgan.GeneratorEnsemble.snapshots(tmp_path)
    inputs = ensemble.sampler().inputs(8, seed=1) | {"member": np.full(8, 2)}
    alone = gan.sampler()(latents=inputs["latents"])
    np.testing.assert_allclose(ensemble.sampler()(**inputs), alone, atol=1e-6)
    assert len(ensemble.sampler().prior["member"].shares) == 3
    assert kgan.GeneratorEnsemble([tmp_path, gan]).sample(4).shape == (4, 2)


def test_conditions_go_to_all_members():
    members = [networks.mlp_generator((2,), 2, width=2, depth=1, num_classes=3) for _ in range(2)]
    given = {"labels": kgan.priors.Labels(3)}
    samplers = [Sampler.of(member, 2, given, sample_shape=(2,)) for member in members]
    mixed = kgan.GeneratorEnsemble(samplers).sampler()
    inputs = mixed.inputs(6, seed=0, labels=[0, 2])
    made = mixed(**inputs)
    for number, member in enumerate(members):
        mine = np.array(inputs["member"]) == number
        alone = member([inputs["latents"], inputs["labels"]]).numpy()
        np.testing.assert_allclose(made[mine], alone[mine], atol=1e-6)


def test_what_cannot_be_is_told_in_one_line(ensemble):
    first = constant(0.0)
    for members, shares, message in [
        ([], None, "members: wanted one at least"),
        ([first, constant(0.0, latent_dim=3)], None, "member 2: wanted the prior of member 1"),
        (
            [first, constant(0.0, shape=(3,))],
            None,
            r"member 2: wanted the sample_shape of member 1, \(2,\), got \(3,\)",
        ),
        ([first, first], [0.5], "shares: wanted one for each of 2 members, got 1"),
        ([first, first], [0.5, 0.6], "shares: wanted numbers from 0 on that add up to 1"),
        ([first, Sampler(first.run, first.prior)], None, "member 2: wanted a game, a run or a sampler of a network"),
        ([7], None, "members: wanted games, samplers or folders of runs, got 7"),
    ]:
        with pytest.raises(InputError, match=message):
            kgan.GeneratorEnsemble(members, shares)
