"""Games with a known answer, and what can be said of any game: spectra, maps, trajectories, angles."""

from kgan.analysis.dynamics import round_matrix, spectrum, trajectory
from kgan.analysis.field import jacobian_operator, largest_stable_step, leading_eigenvalues, path_angle
from kgan.analysis.games import BilinearGame, DiracGAN, QuadraticGame

__all__ = [
    "BilinearGame",
    "DiracGAN",
    "QuadraticGame",
    "jacobian_operator",
    "largest_stable_step",
    "leading_eigenvalues",
    "path_angle",
    "round_matrix",
    "spectrum",
    "trajectory",
]
