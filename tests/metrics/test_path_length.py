import numpy as np
import pytest
from scipy import stats

from kgan.checks import InputError
from kgan.metrics import perceptual_path_length
from kgan.metrics.path_length import slerp

random = np.random.default_rng(0)


def features(samples):
    return samples, None


def test_the_identity_moves_by_the_arc():
    """|d slerp / dt|^2 of the latents themselves, by float64 differences of another formula for the arc."""
    seen = perceptual_path_length(lambda z: z, features, 6, num=4000, trim=0.0, epsilon=1e-5)
    rng = np.random.default_rng(1)
    total = []
    for _ in range(4000):
        a, b = rng.normal(size=(2, 6))
        u, v = a / np.linalg.norm(a), b / np.linalg.norm(b)
        angle, turn = np.arccos(u @ v), np.linalg.norm(b) - np.linalg.norm(a)
        radius = np.linalg.norm(a) + rng.uniform() * turn
        total.append(turn**2 + (radius * angle) ** 2)
    assert seen == pytest.approx(np.mean(total), abs=5 * seen.error)


def test_it_grows_with_the_square_of_the_features_and_is_trimmed():
    run = lambda scale, **more: perceptual_path_length(lambda z: scale * z, features, 4, num=500, **more)  # noqa: E731
    assert run(3.0) == pytest.approx(9 * run(1.0), rel=1e-6)
    assert perceptual_path_length(lambda z: 0 * z, features, 4, num=10) == 0
    assert run(1.0, trim=0.1) < run(1.0, trim=0.0)  # the largest weigh more than the smallest
    assert run(1.0, batch_size=7) == pytest.approx(run(1.0), rel=1e-12)


def test_both_ends_are_trimmed_as_scipy_does():
    seen = []
    network = lambda z: (seen.append(z) or z, None)  # noqa: E731
    value = perceptual_path_length(lambda z: z, network, 4, num=501, trim=0.1, epsilon=1e-2, batch_size=501)
    lengths = np.sort(((seen[1] - seen[0]) ** 2).sum(1) / 1e-4)
    assert value == pytest.approx(stats.trim_mean(lengths, 0.1), rel=1e-9)
    assert value.error == pytest.approx(stats.sem(stats.trimboth(lengths, 0.1)), rel=1e-9)


def test_a_network_that_rounds_is_asked_without():
    class Rounds:
        def __call__(self, samples):
            return np.rint(127.5 * samples), None

        def unrounded(self, samples):
            return 127.5 * samples, None

    seen, smooth = (perceptual_path_length(lambda z: z, n, 4, num=200) for n in (Rounds(), Rounds().unrounded))
    assert seen == smooth


@pytest.mark.parametrize("trim", [-0.1, 0.5, 0.6, np.nan])
def test_a_trim_that_leaves_nothing(trim):
    with pytest.raises(InputError, match="trim: wanted"):
        perceptual_path_length(lambda z: z, features, 4, num=10, trim=trim)


def test_slerp():
    a, b = random.normal(size=(2, 5, 3))
    np.testing.assert_allclose(slerp(a, b, 0.0), a)
    np.testing.assert_allclose(slerp(a, b, 1.0), b)
    np.testing.assert_allclose(slerp(a, 2 * a, 0.5), 1.5 * a)
    x, y = np.eye(2)
    np.testing.assert_allclose(slerp(x[None], y[None], 1 / 3), [[np.cos(np.pi / 6), np.sin(np.pi / 6)]])
