"""Metrics on the same features as torch-fidelity and prdc have."""

import importlib
import sys
import types
from unittest import mock

import numpy as np
import prdc
import pytest
import torch
from scipy.spatial.distance import cdist

from kgan.metrics import density_coverage, frechet_distance, inception_score, kernel_distance, precision_recall

rng = np.random.default_rng(0)
REAL = rng.normal(size=(400, 24)) @ rng.normal(size=(24, 24))
FAKE = 0.4 + 1.2 * rng.normal(size=(400, 24)) @ rng.normal(size=(24, 24))


@pytest.fixture(scope="module")
def fidelity():
    """torch-fidelity's functions on features. It imports torchvision, which they do not need: of that there is no
    build that fits a PyTorch without CUDA, so that an empty stand-in takes its place while it is imported."""
    names = ["torchvision", "torchvision.transforms", "torchvision.transforms.functional", "torchvision.datasets"]
    stubs = {name: mock.MagicMock(__spec__=None) for name in [*names, "torchvision.models"]}
    for name in ("CIFAR10", "CIFAR100", "STL10"):  # which it derives classes from
        setattr(stubs["torchvision.datasets"], name, object)
    before = set(sys.modules)
    with mock.patch.dict(sys.modules, stubs):
        modules = {n: importlib.import_module(f"torch_fidelity.metric_{n}") for n in ("fid", "kid", "isc", "prc")}
    yield types.SimpleNamespace(**modules)
    for name in set(sys.modules) - before:
        if name.startswith("torch_fidelity"):
            del sys.modules[name]


def tensor(x):
    return torch.from_numpy(x)


def test_frechet_distance(fidelity):
    statistics = [fidelity.fid.fid_features_to_statistics(tensor(x)) for x in (REAL, FAKE)]
    theirs = fidelity.fid.fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(REAL, FAKE) == pytest.approx(theirs, rel=1e-6)


def test_kernel_distance(fidelity):
    theirs = fidelity.kid.kid_features_to_metric(
        tensor(REAL), tensor(FAKE), kid_subsets=1, kid_subset_size=400, verbose=False
    )
    assert kernel_distance(REAL, FAKE) == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-6)


def test_kernel_distance_over_the_same_subsets(fidelity):
    theirs = fidelity.kid.kid_features_to_metric(
        tensor(REAL), tensor(FAKE[:300]), kid_subsets=7, kid_subset_size=50, rng_seed=5, verbose=False
    )
    with mock.patch("numpy.random.default_rng", np.random.RandomState):  # the generator that they draw from
        ours = kernel_distance(REAL, FAKE[:300], subsets=7, subset_size=50, seed=5)
    assert ours == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-6)
    error = theirs["kernel_inception_distance_std"] / np.sqrt(7 - 1)  # theirs is over n, and not the mean's
    assert ours.error == pytest.approx(error, rel=1e-6)


def test_inception_score(fidelity):
    logits = 3 * rng.normal(size=(400, 10))
    theirs = fidelity.isc.isc_features_to_metric(tensor(logits), splits=10, shuffle=False)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    ours = inception_score(p, splits=10)
    assert ours == pytest.approx(theirs["inception_score_mean"], rel=1e-6)
    assert ours.error == pytest.approx(theirs["inception_score_std"], rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_precision_and_recall(fidelity, shift):
    # There the generated samples come first.
    theirs = fidelity.prc.prc_features_to_metric(tensor(FAKE + shift), tensor(REAL), prc_neighborhood=3, verbose=False)
    ours = precision_recall(REAL, FAKE + shift, k=3)
    assert 0.0 < ours["precision"] < 1.0
    assert ours["precision"] == pytest.approx(theirs["precision"], rel=1e-6)
    assert ours["recall"] == pytest.approx(theirs["recall"], rel=1e-6)


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("m", [250, 400])
def test_prdc(k, m):
    theirs = prdc.compute_prdc(real_features=REAL, fake_features=FAKE[:m], nearest_k=k)
    ours = precision_recall(REAL, FAKE[:m], k) | density_coverage(REAL, FAKE[:m], k)
    assert ours == pytest.approx(theirs, rel=1e-6)
    assert 0.0 < theirs["coverage"] < 1.0


def test_prdc_of_clusters_far_apart(monkeypatch):
    """With SciPy's distances in theirs, which by itself loses the near ones in rounding, as a sum of squares does."""
    monkeypatch.setattr("prdc.prdc.compute_pairwise_distance", lambda x, y=None: cdist(x, x if y is None else y))
    side = 3e6 * (np.arange(400) % 2)[:, None]
    real, fake = (side + 0.1 * x[:, :4] for x in (REAL, FAKE))
    theirs = prdc.compute_prdc(real_features=real, fake_features=fake, nearest_k=3)
    assert precision_recall(real, fake, 3) | density_coverage(real, fake, 3) == pytest.approx(theirs, rel=1e-6)
    assert 0.1 < theirs["precision"] < 1.0 and 0.1 < theirs["coverage"] < 1.0
