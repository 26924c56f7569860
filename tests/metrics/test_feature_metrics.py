"""Kernel distance, inception score, precision and recall, density and coverage: their invariants and closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from kgan.checks import InputError
from kgan.metrics import (
    coverage_ceiling,
    density_coverage,
    inception_score,
    kernel_distance,
    precision_recall,
)
from kgan.metrics.neighbours import squared_distances, squared_radii


def normal(n, d=8, seed=0, shift=0.0):
    return shift + np.random.default_rng(seed).normal(size=(n, d))


PAIRS = {"kernel": kernel_distance, "precision_recall": precision_recall, "density_coverage": density_coverage}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("real", "fake", "says"),
    [
        (np.zeros(5), normal(9), "real"),
        (normal(9), normal(9, d=3), "fake"),
        (normal(9) * np.nan, normal(9), "real"),
        (normal(9), np.zeros((0, 8)), "fake"),
    ],
)
def test_bad_features_are_named(name, real, fake, says):
    with pytest.raises(InputError, match=f"^{says}: "):
        PAIRS[name](real, fake)


@pytest.mark.parametrize("name", ["precision_recall", "density_coverage"])
def test_neighbours_need_more_samples_than_k(name):
    with pytest.raises(InputError, match="more than k=7"):
        PAIRS[name](normal(7), normal(20), k=7)


def test_distances_and_radii_are_scipys():
    a, b = normal(1500, seed=1, shift=50.0), normal(700, seed=2, shift=50.0)
    ours = np.concatenate([block for _, block in squared_distances(a, b)])
    np.testing.assert_allclose(np.sqrt(ours), cdist(a, b), rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(squared_radii(a, 3)), np.sort(cdist(a, a), 1)[:, 3], rtol=1e-9)


def test_a_sample_is_at_distance_zero_from_its_copy():
    a = normal(40, d=512, shift=100.0)
    assert all((np.diag(block) == 0.0).all() for _, block in squared_distances(a, a))


@pytest.mark.parametrize("apart", [1e2, 3e6, 1e9])
@pytest.mark.parametrize("d", [2, 40])
def test_near_neighbours_in_clusters_far_apart_are_scipys(apart, d):
    """Which |a|^2 + |b|^2 - 2 a.b about any one centre loses in rounding."""
    side = apart * (np.arange(1400) % 3)[:, None]  # 1400: more than a block
    a, b = normal(1400, d, 1) * 0.1 + side, normal(1400, d, 2) * 0.1 + side
    ours = np.concatenate([block for _, block in squared_distances(a, b)])
    np.testing.assert_allclose(np.sqrt(ours), cdist(a, b), rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(squared_radii(a, 3)), np.sort(cdist(a, a), 1)[:, 3], rtol=1e-7)


def test_copies_and_near_copies_at_every_scale():
    """A collapsed generator's: all pairs but a few are closer than rounding."""
    x = np.repeat(normal(3, 20), 400, 0)
    for noise in (0.0, 1e-7, 1e-12):
        x = x + noise * normal(1200, 20, 4)
        ours = np.concatenate([block for _, block in squared_distances(x, x)])
        np.testing.assert_allclose(np.sqrt(ours), cdist(x, x), rtol=1e-7)
        assert (np.diag(ours) == 0.0).all()


def test_kernel_distance_of_equal_laws_is_zero_on_average_and_half_the_time_negative():
    values = [kernel_distance(normal(100, seed=2 * i), normal(100, seed=2 * i + 1)) for i in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert 0.35 < np.mean(np.array(values) < 0) < 0.75


def test_kernel_distance_by_its_definition():
    x, y = normal(30, seed=1), normal(20, seed=2, shift=0.5)
    k = lambda a, b: (a @ b / 8 + 1) ** 3  # noqa: E731
    xx = np.mean([k(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j])
    yy = np.mean([k(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j])
    xy = np.mean([k(a, b) for a in x for b in y])
    subsets = kernel_distance(x, y, subsets=4000, subset_size=10)
    assert abs(subsets - (xx + yy - 2 * xy)) < 4 * subsets.error
    whole = kernel_distance(x[:20], y)
    assert whole.error is None and whole == pytest.approx(kernel_distance(x[:20], y, subset_size=20))


@pytest.mark.parametrize(
    ("probabilities", "score"),
    [(np.eye(10)[np.arange(1000) % 10], 10), (np.full((1000, 10), 0.1), 1), (np.eye(10)[np.arange(1000) % 5], 5)],
)
def test_inception_score_closed_forms(probabilities, score):
    assert inception_score(probabilities) == pytest.approx(score, rel=1e-12)
    assert inception_score(probabilities).error == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("bad", [np.ones((20, 4)), -np.eye(20), np.zeros((20, 2)) * np.nan, np.ones(20), np.eye(9)])
def test_inception_score_wants_probabilities(bad):
    with pytest.raises(InputError, match=r"^probabilities: "):
        inception_score(bad)


def test_precision_of_one_is_recall_of_the_other():
    x, y = normal(300, seed=1), normal(200, seed=2, shift=0.7)
    one, other = precision_recall(x, y), precision_recall(y, x)
    assert one["precision"] == other["recall"] and one["recall"] == other["precision"]
    assert 0.1 < one["precision"] < 1.0


def test_equal_sets_have_all_and_disjoint_ones_none():
    x = normal(100)
    assert precision_recall(x, x) == {"precision": 1.0, "recall": 1.0}
    assert precision_recall(x, x + 100) == {"precision": 0.0, "recall": 0.0}
    assert density_coverage(x, x)["coverage"] == 1.0
    assert density_coverage(x, x + 100) == {"density": 0.0, "coverage": 0.0}


@pytest.mark.parametrize(
    ("n", "m", "k", "ceiling"), [(200, 200, 5, 0.9699), (100, 300, 3, 0.9851), (300, 100, 3, 0.5802)]
)
def test_equal_laws_have_density_one_and_the_ceilings_coverage(n, m, k, ceiling):
    assert coverage_ceiling(n, m, k) == pytest.approx(ceiling, abs=5e-5)
    runs = [density_coverage(normal(n, 3, 2 * i), normal(m, 3, 2 * i + 1), k) for i in range(60)]
    for name, expected in (("density", 1.0), ("coverage", ceiling)):
        values = np.array([run[name] for run in runs])
        assert abs(values.mean() - expected) < 4 * values.std() / np.sqrt(len(values)) + 1e-9


def test_recalls_error_is_that_of_other_reals_among_the_same_balls():
    fake = normal(200, 2, shift=0.8)
    held = [precision_recall(normal(500, 2, seed), fake)["recall"] for seed in range(1, 80)]
    anew = [precision_recall(normal(500, 2, s), normal(200, 2, 100 + s, shift=0.8))["recall"] for s in range(1, 80)]
    assert np.std(held) == pytest.approx(np.mean([r.error for r in held]), rel=0.3)
    assert np.std(anew) > 1.5 * np.mean([r.error for r in anew])  # as its docstring warns


def test_densitys_error_is_that_of_the_mean_over_the_fakes():
    real, fake = normal(300, 3, 1), normal(100, 3, 2, shift=0.3)
    balls = (cdist(fake, real) <= np.sort(cdist(real, real), 1)[:, 5]).sum(1) / 5
    density = density_coverage(real, fake)["density"]
    assert density == pytest.approx(balls.mean()) and density.error == pytest.approx(stats.sem(balls))


def test_errors_are_those_of_repeats():
    runs = [precision_recall(normal(500, 2), normal(200, 2, seed, shift=0.8)) for seed in range(1, 60)]
    assert np.std([run["precision"] for run in runs]) == pytest.approx(
        np.mean([r["precision"].error for r in runs]), rel=0.5
    )
