"""Tables of numbers and categories as samples of a GAN, and back (CTGAN, Xu et al. 2019, section 4.2)."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from kgan.checks import InputError, whole

SPREAD = 4.0  # standard deviations from a mode that -1 and 1 are
LEAST = 0.005  # the weight of a mode that is kept


class Table:
    """Rows of a table as vectors, by mode-specific normalisation.

    A number is told by one of the modes of its column, a Gaussian mixture (Bayesian, of at most `modes`, those of a
    weight over 0.005), and by its place in it, (x - mean) / (4 std), clipped to [-1, 1]; the mode is drawn, each as
    likely as it is for that number. A category is a one-hot code.

    Args:
        columns: arrays (n,) by name, a DataFrame say: floats and whole numbers are numbers, all else categories.
        modes: 10, as there.
        seed: of the mixtures, and of the modes that are drawn.

    Attributes:
        parts: what a vector is made of, for `kgan.networks.table_generator`: ("tanh", 1) or ("softmax", size) each.
        width: the vectors' length.

    Raises:
        InputError: for columns of different lengths, without rows, or numbers that are not finite.
    """

    def __init__(self, columns: Mapping[str, Any], modes: int = 10, seed: int = 0) -> None:
        from sklearn.mixture import BayesianGaussianMixture  # which takes a second to import

        whole("modes", modes)
        self.seed, self.columns = seed, {}
        self.parts: list[tuple[str, int]] = []
        for name, column in _arrays(columns).items():
            if column.dtype.kind == "f":
                kind = {"weight_concentration_prior": 0.001, "n_init": 1, "random_state": seed}
                mixture = BayesianGaussianMixture(n_components=min(modes, len(np.unique(column))), **kind)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a fit that has not converged: the modes need not be exact
                    mixture.fit(column[:, None])
                self.columns[name] = mixture, np.flatnonzero(mixture.weights_ > LEAST)
                self.parts += [("tanh", 1), ("softmax", len(self.columns[name][1]))]
            else:
                self.columns[name] = None, np.unique(column)
                self.parts.append(("softmax", len(self.columns[name][1])))
        self.width = sum(size for _, size in self.parts)

    def encode(self, columns: Mapping[str, Any]) -> np.ndarray:
        """The rows of such columns as vectors, float32 (n, width).

        Raises:
            InputError: for other columns, or a category that was never seen, which is named.
        """
        arrays, random = _arrays(columns), np.random.default_rng(self.seed)
        if list(arrays) != list(self.columns):
            raise InputError(f"columns: wanted {', '.join(self.columns)}, got {', '.join(arrays)}")
        parts = []
        for name, (mixture, known) in self.columns.items():
            column = arrays[name]
            if mixture is None:
                new = sorted(set(column) - set(known))
                if new:
                    raise InputError(
                        f"columns: {name} has a category never seen, {str(new[0])!r}; known: {', '.join(known)}"
                    )
                place = np.searchsorted(known, column)
            else:
                shares = mixture.predict_proba(column[:, None])[:, known] + 1e-12
                below = np.cumsum(shares / shares.sum(1, keepdims=True), axis=1)
                place = np.minimum((random.random((len(column), 1)) > below).sum(1), len(known) - 1)
                mean, std = _mode(mixture, known[place])
                parts.append(np.clip((column - mean) / (SPREAD * std), -1.0, 1.0)[:, None])
            parts.append(np.eye(len(known))[place])
        return np.concatenate(parts, axis=1).astype("float32")

    def decode(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """The columns of vectors (n, width): of each code the largest number counts."""
        if np.ndim(rows) != 2 or np.shape(rows)[1] != self.width:
            raise InputError(f"rows: wanted (num, {self.width}), got {np.shape(rows)}")
        columns, parts = {}, iter(np.split(rows, np.cumsum([size for _, size in self.parts])[:-1], axis=1))
        for name, (mixture, known) in self.columns.items():
            number = next(parts)[:, 0] if mixture is not None else None
            code = known[next(parts).argmax(1)]
            if number is None:
                columns[name] = code
            else:
                mean, std = _mode(mixture, code)
                columns[name] = SPREAD * std * np.clip(number, -1.0, 1.0) + mean
        return columns


def _mode(mixture: Any, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, standard deviation) of the modes at these places of a mixture."""
    return mixture.means_[place, 0], np.sqrt(mixture.covariances_[place, 0, 0])


def _arrays(columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Numbers as float64, categories as text."""
    arrays = {str(name): np.asarray(column) for name, column in columns.items()}
    lengths = {name: column.shape for name, column in arrays.items()}
    if len(set(lengths.values())) != 1 or len(next(iter(lengths.values()))) != 1 or not next(iter(lengths.values()))[0]:
        raise InputError(f"columns: wanted as many rows in each, one or more, got {lengths}")
    arrays = {name: one.astype("float64" if one.dtype.kind in "fiu" else str) for name, one in arrays.items()}
    for name, column in arrays.items():
        if column.dtype.kind == "f" and not np.isfinite(column).all():
            raise InputError(f"columns: {name} holds a NaN or an infinity")
    return arrays
