import numpy as np
import pytest

from kgan.checks import InputError
from kgan.metrics import birthday_paradox


@pytest.mark.parametrize(("support", "size"), [(365, 23), (1000, 38)])
def test_the_classical_birthdays(support, size):
    """As many different samples as days: half of all groups of 23 (38) share one."""
    random = np.random.default_rng(0)
    days = random.normal(size=(support, 3))[random.integers(support, size=6000)]
    seen = birthday_paradox(days)
    assert abs(seen["batch_size"] - size) <= 2
    assert seen["support"] == pytest.approx(size**2 / (2 * np.log(2)), rel=0.12)


def test_the_reals_say_how_close_a_duplicate_is():
    random = np.random.default_rng(1)
    real = random.normal(size=(2000, 8))
    copies = random.normal(size=(50, 8))[random.integers(50, size=1000)] + 1e-4 * random.normal(size=(1000, 8))
    assert birthday_paradox(copies)["support"] == np.inf  # no two are exactly the same
    assert birthday_paradox(copies, real)["support"] == pytest.approx(50, rel=0.4)
    assert birthday_paradox(real, real)["support"] > 1000
    assert birthday_paradox(copies, threshold=0.01) == birthday_paradox(copies, real)
    with pytest.raises(InputError, match="got both"):
        birthday_paradox(copies, real, threshold=0.1)
