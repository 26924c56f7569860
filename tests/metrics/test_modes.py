import numpy as np
import pytest

from kgan.checks import InputError
from kgan.metrics import mode_ceilings, mode_coverage, mode_coverage_of_labels

ANGLES = 2 * np.pi * np.arange(8) / 8
CENTRES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)


def ring(n, modes=8, sigma=0.01, seed=0):
    random = np.random.default_rng(seed)
    return CENTRES[random.integers(modes, size=n)] + sigma * random.normal(size=(n, 2))


def test_a_perfect_sampler_reaches_the_ceilings():
    runs = [mode_coverage(ring(2500, seed=seed), CENTRES, 0.01) for seed in range(20)]
    ceilings = mode_ceilings(2500, 8)
    for name, tolerance in (("modes", 1e-9), ("high_quality", 0.002), ("reverse_kl", 0.0006)):
        assert np.mean([run[name] for run in runs]) == pytest.approx(ceilings[name], abs=tolerance)


def test_ceilings_of_the_literature():
    assert mode_ceilings(2500, 25)["high_quality"] == pytest.approx(0.98889, abs=1e-5)
    for n, modes, floor in ((2500, 25, 0.0048), (2500, 8, 0.0014), (26_000, 1000, 0.0195), (10_000, 1000, 0.0507)):
        assert mode_ceilings(n, modes)["reverse_kl"] == pytest.approx(floor, abs=max(1e-4, 0.05 * floor))
        assert mode_ceilings(n, modes)["reverse_kl"] == pytest.approx((modes - 1) / (2 * n), rel=0.05)
    assert mode_ceilings(10_000, 1000)["modes"] == pytest.approx(999.955, abs=0.03)


def test_by_hand():
    seen = mode_coverage(np.concatenate([CENTRES[[0, 0, 0, 1]], [[0.0, 0.0]]]), CENTRES, 0.01)
    assert (seen["modes"], seen["high_quality"]) == (2, 0.8)
    assert seen["reverse_kl"] == pytest.approx(0.75 * np.log(0.75 * 8) + 0.25 * np.log(0.25 * 8))
    edge = CENTRES[:1] + np.array([[0.0299, 0.0], [0.0301, 0.0]])
    assert mode_coverage(edge, CENTRES, 0.01)["high_quality"] == 0.5
    nothing = mode_coverage(np.zeros((3, 2)), CENTRES, 0.01)
    assert (nothing["modes"], nothing["high_quality"], nothing["reverse_kl"]) == (0, 0, np.inf)


def test_labels():
    even = mode_coverage_of_labels(np.arange(1000), 1000)
    assert even["modes"] == 1000 and even["reverse_kl"] == pytest.approx(0.0, abs=1e-12)
    half = mode_coverage_of_labels(np.arange(500), 1000)
    assert half["modes"] == 500 and half["reverse_kl"] == pytest.approx(np.log(2))
    with pytest.raises(InputError, match=r"labels: wanted numbers in \[0, 10\)"):
        mode_coverage_of_labels(np.array([10]), 10)
    for sigma in (0.0, "a", np.nan, np.inf):
        with pytest.raises(InputError, match="sigma: wanted a number above 0, got"):
            mode_coverage(CENTRES, CENTRES, sigma)
