"""Every closed form of the games reference against the Jacobian of the real update code: one row each."""

import dataclasses

import numpy as np
import pytest

import kgan
from kgan.analysis import BilinearGame, DiracGAN, QuadraticGame, round_matrix, spectrum
from kgan.analysis.games import GradientDescent
from kgan.distribute import functional
from kgan.updates import (
    Alternating,
    CompetitiveGradient,
    Consensus,
    Extragradient,
    Lookahead,
    Momentum,
    Optimistic,
    Simultaneous,
    SymplecticGradientAdjustment,
    Unrolled,
)

Descent = functional(Momentum)


def radius(values):
    return np.abs(values).max()


def nonzero(values, count):
    """The `count` values of largest modulus: what memory a rule forgets adds zeros."""
    return values[np.argsort(-np.abs(values), kind="stable")][:count]


def assert_same_spectrum(found, expected):
    """Equal as multisets: as the coefficients of their characteristic polynomials."""
    np.testing.assert_allclose(np.poly(found), np.poly(expected), rtol=0, atol=1e-6)
    assert radius(found) == pytest.approx(radius(expected), abs=2e-4)  # double roots move by the root of 1e-8


def optimistic(s):
    # l^2 - (1 + 2 i s) l + i s = 0 and its conjugate: z+ = z - 2 eta F + eta F_last, F = -+ i z.
    return np.concatenate([np.roots([1, -(1 + 2j * s * sign), 1j * s * sign]) for sign in (1, -1)])


def lookahead(s, k, alpha):
    multiplier = (1 - alpha) + alpha * (1 + 1j * s) ** k
    return np.array([multiplier, multiplier.conjugate()])


def unrolled(s, k, simultaneous):
    if simultaneous:
        return np.roots([1, -(2 - 2 * k * s * s), 1 - (2 * k - 1) * s * s])
    return np.roots([1, -(2 - (2 * k + 1) * s * s), 1 - 2 * k * s * s])


def momentum(s, b1, b2, alternating):
    # (l - 1)^2 (l - b1) (l - b2) + l^3 s^2, or l^2 s^2 for simultaneous play
    polynomial = np.poly([1, 1, b1, b2])
    polynomial[1 if alternating else 2] += s * s
    return np.roots(polynomial)


pair = lambda z: np.array([z, np.conj(z)])  # noqa: E731


def competitive(variables=2):
    """As many iterations as the game has variables solve exactly; more take their time only."""
    return CompetitiveGradient(iterations=variables)


# name -> (rule(parameter) or a fresh one, eigenvalues as a function of s = learning rate * a, size of the state)
BILINEAR = {
    "simultaneous": (Simultaneous, lambda s: pair(1 + 1j * s)),
    "alternating": (Alternating, lambda s: np.roots([1, -(2 - s * s), 1])),
    "alternating, y first": (lambda: Alternating(order=("y", "x")), lambda s: np.roots([1, -(2 - s * s), 1])),
    "extragradient": (Extragradient, lambda s: pair(1 - s * s + 1j * s)),
    "extragradient, past": (lambda: Extragradient(past=True), optimistic),
    "optimistic": (Optimistic, optimistic),
    "competitive": (competitive, lambda s: pair(1 / (1 + 1j * s))),
    "unrolled 1": (lambda: Unrolled(1), lambda s: unrolled(s, 1, True)),
    "unrolled 5": (lambda: Unrolled(5), lambda s: unrolled(s, 5, True)),
    "unrolled 5, after D": (lambda: Unrolled(5, simultaneous=False), lambda s: unrolled(s, 5, False)),
}


@pytest.mark.parametrize("s", [0.1, 0.3, 0.5, 1.2])
@pytest.mark.parametrize("name", BILINEAR)
def test_bilinear(name, s):
    rule, expected = BILINEAR[name]
    values = np.linalg.eigvals(round_matrix(BilinearGame(1.0, learning_rate=s), rule()))
    assert_same_spectrum(nonzero(values, len(expected(s))), expected(s))


# The table's own squared factors and borders, so that the eigenvalues above are checked by a second formula.
@pytest.mark.parametrize(
    "rule, s, squared",
    [
        (Simultaneous, 0.3, 1 + 0.3**2),
        (Alternating, 0.3, 1.0),
        (Alternating, 1.9, 1.0),
        (Extragradient, 0.3, 1 - 0.3**2 + 0.3**4),
        (Extragradient, 2**-0.5, 3 / 4),
        (Extragradient, 1.0, 1.0),
        (Optimistic, 0.3, (1 + (1 - 4 * 0.3**2) ** 0.5) / 2),
        (Optimistic, 0.55, 1 / 4 + (0.55 + (4 * 0.55**2 - 1) ** 0.5 / 2) ** 2),
        (Optimistic, 3**-0.5, 1.0),
        (competitive, 0.3, 1 / (1 + 0.3**2)),
        (competitive, 3.0, 1 / (1 + 9.0)),
    ],
)
def test_bilinear_squared_factors(rule, s, squared):
    found = radius(np.linalg.eigvals(round_matrix(BilinearGame(1.0, learning_rate=s), rule()))) ** 2
    assert found == pytest.approx(squared, abs=1e-6)


@pytest.mark.parametrize("s, weight", [(0.1, 1.0), (0.3, 2.0), (0.2, 0.5)])
@pytest.mark.parametrize("rule", [Consensus, SymplecticGradientAdjustment])
def test_consensus_and_adjustment_coincide_on_a_bilinear_game(rule, s, weight):
    values = np.linalg.eigvals(round_matrix(BilinearGame(1.0, learning_rate=s), rule(weight)))
    assert_same_spectrum(values, pair(1 - s * weight + 1j * s))


@pytest.mark.parametrize("name", ["extragradient", "consensus", "optimistic", "competitive"])
def test_matrix_games_have_the_scalar_factor_of_each_singular_value(name):
    a, rate = np.array([[0.5, 1.0, 0.0], [0.2, -0.4, 0.9]]), 0.3
    sizes = np.linalg.svd(a, compute_uv=False)
    rules = {"consensus": Consensus(1.0), "competitive": competitive(sum(a.shape))}
    rule = rules[name] if name in rules else BILINEAR[name][0]()
    found = np.linalg.eigvals(round_matrix(BilinearGame(a, learning_rate=rate), rule))
    for size in sizes:
        factor = pair(1 - rate * size**2 + 1j * rate * size) if name == "consensus" else BILINEAR[name][1](rate * size)
        for value in factor:
            assert np.abs(found - value).min() < 1e-6


@pytest.mark.parametrize("s, k, alpha", [(0.3, 6, 0.5), (0.3, 6, 0.8), (0.1, 5, 0.5), (0.5, 2, 0.4)])
def test_lookahead(s, k, alpha):
    game = BilinearGame(1.0, learning_rate=s)
    found = np.linalg.eigvals(round_matrix(game, Lookahead(Simultaneous(), k, alpha), rounds=k))
    assert_same_spectrum(nonzero(found, 2), lookahead(s, k, alpha))
    published = {(0.3, 6, 0.5): 0.744755, (0.3, 6, 0.8): 1.019799}
    if (s, k, alpha) in published:
        assert radius(found) == pytest.approx(published[s, k, alpha], abs=1e-6)


def test_nested_lookahead_is_lookahead_of_the_jumps():
    s = 0.3
    rule = Lookahead(Lookahead(Simultaneous(), 3, 0.5), 6, 0.4)
    inner = lookahead(s, 3, 0.5) ** 2
    found = np.linalg.eigvals(round_matrix(BilinearGame(1.0, learning_rate=s), rule, rounds=6))
    assert_same_spectrum(nonzero(found, 2), 0.6 + 0.4 * inner)


@pytest.mark.parametrize("s", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("b1, b2", [(-0.5, 0.0), (0.5, 0.0), (-0.4, -0.4)])
@pytest.mark.parametrize("alternating", [True, False])
def test_momentum(s, b1, b2, alternating):
    make = lambda b: Descent(s, b) if b else GradientDescent(s)  # noqa: E731
    game = BilinearGame(1.0, s, optimizers=[make(b1), make(b2)])
    found = np.linalg.eigvals(round_matrix(game, Alternating() if alternating else Simultaneous()))
    expected = momentum(s, b1, b2, alternating)
    assert_same_spectrum(nonzero(found, 4), nonzero(expected, len(found)) if len(found) < 4 else expected)
    published = {(0.5, -0.5, 0.0): 0.97129, (0.5, 0.5, 0.0): 1.12627, (1.0, -0.5, 0.0): 0.87218}
    if alternating and (s, b1, b2) in published:
        assert radius(found) == pytest.approx(published[s, b1, b2], abs=1e-5)
    if not alternating:
        assert radius(found) > 1.0  # never converges


@pytest.mark.parametrize("rate, mu, a", [(0.05, 1.0, 10.0), (0.15, 1.0, 10.0), (0.1, 0.5, 2.0)])
def test_quadratic(rate, mu, a):
    game = QuadraticGame(mu, a, learning_rate=rate)
    together = radius(np.linalg.eigvals(round_matrix(game, Simultaneous())))
    assert together**2 == pytest.approx((1 - rate * mu) ** 2 + (rate * a) ** 2, abs=1e-6)
    if (rate * a) ** 2 <= 4 * (1 - rate * mu):
        in_turn = radius(np.linalg.eigvals(round_matrix(game, Alternating())))
        assert in_turn == pytest.approx(1 - rate * mu, abs=1e-6)


@pytest.mark.parametrize("gamma", [0.3, 0.9, 1.0, 2.0])
@pytest.mark.parametrize("penalty", ["r1", "r2"])
@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_dirac_r1_and_r2(loss, penalty, gamma):
    game = DiracGAN(loss, [f"{penalty}(gamma={gamma})"])
    root = np.sqrt(complex(gamma**2 / 4 - 0.25))
    assert_same_spectrum(spectrum(game), np.array([-gamma / 2 + root, -gamma / 2 - root]))


@pytest.mark.parametrize("loss, slope", [("minimax", 0.5), ("non_saturating", 0.5), ("wasserstein", 1.0)])
def test_dirac_without_penalty_only_rotates(loss, slope):
    assert_same_spectrum(spectrum(DiracGAN(loss)), pair(1j * slope))


@pytest.mark.parametrize("noise", [0.3, 1.0, np.sqrt(2.0), 2.0])
def test_dirac_instance_noise_is_r1_of_half_its_variance(noise):
    curvature = -(noise**2) / 4
    root = np.sqrt(complex(curvature**2 - 0.25))
    assert_same_spectrum(spectrum(DiracGAN(noise=noise)), np.array([curvature + root, curvature - root]))


@pytest.mark.parametrize("weight", [0.5, 1.0, 4.0])
def test_dirac_consensus(weight):
    assert_same_spectrum(spectrum(DiracGAN(), Consensus(weight)), pair(-weight / 4 + 0.5j))


@pytest.mark.parametrize("h, gamma", [(0.2, 0.3), (1.3, 0.3), (0.5, 1.5)])
def test_dirac_r1_in_discrete_steps(h, gamma):
    game = DiracGAN(penalties=[f"r1(gamma={gamma})"], learning_rate=h)
    together = round_matrix(game, Simultaneous())
    assert np.linalg.det(together) == pytest.approx(1 - h * gamma + h * h / 4, abs=1e-6)
    stable = h < 4 * gamma and 4 - 2 * h * gamma + h * h / 4 > 0
    assert (radius(np.linalg.eigvals(together)) < 1) == stable
    published = {(0.2, 0.3): 0.974679, (1.3, 0.3): 1.01612}
    if (h, gamma) in published:
        assert radius(np.linalg.eigvals(together)) == pytest.approx(published[h, gamma], abs=1e-5)
    in_turn = round_matrix(game, Alternating())
    assert np.linalg.det(in_turn) == pytest.approx(1 - h * gamma, abs=1e-6)
    assert (radius(np.linalg.eigvals(in_turn)) < 1) == (2 * h * gamma + h * h / 4 < 4)


@pytest.mark.parametrize("h", [0.2, 0.5, 1.0])
def test_dirac_simultaneous_always_diverges(h):
    found = radius(np.linalg.eigvals(round_matrix(DiracGAN(learning_rate=h), Simultaneous())))
    assert found == pytest.approx(np.sqrt(1 + h * h / 4), abs=1e-6)


@pytest.mark.parametrize("n_g, n_d, h", [(1, 1, 0.5), (1, 5, 1.0), (2, 3, 1.4), (1, 4, 2.1)])
def test_dirac_alternating_steps_stay_on_the_unit_circle_up_to_q_2(n_g, n_d, h):
    game = DiracGAN(learning_rate=h)
    g, d = game.players
    game.players = (dataclasses.replace(g, steps=n_g), dataclasses.replace(d, steps=n_d))
    q = np.sqrt(n_g * n_d) * h / 2
    root = np.sqrt(complex((1 - q * q / 2) ** 2 - 1))
    found = np.linalg.eigvals(round_matrix(game, Alternating()))
    assert_same_spectrum(found, np.array([1 - q * q / 2 + root, 1 - q * q / 2 - root]))
    assert (radius(found) < 1 + 1e-6) == (q <= 2)


def test_the_derivative_is_that_of_the_played_round_also_away_from_the_equilibrium():
    """A nonlinear game off its equilibrium: the Jacobian against central differences of real rounds."""
    for rule in (Simultaneous, Alternating, Extragradient, lambda: Consensus(1.0), lambda: Unrolled(2)):
        game = DiracGAN("non_saturating", ["r1(gamma=0.5)"], learning_rate=0.4).set(0.7, -0.4)
        matrix = round_matrix(game, rule())
        columns = []
        for unit in np.eye(2):
            ends = []
            for sign in (1, -1):
                moved = DiracGAN("non_saturating", ["r1(gamma=0.5)"], learning_rate=0.4)
                moved.set(*(np.array([0.7, -0.4]) + sign * 1e-5 * unit))
                ends.append(kgan.analysis.trajectory(moved, rule(), 1)[-1])
            columns.append((ends[0] - ends[1]) / 2e-5)
        np.testing.assert_allclose(matrix, np.array(columns).T, atol=1e-7)
