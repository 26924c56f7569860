import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from kgan.checks import InputError
from kgan.metrics import statistically_different_bins

random = np.random.default_rng(0)


def test_equal_laws_differ_in_alpha_of_the_bins():
    random = np.random.default_rng(0)
    runs = [
        statistically_different_bins(*random.normal(size=(2, 20_000, 2)), bins=50, seed=seed)["ndb"]
        for seed in range(10)
    ]
    assert 0.5 < np.mean(runs) < 5.0  # 2.5 expected, 0.5 its standard error


def test_two_bins_by_scipy():
    centres = np.array([[0.0], [10.0]])
    real, fake = (np.repeat(centres, counts, 0) for counts in ([60, 40], [85, 65]))
    table = np.array([[60, 40], [85, 65]])
    p = stats.chi2_contingency(table, correction=False).pvalue  # the square of the pooled z-test
    for alpha, ndb in ((p + 1e-6, 2), (p - 1e-6, 0)):
        seen = statistically_different_bins(real, fake, bins=2, alpha=alpha)
        assert seen["ndb"] == ndb and seen["ndb_share"] == ndb / 2
    js = jensenshannon([0.6, 0.4], [85 / 150, 65 / 150]) ** 2
    assert seen["js"] == pytest.approx(js, rel=1e-6)


def test_itself_and_elsewhere():
    x = random.normal(size=(500, 3))
    assert statistically_different_bins(x, x, bins=10) == {"ndb": 0, "ndb_share": 0, "js": 0}
    collapsed = statistically_different_bins(x, np.repeat(x[:1], 500, 0), bins=10)
    assert collapsed["ndb"] == 10
    with pytest.raises(InputError, match="bins: wanted at most as many as the 500 reals"):
        statistically_different_bins(x, x, bins=501)
    for alpha in (0, 1, 3, np.nan):
        with pytest.raises(InputError, match="alpha: wanted"):
            statistically_different_bins(x, x, bins=10, alpha=alpha)
