"""What the discriminator is told: labels that are softer, or wrong, now and then.

A label y in [0, 1] makes of a logit's term y real_term + (1 - y) fake_term: what the base says of a batch in which a
share y of such samples is real. The generator's loss is the base's, and so is `boundary`.
"""

import numbers
from collections.abc import Sequence

import tensorflow as tf

from kgan import checks, random
from kgan.checks import InputError
from kgan.losses.base import FAKE, REAL, Loss, Separable, Wrapper, separable


class Labels(Wrapper, Separable):
    """The interface, and the way to write one: subclass and define `label`.

    Args:
        base: a loss with a term for each logit (see `Separable`), or its name.

    Raises:
        InputError: for another loss.
    """

    def __init__(self, base: str | Loss) -> None:
        super().__init__(base)
        separable(self.base)

    def label(self, kind: int, logits: tf.Tensor) -> float | tf.Tensor:
        """The labels of samples that are REAL or FAKE, of a shape that broadcasts against `logits`."""
        raise NotImplementedError

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self._mixed(self.label(REAL, logits), logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self._mixed(self.label(FAKE, logits), logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self.base.generator_term(logits)

    def _mixed(self, label: float | tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        return label * self.base.real_term(logits) + (1.0 - label) * self.base.fake_term(logits)

    def _uniform(self, kind: int, logits: tf.Tensor, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """One number for each sample, however many logits it has."""
        shape = [tf.shape(logits)[0]] + [1] * (len(logits.shape) - 1)
        return random.uniform(shape, random.fold_in(self.seed, kind), low, high, dtype=logits.dtype)


class LabelSmoothing(Labels):
    """Salimans et al. 2016, section 3.4: labels `real` and `fake` in place of 1 and 0.

    With `NonSaturating` sigma(D) is at best (real p + fake q) / (p + q). The paper smooths one side only: where fakes
    have a label above 0, wrong fakes far from the data are not pushed back to it.

    Args:
        base: as in `Labels`.
        real: the label of reals, in [0, 1], a number or a Schedule; 0.9 in the paper.
        fake: the label of fakes, likewise.

    Raises:
        InputError: for a label outside [0, 1], or a base that has no terms.

    Examples:
        >>> smooth, hard = LabelSmoothing(real=0.9), LabelSmoothing(real=1.0)
        >>> sure, fake = tf.constant([10.0]), tf.constant([-10.0])
        >>> bool(smooth.discriminator(sure, fake) > hard.discriminator(sure, fake))  # to be so sure now costs
        True
    """

    def __init__(self, base: str | Loss = "non_saturating", real: float = 0.9, fake: float = 0.0) -> None:
        super().__init__(base)
        self.real, self.fake = checks.share("real", real), checks.share("fake", fake)

    def label(self, kind: int, logits: tf.Tensor) -> float | tf.Tensor:
        return self.fake if kind == FAKE else self.real


class NoisyLabels(Labels):
    """Labels drawn uniformly from an interval for each sample ("soft and noisy labels", Chintala et al. 2016).

    Chintala's real labels go up to 1.2; above 1 a logistic loss has no lower bound, so they end at 1 here. Terms are
    linear in the label: in expectation this is `LabelSmoothing` at the intervals' middles.

    Args:
        base: as in `Labels`.
        real: (low, high) of reals, in [0, 1].
        fake: (low, high) of fakes.

    Raises:
        InputError: for an interval not in [0, 1], or a base that has no terms.
    """

    def __init__(
        self,
        base: str | Loss = "non_saturating",
        real: Sequence[float] = (0.7, 1.0),
        fake: Sequence[float] = (0.0, 0.3),
    ) -> None:
        super().__init__(base)
        self.real, self.fake = _interval("real", real), _interval("fake", fake)

    def label(self, kind: int, logits: tf.Tensor) -> tf.Tensor:
        return self._uniform(kind, logits, *(self.fake if kind == FAKE else self.real))


class FlippedLabels(Labels):
    """Each sample's label is the wrong one with probability `share` (Chintala et al. 2016, "How to train a GAN?").

    Args:
        base: as in `Labels`.
        share: in [0, 1], a number or a Schedule.

    Raises:
        InputError: for a share outside [0, 1], or a base that has no terms.
    """

    def __init__(self, base: str | Loss = "non_saturating", share: float = 0.05) -> None:
        super().__init__(base)
        self.share = checks.share("share", share)

    def label(self, kind: int, logits: tf.Tensor) -> tf.Tensor:
        flipped = self._uniform(kind, logits) < self.share
        return tf.cast(flipped if kind == FAKE else ~flipped, logits.dtype)


def _interval(name: str, value: Sequence[float]) -> tuple[float, float]:
    pair = isinstance(value, list | tuple) and len(value) == 2
    if not pair or any(isinstance(end, bool) or not isinstance(end, numbers.Real) for end in value):
        raise InputError(f"{name}: wanted (low, high) in [0, 1], got {value!r}")
    low, high = map(float, value)
    if not 0.0 <= low <= high <= 1.0:
        raise InputError(f"{name}: wanted (low, high) in [0, 1], got {value!r}")
    return low, high
