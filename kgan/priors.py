"""What a generator is fed: laws that are drawn from, and conditions that come with the data.

A prior is a law, or a dict of laws by the names of the generator's inputs. A draw is a function of its seed, and under
several replicas one draw for the global batch (`kgan.random`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import checks, random
from kgan.checks import InputError

LATENTS = "latents"  # the name of the only input of a prior that is one law


class Law:
    """What priors and conditions share: a dataclass is its own config."""

    def get_config(self) -> dict:
        return dataclasses.asdict(self)  # type: ignore[call-overload]  # each law is one

    @classmethod
    def from_config(cls, config: dict) -> "Law":
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in config.items()})


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Normal(Law):
    """N(0, I) of a shape: float32 (num, *shape).

    Args:
        shape: the shape of one draw; a whole number d stands for (d,).
    """

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape(self.shape))

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws, a function of `seed`, int32 (2,)."""
        return random.normal((num, *self.shape), seed)

    def surprisal(self, drawn: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
        """-log q(drawn) of each draw, float32 (num,), for q = N(said, I); without the constant."""
        return _gaussian(drawn, said)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Uniform(Law):
    """Uniform numbers in [low, high): float32 (num, *shape).

    Args:
        shape: as in `Normal`.
        low, high: the interval; default [-1, 1).
    """

    shape: tuple[int, ...]
    low: float = -1.0
    high: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _shape(self.shape))
        if not checks.number("low", self.low) < checks.number("high", self.high):
            raise InputError(f"high: wanted a number above low, {self.low!r}, got {self.high!r}")

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws, a function of `seed`, int32 (2,)."""
        return random.uniform((num, *self.shape), seed, self.low, self.high)

    def surprisal(self, drawn: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
        """-log q(drawn) of each draw, float32 (num,), for q = N(said, I); without the constant."""
        return _gaussian(drawn, said)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Categorical(Law):
    """One of `classes`, each as likely, as a one-hot code: float32 (num, classes)."""

    classes: int

    def __post_init__(self) -> None:
        checks.whole("classes", self.classes, least=2)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one draw."""
        return (self.classes,)

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws, a function of `seed`, int32 (2,)."""
        return tf.one_hot(_classes(num, self.classes, seed), self.classes)

    def surprisal(self, drawn: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
        """-log q(drawn) of each draw, float32 (num,), for q = softmax(said)."""
        return tf.nn.softmax_cross_entropy_with_logits(drawn, said)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Member(Law):
    """Which generator of a mixture makes a sample: int32 (num,) in [0, len(shares)), k with probability shares[k].

    Args:
        shares: numbers from 0 on that add up to 1.
    """

    shares: tuple[float, ...]
    shape, dtype = (), "int32"

    def __post_init__(self) -> None:
        shares = tuple(float(share) for share in self.shares)
        if not shares or min(shares) < 0 or not abs(sum(shares) - 1.0) < 1e-4:
            raise InputError(f"shares: wanted numbers from 0 on that add up to 1, got {list(self.shares)}")
        object.__setattr__(self, "shares", shares)

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """`num` draws, a function of `seed`, int32 (2,)."""
        ends = np.cumsum(self.shares) / np.sum(self.shares)
        return tf.searchsorted(tf.constant(ends[:-1], "float32"), random.uniform((num,), seed), side="right")


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Labels(Law):
    """A condition: class labels, int32 (num,) in [0, classes). Where none are asked for, each is as likely."""

    classes: int
    shape, dtype = (), "int32"

    def __post_init__(self) -> None:
        checks.whole("classes", self.classes)

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """`num` labels, a function of `seed`, int32 (2,)."""
        return _classes(num, self.classes, seed)

    def example(self, num: int) -> tf.Tensor:
        """Labels 0, for a trial."""
        return tf.zeros((num,), "int32")

    def take(self, name: str, value: Any) -> np.ndarray:
        """`value`, a label or several, as int32 (n,).

        Raises:
            InputError: for what are no whole numbers in [0, classes).
        """
        labels = np.atleast_1d(np.asarray(value))
        if labels.ndim != 1 or not labels.size or not np.issubdtype(labels.dtype, np.integer):
            raise InputError(f"{name}: wanted whole numbers in [0, {self.classes}), got {value!r}")
        if labels.min() < 0 or labels.max() >= self.classes:
            wrong = labels[(labels < 0) | (labels >= self.classes)][0]
            raise InputError(f"{name}: wanted labels in [0, {self.classes}), got {wrong}")
        return labels.astype("int32")


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Truncation(Law):
    """A condition: psi of the truncation trick, float32 (num,) in [0, 1]; 1, none, where it is not asked for."""

    shape, dtype = (), "float32"

    def draw(self, num: Any, seed: tf.Tensor) -> tf.Tensor:
        """Ones."""
        return tf.ones((num,))

    def example(self, num: int) -> tf.Tensor:
        """Ones, for a trial."""
        return tf.ones((num,))


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Pictures(Law):
    """A condition: pictures to translate, float32 (num, height, width, channels) in [-1, 1]. They have to be given.

    Args:
        shape: (height, width, channels); a height or width of None takes any.
    """

    shape: tuple[int | None, ...]
    dtype = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))

    def example(self, num: int) -> tf.Tensor:
        """Black pictures, for a trial."""
        return tf.zeros((num, *(size or 64 for size in self.shape)))

    def take(self, name: str, value: Any) -> np.ndarray:
        """`value`, a picture or a batch of them.

        Raises:
            InputError: for another shape.
        """
        pictures = np.asarray(value, "float32")
        if pictures.ndim == len(self.shape):
            pictures = pictures[None]
        fits = zip(pictures.shape[1:], self.shape, strict=False)
        if pictures.ndim != len(self.shape) + 1 or any(wanted not in (None, size) for size, wanted in fits):
            raise InputError(f"{name}: wanted pictures of shape {self.shape}, got {np.shape(value)}")
        return pictures


Prior = Normal | Uniform | Categorical | Member
Condition = Labels | Pictures | Truncation


def named(prior: int | Any | Mapping[str, Any]) -> dict[str, Any]:
    """A prior by the names of its parts: a dimension d is {"latents": Normal(d)}, a law {"latents": law}.

    Raises:
        InputError: for what is no prior.
    """
    if isinstance(prior, int) and not isinstance(prior, bool):
        prior = Normal(checks.whole("latent_dim", prior))
    laws = dict(prior) if isinstance(prior, Mapping) else {LATENTS: prior}
    for name, law in laws.items():
        if not callable(getattr(law, "draw", None)):
            raise InputError(f"prior: wanted a dimension, a law of kgan.priors or a dict of them, got {law!r} ({name})")
    return laws


def draw(laws: Mapping[str, Any], num: Any, seed: tf.Tensor) -> dict[str, tf.Tensor]:
    """`num` draws from each of the laws. The first takes `seed` itself, so that one law alone is drawn as ever."""
    seeds = [seed if place == 0 else random.fold_in(seed, place) for place in range(len(laws))]
    return {name: law.draw(num, one) for (name, law), one in zip(laws.items(), seeds, strict=True)}


def truncated(laws: Mapping[str, Any], drawn: Mapping[str, tf.Tensor], truncation: Any) -> dict[str, tf.Tensor]:
    """`drawn` with the truncation, psi, a number or one a row: samples become more typical and less various.

    A generator that is told it (`Truncation`) does it itself, behind its mapping network (Karras et al. 2019, section
    B). Of others what is normal is drawn towards 0, its mean: times psi.
    """
    kind = Truncation if any(isinstance(law, Truncation) for law in laws.values()) else Normal
    return {
        name: value * _a_row(truncation, value) if isinstance(laws.get(name), kind) else value
        for name, value in drawn.items()
    }


def between(
    laws: Mapping[str, Any], start: Mapping[str, tf.Tensor], end: Mapping[str, tf.Tensor], position: tf.Tensor
) -> dict[str, tf.Tensor]:
    """The way from draws to others: `start` at position 0, `end` at 1; float32 (num,), one a row.

    What is normal goes along the great arc (Shoemake 1985; White 2016), and linearly in length, so that it stays as far
    from 0 as draws are; the rest in a straight line, but for the member of a mixture, which is the nearer end's.
    """
    ways = {name: _arc if isinstance(law, Normal) else _line for name, law in laws.items()}
    return {
        name: tf.where(position < 0.5, start[name], end[name])
        if isinstance(laws[name], Member)
        else way(start[name], end[name], _a_row(position, start[name]))
        for name, way in ways.items()
    }


def _line(start: tf.Tensor, end: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    return (1.0 - position) * start + position * end


def _arc(start: tf.Tensor, end: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    axes = list(range(1, start.shape.rank))
    lengths = tuple(tf.sqrt(tf.reduce_sum(z**2, axes, keepdims=True)) for z in (start, end))
    a, b = (tf.math.divide_no_nan(z, length) for z, length in zip((start, end), lengths, strict=True))
    angle = tf.acos(tf.clip_by_value(tf.reduce_sum(a * b, axes, keepdims=True), -1.0, 1.0))
    near = tf.sin(angle) < 1e-3  # of parallel latents: the arc is a line, and float32 could not tell its angle
    safe = tf.where(near, 1.0, angle)
    weights = [tf.where(near, p, tf.sin(p * safe) / tf.sin(safe)) for p in (1.0 - position, position)]
    return (weights[0] * a + weights[1] * b) * _line(lengths[0], lengths[1], position)


def _a_row(value: Any, like: tf.Tensor) -> tf.Tensor:
    """A number, or one a row, so that it multiplies rows of the shape of `like`."""
    value = tf.cast(value, like.dtype)
    return value if value.shape.rank == 0 else tf.reshape(value, (-1, *[1] * (like.shape.rank - 1)))


def _gaussian(drawn: tf.Tensor, said: tf.Tensor) -> tf.Tensor:
    return 0.5 * tf.reduce_sum(tf.square(drawn - said), list(range(1, len(drawn.shape))))


def _classes(num: Any, classes: int, seed: tf.Tensor) -> tf.Tensor:
    uniform = random.uniform((num,), seed)
    return tf.minimum(tf.cast(tf.floor(uniform * classes), "int32"), classes - 1)


def _shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    return tuple(checks.whole("shape", size) for size in sizes)
