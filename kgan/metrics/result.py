"""A number with its protocol, without which it means nothing (design rule 10)."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Result:
    """One number, and all that it depends on.

    Attributes:
        metric: "fid", "precision", ...
        value: the number.
        network: the label of the feature network, its name and the first digits of the hash of its weights.
        n_real, n_fake: how many samples it was computed from.
        weights: whose samples these are: "ema", the averaged generator's; "raw", those of the one that trains;
            "exported", a SavedModel's; "images", a folder's.
        resizer: how the samples come to the network's size; "none" if not at all.
        error: the standard error of the value, of what the metric's docstring says: mostly over the samples; of the
            inception score, as in papers, the standard deviation over its splits. None where it is not known.
        real: the same metric between two halves of the reals: what a perfect generator would have, up to n.
        better: "lower", "higher", or None if neither is better in itself.
        perfect: what a perfect generator is expected to have at this n, where that is known.
        hash: all digits of the network's hash.
        data: what the reals are, "digits", say, with the split if it is not "train" and the resolution if it is not the
            data's own; "" where nobody said.
    """

    metric: str
    value: float
    network: str
    n_real: int
    n_fake: int
    weights: str
    resizer: str = "none"
    error: float | None = None
    real: float | None = None
    better: str | None = None
    perfect: float | None = None
    hash: str = ""
    data: str = ""

    @property
    def protocol(self) -> str:
        """`classifier-3f2a, n_real=10000, n_fake=10000, ema`; the resizer and the data where they are known."""
        more = [*([] if self.resizer == "none" else [self.resizer]), *([self.data] if self.data else [])]
        return ", ".join([self.network, f"n_real={self.n_real}", f"n_fake={self.n_fake}", self.weights, *more])

    def __str__(self) -> str:
        """`fid[classifier-3f2a, n_real=10000, n_fake=10000, ema] = 7.31 ± 0.05 (real vs real: 0.42)`."""
        error = "" if self.error is None else f" ± {self.error:.2g}"
        known = [("real vs real", self.real), ("perfect", self.perfect)]
        beside = "; ".join(f"{name}: {value:.4g}" for name, value in known if value is not None)
        return f"{self.metric}[{self.protocol}] = {self.value:.4g}{error}{f' ({beside})' if beside else ''}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; a number that is not finite, which JSON has no word for, as "inf" or "nan"."""
        values = dataclasses.asdict(self)
        return values | {k: str(v) for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)}


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """All numbers of one generator.

    Attributes:
        results: the numbers.
        classes: where the network has classes: "names", and their shares in the samples, "real" and "fake". Or None.
        epoch, step: when it was taken, in a run; else 0.
    """

    results: Sequence[Result]
    classes: Mapping[str, Sequence] | None = None
    epoch: int = 0
    step: int = 0

    def __getitem__(self, metric: str) -> Result:
        return {result.metric: result for result in self.results}[metric]

    def to_json(self) -> dict[str, Any]:
        results = [result.to_json() for result in self.results]
        return {"epoch": self.epoch, "step": self.step, "results": results, "classes": self.classes}
