"""Conserved quantities, exact periods, limit cycles, and the failures that theory demands."""

import numpy as np
import pytest

from kgan.analysis import BilinearGame, DiracGAN, QuadraticGame, round_matrix, trajectory
from kgan.analysis.games import GradientDescent
from kgan.checks import InputError
from kgan.updates import Alternating, Consensus, Extragradient, Lookahead, Simultaneous


def radii(points):
    return np.linalg.norm(points, axis=1)


@pytest.mark.parametrize("s", [0.1, 0.5, 1.0, 1.9])
def test_alternating_play_conserves_its_quadratic_form(s):
    points = trajectory(BilinearGame(1.0, learning_rate=s).set(1.0, -0.5), Alternating(), 200)
    x, y = points.T
    conserved = x**2 - s * x * y + y**2
    np.testing.assert_allclose(conserved, conserved[0], rtol=1e-9)


@pytest.mark.parametrize("period", [3, 4, 5, 6, 12])
def test_alternating_play_has_exact_periods(period):
    s = 2 * np.sin(np.pi / period)
    points = trajectory(BilinearGame(1.0, learning_rate=s).set(1.0, -0.5), Alternating(), 5 * period)
    np.testing.assert_allclose(points[period], points[0], atol=1e-12)
    np.testing.assert_allclose(points[-1], points[0], atol=1e-11)
    assert all(np.linalg.norm(points[k] - points[0]) > 0.1 for k in range(1, period))


def test_averages_converge_for_alternating_play_and_diverge_for_simultaneous():
    s, rounds = 0.3, 400
    in_turn = trajectory(BilinearGame(1.0, learning_rate=s).set(1.0, 1.0), Alternating(), rounds)
    averages = np.cumsum(in_turn, 0) / np.arange(1, rounds + 2)[:, None]
    assert np.linalg.norm(averages[-1]) < 10 / rounds
    together = trajectory(BilinearGame(1.0, learning_rate=s).set(1.0, 1.0), Simultaneous(), rounds)
    assert np.linalg.norm(np.mean(together, 0)) > 1e3
    np.testing.assert_allclose(radii(together), np.sqrt(2) * (1 + s * s) ** (np.arange(rounds + 1) / 2), rtol=1e-9)


def test_the_flow_of_the_minimax_dirac_gan_conserves_the_radius():
    points = trajectory(DiracGAN(learning_rate=1e-3).set(1.0, 0.0), Simultaneous(), 1000)
    np.testing.assert_allclose(radii(points), 1.0, atol=2e-3)


@pytest.mark.parametrize("h, squared", [(0.1, 0.19988), (0.2, 0.39915)])
def test_nsgan_simultaneous_ends_on_a_limit_cycle_of_squared_radius_2h(h, squared):
    points = trajectory(DiracGAN("non_saturating", learning_rate=h).set(1.0, 0.0), Simultaneous(), int(600 / h))
    assert np.mean(radii(points[-500:]) ** 2) == pytest.approx(squared, rel=2e-3)


def test_nsgan_alternating_contracts_as_8_over_h_n():
    h, rounds = 0.2, 4000
    points = trajectory(DiracGAN("non_saturating", learning_rate=h).set(1.0, 0.0), Alternating(), rounds)
    assert np.mean(radii(points[-300:]) ** 2) == pytest.approx(8 / (h * rounds), rel=0.1)


@pytest.mark.parametrize(
    "game",
    [
        lambda: DiracGAN("wasserstein", ["gradient_penalty(weight=0.3)"], learning_rate=0.1).set(1.0, 0.5),
        lambda: DiracGAN("wasserstein", clip=1.0, learning_rate=0.1).set(1.0, 0.5),
        lambda: DiracGAN("wasserstein", learning_rate=0.1).set(1.0, 0.5),
        lambda: DiracGAN("minimax", learning_rate=0.1).set(1.0, 0.5),
    ],
    ids=["WGAN-GP", "clipping", "WGAN", "minimax"],
)
def test_known_failures_do_not_converge(game):
    points = trajectory(game(), Alternating(), 3000)
    assert radii(points[-200:]).max() > 0.3


def test_the_same_with_a_zero_centred_penalty_converges():
    game = DiracGAN("minimax", ["r1(gamma=0.5)"], learning_rate=0.1).set(1.0, 0.5)
    assert radii(trajectory(game, Alternating(), 3000))[-1] < 1e-6


def test_lookahead_converges_at_half_and_diverges_at_four_fifths():
    ends = {}
    for alpha in (0.5, 0.8):
        game = BilinearGame(1.0, learning_rate=0.3).set(1.0, 1.0)
        ends[alpha] = radii(trajectory(game, Lookahead(Simultaneous(), 6, alpha), 600))[-1]
    assert ends[0.5] < 1e-6 and ends[0.8] > 3.0


def test_consensus_leaves_its_basin_with_too_large_a_weight():
    """The bracket |1 - s g| < 1 of the closed form."""
    inside = BilinearGame(1.0, learning_rate=0.3).set(1.0, 1.0)
    assert radii(trajectory(inside, Consensus(1.0), 200))[-1] < 1e-6
    outside = BilinearGame(1.0, learning_rate=0.3).set(1.0, 1.0)
    assert radii(trajectory(outside, Consensus(7.0), 20))[-1] > 10


@pytest.mark.parametrize("start, end", [((0.5, 0.5), 0.0), ((2.0, -2.0), 7.3), ((3.0, 3.0), 1e4)])
def test_consensus_has_a_basin(start, end):
    """Weight 10 on the minimax Dirac-GAN: it converges from near by; from farther off it comes to rest where |v|^2 is
    flat, which is no equilibrium, or is thrown out.
    """
    points = trajectory(DiracGAN("minimax", learning_rate=0.5).set(*start), Consensus(10.0), 1500)
    assert radii(points)[-1] >= end - 0.1 and (end > 1 or radii(points)[-1] < 1e-6)


def test_extragradient_border():
    for s, converges in ((0.9, True), (1.1, False)):
        points = trajectory(BilinearGame(1.0, learning_rate=s).set(1.0, 1.0), Extragradient(), 200)
        assert (radii(points)[-1] < radii(points)[0]) == converges


def test_extrapolation_from_the_past_keeps_its_proven_rate():
    """Gidel et al. 2019, theorem 1: |w_t|^2 <= (1 - mu / 4L)^t |w_0|^2 at rate 1 / 4L."""
    mu, a = 1.0, 3.0
    lipschitz = np.hypot(mu, a)
    game = QuadraticGame(mu, a, learning_rate=1 / (4 * lipschitz)).set(1.0, -1.0)
    points = trajectory(game, Extragradient(past=True), 100)
    bound = 2 * (1 - mu / (4 * lipschitz)) ** np.arange(101)
    assert np.all(radii(points) ** 2 <= bound + 1e-12)


def test_round_matrix_leaves_the_game_and_the_rule_as_they_were():
    game, rule = BilinearGame(1.0, learning_rate=0.3).set(1.0, 2.0), Lookahead(Simultaneous(), 2)
    first = round_matrix(game, rule, rounds=2)
    np.testing.assert_array_equal(first, round_matrix(game, rule, rounds=2))
    x, y = game.point().values()
    assert (x[0].numpy().item(), y[0].numpy().item()) == (1.0, 2.0)


def test_bad_input():
    with pytest.raises(InputError, match="learning_rate: wanted a positive number, got 0"):
        BilinearGame(1.0, learning_rate=0)
    with pytest.raises(InputError, match="loss: unknown name 'hing'"):
        DiracGAN("hing")
    with pytest.raises(ValueError, match="alpha: wanted a number in"):
        Lookahead(Simultaneous(), alpha=1.5)
    with pytest.raises(ValueError, match="inner: wanted an update rule"):
        Lookahead("alternating")
    with pytest.raises(ValueError, match="order: wanted each of"):
        Alternating(order=("x", "z")).build(BilinearGame(1.0, optimizers=[GradientDescent(0.1) for _ in range(2)]))
