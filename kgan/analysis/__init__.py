"""Games with a known answer, and what can be said of any game: spectra, maps, trajectories."""

from kgan.analysis.dynamics import round_matrix, spectrum, trajectory
from kgan.analysis.games import BilinearGame, DiracGAN, QuadraticGame

__all__ = ["BilinearGame", "DiracGAN", "QuadraticGame", "round_matrix", "spectrum", "trajectory"]
