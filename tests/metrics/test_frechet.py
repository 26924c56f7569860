"""The Fréchet distance against SciPy's matrix square root, closed forms and its known bias."""

import numpy as np
import pytest
import scipy.linalg

from kgan.checks import InputError
from kgan.metrics import Moments, frechet_distance, frechet_jackknife


def features(n, d, seed, shift=0.0, scale=1.0):
    random = np.random.default_rng(seed)
    return shift + scale * random.normal(size=(n, d)) @ random.normal(size=(d, d))


def by_scipy(a, b):
    c, e = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    cross = scipy.linalg.sqrtm(c @ e)
    return np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(c + e) - 2 * np.trace(cross).real


@pytest.mark.parametrize(("n", "d"), [(200, 8), (1000, 32), (100, 64)])
def test_scipys_matrix_square_root(n, d):
    a, b = features(n, d, 0), features(n, d, 1, shift=0.5, scale=1.3)
    assert frechet_distance(a, b) == pytest.approx(by_scipy(a, b), rel=1e-6)


def test_singular_covariances():
    # Fewer samples than dimensions. Within a shared subspace it is the distance there, which SciPy can tell.
    plane = np.linalg.qr(np.random.default_rng(2).normal(size=(64, 10)))[0].T
    a, b = features(30, 10, 3), features(40, 10, 4, shift=1.0)
    assert frechet_distance(a @ plane, b @ plane) == pytest.approx(by_scipy(a, b), rel=1e-6)
    few, other = features(20, 64, 5), features(20, 64, 6)
    assert frechet_distance(few, other) > 0 and frechet_distance(few, few) == pytest.approx(0.0, abs=1e-6)


def test_closed_form_and_invariances():
    a = features(500, 6, 7)
    assert frechet_distance(a, a + 2.0) == pytest.approx(6 * 4.0)  # the means' distance alone
    white = (a - a.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(a, rowvar=False))).T
    assert frechet_distance(white, 3.0 * white) == pytest.approx(6 * (3.0 - 1.0) ** 2)
    b, turn = features(400, 6, 8), np.linalg.qr(np.random.default_rng(9).normal(size=(6, 6)))[0]
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a @ turn, b @ turn) == pytest.approx(frechet_distance(a, b))


def test_bias_of_n_samples():
    # n samples of N(0, I_d) against the exact moments: (d + d (d + 1) / 4) / n on the average.
    d, n, exact = 8, 2000, Moments(8)
    exact.count, exact.scatter = 2, np.eye(d)  # covariance I
    random = np.random.default_rng(10)
    mean = np.mean([frechet_distance(exact, random.normal(size=(n, d))) for _ in range(100)])
    assert n * mean == pytest.approx(26.0, rel=0.1)


def test_streamed_moments_are_those_of_the_whole():
    a = features(1000, 5, 11, shift=1e4)
    moments = Moments(5)
    for part in np.array_split(a.astype("float32"), 7):
        moments.add(part)
    moments.add(a[:0])
    whole = a.astype("float32").astype("float64")
    np.testing.assert_allclose(moments.mean, whole.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(whole, rowvar=False), rtol=1e-9)
    assert frechet_distance(moments, whole) == pytest.approx(0.0, abs=1e-6)


def test_bad_input():
    with pytest.raises(InputError, match=r"real: wanted features of shape \(n, d\), got \(3,\)"):
        frechet_distance(np.zeros(3), np.zeros((3, 2)))
    with pytest.raises(InputError, match="fake: wanted features of dimension 2, got 3"):
        frechet_distance(np.zeros((4, 2)), np.zeros((4, 3)))
    with pytest.raises(InputError, match="features: wanted finite"):
        frechet_distance(np.zeros((4, 2)), np.full((4, 2), np.nan))
    with pytest.raises(InputError, match="features: wanted two samples or more, got 1"):
        frechet_distance(np.zeros((1, 2)), np.zeros((4, 2)))


def dealt(x, folds):
    return [Moments(x.shape[1]).add(x[i::folds]) for i in range(folds)]


def test_merged_moments_are_those_of_all():
    x = features(101, 5, 0, shift=1e3)
    merged, whole = Moments(5).merge(dealt(x, 2)[0]).merge(dealt(x, 2)[1]), Moments(5).add(x)
    np.testing.assert_allclose(merged.covariance, whole.covariance, rtol=1e-9)
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12)
    assert merged.count == 101


def test_what_was_merged_can_be_taken_out_again():
    x = features(101, 5, 0, shift=1e3)
    whole, rest = Moments(5).add(x), Moments(5).add(x[40:])
    left = whole.without(Moments(5).add(x[:40]))
    assert left.count == 61
    np.testing.assert_allclose(left.mean, rest.mean, rtol=1e-12)
    np.testing.assert_allclose(left.covariance, rest.covariance, rtol=1e-8)
    assert whole.without(whole).count == 0


def test_the_jackknife_by_its_definition_and_against_repeats():
    random = np.random.default_rng(0)
    real = random.normal(size=(2000, 3))
    fakes = [0.3 + random.normal(size=(400, 3)) for _ in range(60)]
    estimates = [frechet_jackknife(real, dealt(fake, 10)) for fake in fakes]
    assert estimates[0] == pytest.approx(frechet_distance(real, fakes[0]), rel=1e-9)
    without = [frechet_distance(real, np.delete(fakes[0], np.s_[i::10], 0)) for i in range(10)]
    assert estimates[0].error == pytest.approx(np.sqrt(0.9 * np.sum((without - np.mean(without)) ** 2)), rel=1e-9)
    assert 0.5 < np.mean([e.error for e in estimates]) / np.std(estimates) < 2.0
    assert frechet_jackknife(real, dealt(fakes[0], 1)).error is None
    few = features(40, 64, 1)  # singular: the error is still that of the definition, to some digits
    without = [frechet_distance(few, np.delete(few + 1.0, np.s_[i::4], 0)) for i in range(4)]
    error = np.sqrt(0.75 * np.sum((without - np.mean(without)) ** 2))
    assert frechet_jackknife(few, dealt(few + 1.0, 4)).error == pytest.approx(error, rel=1e-4)
    with pytest.raises(InputError, match=r"^folds: "):
        frechet_jackknife(real, [])
