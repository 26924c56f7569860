"""The face of a feature network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np


class Network(ABC):
    """Samples to features.

    Attributes:
        name: what it is, "classifier", say.
        hash: eight hexadecimal digits of all that its output depends on.
        resizer: how samples come to its size; "none" if they are taken as they are.
        class_names: what its probabilities are of; None if it has none.
        costly: whether what it says of the reals is worth keeping.
    """

    name: str
    hash: str
    resizer: str = "none"
    class_names: Sequence[str] | None = None
    costly: bool = True

    @property
    def label(self) -> str:
        """The name and the first digits of the hash, as they stand in a number's protocol: `classifier-3f2a`."""
        return f"{self.name}-{self.hash[:4]}"

    @abstractmethod
    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The features (n, d) of samples (n, ...), and the probabilities (n, K) of its classes, or None.

        Images are float32 (n, height, width, 1 or 3) in [-1, 1].
        """

    def unrounded(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """The same without the rounding to a file's 256 levels, where there is one: for small differences."""
        return self(samples)
