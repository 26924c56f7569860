"""Large-game tools against dense linear algebra, on games small enough to have both."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.sparse import linalg

import kgan
from kgan.analysis import (
    BilinearGame,
    QuadraticGame,
    jacobian_operator,
    largest_stable_step,
    leading_eigenvalues,
    path_angle,
    spectrum,
)
from kgan.checks import InputError
from kgan.game import Round


def small_gan():
    """Smooth networks: where a ReLU has its kink, the field has a jump, and differences no limit."""
    sn, dense = kgan.layers.SpectralNormalization, keras.layers.Dense
    generator = keras.Sequential([keras.Input((2,)), dense(6, "tanh"), dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), sn(dense(6, "tanh")), sn(dense(1))])
    gan = kgan.GAN(generator, discriminator, latent_dim=2)
    gan.compile(penalties=["r1"])
    return gan, gan.round(tf.random.stateless_normal((32, 2), (0, 1)))


def test_the_operator_is_the_dense_jacobian_and_its_transpose_and_changes_nothing():
    gan, round = small_gan()
    before = [np.array(v) for v in gan.state]
    operator = jacobian_operator(gan.game, round)
    dense = np.array([operator.matvec(unit) for unit in np.eye(operator.shape[0])]).T
    transposed = np.array([operator.rmatvec(unit) for unit in np.eye(operator.shape[0])])
    scale = np.abs(dense).max()
    np.testing.assert_allclose(dense, transposed, atol=1e-5 * scale)
    for v, old in zip(gan.state, before, strict=True):
        np.testing.assert_array_equal(np.array(v), old)

    # Columns by central differences of the field itself.
    start, game = gan.game.point(), gan.game
    flat = kgan.analysis.field.flatten(start)
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = rng.normal(size=flat.shape)
        ends = []
        for sign in (1, -1):
            with game.at(kgan.analysis.field.unflatten(flat + sign * 1e-3 * direction, game)):
                ends.append(-kgan.analysis.field.flatten(game.vector_field(round)[0]))
        found = operator.matvec(direction)
        expected = (ends[0] - ends[1]) / 2e-3
        assert np.linalg.norm(found - expected) < 0.02 * np.linalg.norm(expected)

    leading = leading_eigenvalues(operator, 4)
    exact = np.linalg.eigvals(dense)
    for value in leading:
        assert np.abs(exact - value).min() < 1e-4 * np.abs(exact).max()
    assert np.abs(leading).max() == pytest.approx(np.abs(exact).max(), rel=1e-4)
    np.testing.assert_allclose(np.abs(leading), np.sort(np.abs(exact))[::-1][: len(leading)], rtol=1e-3)


def test_leading_eigenvalues_of_a_matrix_game_are_its_singular_values():
    a = np.random.default_rng(0).normal(size=(5, 4))
    game = BilinearGame(a)
    found = leading_eigenvalues(jacobian_operator(game, Round()), 2)
    np.testing.assert_allclose(np.abs(found.imag), np.linalg.norm(a, 2), rtol=1e-8)
    np.testing.assert_allclose(found.real, 0, atol=1e-8)


def test_largest_stable_step():
    game = QuadraticGame(1.0, 10.0)
    assert largest_stable_step(spectrum(game)) == pytest.approx(2 / (1 + 100))
    assert largest_stable_step(spectrum(BilinearGame(1.0))) == 0.0


def test_path_angle_tells_attraction_from_rotation():
    positions = np.linspace(0.5, 1.5, 11)
    attract = QuadraticGame(1.0, 0.0).set(1.0, 1.0)
    start = attract.point()
    end = attract.set(0.0, 0.0).point()
    found = path_angle(attract, Round(), start, end, positions)
    np.testing.assert_allclose(found["cosine"][:5], 1, atol=1e-9)
    np.testing.assert_allclose(found["cosine"][6:], -1, atol=1e-9)
    np.testing.assert_allclose(found["norm"], np.abs(positions - 1) * np.sqrt(2), atol=1e-9)
    rotate = BilinearGame(1.0).set(1.0, 1.0)
    start = rotate.point()
    end = rotate.set(0.0, 0.0).point()
    np.testing.assert_allclose(path_angle(rotate, Round(), start, end, positions)["cosine"], 0, atol=1e-9)


def test_bad_input():
    with pytest.raises(InputError, match="k: wanted from 1 to 1, two less than the variables, got 3"):
        leading_eigenvalues(jacobian_operator(BilinearGame(np.ones((1, 2))), Round()), 3)


@pytest.mark.parametrize(("factor", "wanted"), [(np.nan, []), (np.inf, []), (0.0, [0, 0]), (3.0, [3, 3])])
def test_eigenvalues_of_a_game_that_is_not_finite_or_does_not_move(factor, wanted):
    operator = linalg.LinearOperator((9, 9), matvec=lambda v: factor * v, dtype="float64")
    np.testing.assert_allclose(leading_eigenvalues(operator, 2), wanted, atol=1e-9)
