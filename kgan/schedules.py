"""Numbers that change during training, each a pure function of the round: learning rates, weights, decays.

Wherever an argument is documented as "a number or a Schedule", one of these may stand; and each is a learning rate of
Keras's optimizers, where its step counts the player's moves. There is no state: a resumed run goes on exactly.
Clipping gradients is the optimizer's own (`clipnorm`, `global_clipnorm`, `clipvalue`), one optimizer a player.
"""

import dataclasses
import itertools
import math
from typing import Any, TypeVar

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError, lookup

T = TypeVar("T")
LearningRateSchedule = keras.optimizers.schedules.LearningRateSchedule


class Schedule(LearningRateSchedule):
    """The interface, and the way to write one: a frozen dataclass of its arguments that defines `__call__`."""

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        """The value in round `step` (an integer scalar, from 0): a float32 scalar."""
        raise NotImplementedError

    def get_config(self) -> dict:
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        serialize = keras.saving.serialize_keras_object
        return {k: serialize(v) if isinstance(v, LearningRateSchedule) else v for k, v in fields.items()}

    @classmethod
    def from_config(cls, config: dict) -> "Schedule":
        read = keras.saving.deserialize_keras_object
        return cls(**{k: read(v) if isinstance(v, dict) else v for k, v in config.items()})


def value(number: Any, step: int | tf.Tensor) -> Any:
    """`number`, or its value in round `step` if it is a schedule (kgan's or Keras's)."""
    return number(step) if isinstance(number, LearningRateSchedule) else number


def at(part: T, step: int | tf.Tensor) -> T:
    """A copy of `part` in which every attribute that is a schedule is its value in round `step`; `part` if none is.

    The copy is shallow: it shares all else, a layer's variables too.
    """
    attributes = getattr(part, "__dict__", {})
    values = {k: v(step) for k, v in attributes.items() if isinstance(v, LearningRateSchedule)}
    if not values:
        return part
    copy = object.__new__(type(part))  # not copy.copy, which makes other variables of a Keras layer's
    copy.__dict__.update(attributes | values)
    return copy


def _progress(step: int | tf.Tensor, rounds: int) -> tf.Tensor:
    """From 0 at step 0 to 1 at step `rounds` and after."""
    return tf.clip_by_value(tf.cast(step, "float32") / rounds, 0.0, 1.0)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Linear(Schedule):
    """start + (end - start) t / rounds in round t, from round `rounds` on `end`.

    Raises:
        InputError: if start or end is no number, or rounds < 1; so in all schedules.

    Examples:
        >>> decay = Linear(1.0, 0.0, rounds=4)
        >>> [float(decay(step)) for step in (0, 1, 4, 100)]
        [1.0, 0.75, 0.0, 0.0]
    """

    start: float
    end: float
    rounds: int

    def __post_init__(self) -> None:
        checks.number("start", self.start)
        checks.number("end", self.end)
        checks.whole("rounds", self.rounds)

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        return self.start + (self.end - self.start) * _progress(step, self.rounds)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Cosine(Linear):
    """end + (start - end) (1 + cos(pi t / rounds)) / 2, from round `rounds` on `end` (R3GAN, Huang et al. 2024)."""

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        return self.end + (self.start - self.end) * 0.5 * (1.0 + tf.cos(math.pi * _progress(step, self.rounds)))


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class Exponential(Schedule):
    """max(start rate^(t / rounds), least): times `rate` every `rounds` rounds, say every epoch.

    Examples:
        >>> halving = Exponential(1.0, 0.5, rounds=100, least=0.2)
        >>> [round(float(halving(step)), 3) for step in (0, 100, 200, 1000)]
        [1.0, 0.5, 0.25, 0.2]
    """

    start: float
    rate: float
    rounds: int
    least: float = 0.0

    def __post_init__(self) -> None:
        checks.number("start", self.start)
        checks.number("rate", self.rate, above=0.0)
        checks.whole("rounds", self.rounds)
        checks.number("least", self.least)

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        epochs = tf.cast(step, "float32") / self.rounds
        return tf.maximum(self.start * tf.pow(tf.constant(self.rate, "float32"), epochs), self.least)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class WarmUp(Schedule):
    """min(1, (t + 1) / rounds) times `number`, a number or a Schedule: a first round of 0 would be a lost one.

    Examples:
        >>> [float(WarmUp(8.0, rounds=4)(step)) for step in (0, 1, 3, 9)]
        [2.0, 4.0, 8.0, 8.0]
    """

    number: "float | Schedule"
    rounds: int

    def __post_init__(self) -> None:
        checks.number("number", self.number)
        checks.whole("rounds", self.rounds)

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        return _progress(tf.cast(step, "float32") + 1.0, self.rounds) * value(self.number, step)


@keras.saving.register_keras_serializable("kgan")
@dataclasses.dataclass(frozen=True)
class HalfLife(Schedule):
    """The decay of an average whose memory halves every `rounds` rounds: 0.5^(1 / min(rounds, ramp_up t)).

    StyleGAN2's (its `ema_kimg` images are rounds * batch_size). It is 0 where the half-life is: the average is then
    what it averages.

    Args:
        rounds: the half-life, from 0 on; a number or a Schedule (R3GAN: `Cosine(0, 5e6 / batch_size, ...)`).
        ramp_up: let the half-life be at most this share of the rounds played, t; 0.05 in StyleGAN2. None for no limit.
    """

    rounds: "float | Schedule"
    ramp_up: float | None = None

    def __post_init__(self) -> None:
        checks.number("rounds", self.rounds, least=0.0)
        if self.ramp_up is not None:
            checks.number("ramp_up", self.ramp_up, above=0.0)

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        rounds = tf.cast(value(self.rounds, step), "float32")
        if self.ramp_up is not None:
            rounds = tf.minimum(rounds, self.ramp_up * tf.cast(step, "float32"))
        return tf.exp(-math.log(2.0) / rounds)  # exp(-inf) = 0 at 0


# (the discriminator's learning rate, the generator's, Adam's betas)
TTUR = {
    "sagan": (4e-4, 1e-4, (0.0, 0.9)),  # Zhang et al. 2019, section 4
    "biggan": (2e-4, 5e-5, (0.0, 0.999)),  # Brock et al. 2019, appendix C
    "wgan_gp": (3e-4, 1e-4, (0.0, 0.9)),  # Heusel et al. 2017, WGAN-GP on images, with the betas of Gulrajani et al.
}


def ttur(name: str) -> tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer]:
    """(d_optimizer, g_optimizer) with the two learning rates called `name` in `TTUR`: two time scales (Heusel 2017).

    Raises:
        InputError: for an unknown name.
    """
    d_rate, g_rate, (beta_1, beta_2) = lookup("ttur", name, TTUR)
    return tuple(keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=beta_2) for rate in (d_rate, g_rate))


@dataclasses.dataclass(frozen=True)
class AdaptiveSteps:
    """How many steps of the discriminator a round has: many while it is weak, few where it is strong.

    r_t is the mean sign of D(x) - boundary over reals (Karras et al. 2020): 0 for a discriminator that guesses, 1 for
    one that is sure of all reals. Steps are `most` up to r_t = low, `least` from r_t = high on, and linear in between,
    rounded half up.

    Args:
        least: from 1 on.
        most: at least `least`, at most 1,000.
        low: in r_t.
        high: above `low`; ADA's target is 0.6.

    Raises:
        InputError: for arguments out of their range.

    Examples:
        >>> steps = AdaptiveSteps(least=1, most=5, low=0.2, high=0.6)
        >>> [int(steps.steps(r_t)) for r_t in (0.0, 0.4, 0.9)]
        [5, 3, 1]
    """

    least: int = 1
    most: int = 5
    low: float = 0.2
    high: float = 0.6

    def __post_init__(self) -> None:
        checks.whole("least", self.least)
        checks.whole("most", self.most, least=self.least, most=1000)
        checks.number("low", self.low)
        checks.number("high", self.high)
        if not self.low < self.high:
            raise InputError(f"high: wanted a number above low, {self.low!r}, got {self.high!r}")

    def steps(self, r_t: float | tf.Tensor) -> tf.Tensor:
        """The number of steps at `r_t`: an int32 scalar."""
        strength = tf.clip_by_value((tf.cast(r_t, "float32") - self.low) / (self.high - self.low), 0.0, 1.0)
        return tf.cast(tf.floor(self.most - (self.most - self.least) * strength + 0.5), "int32")


@dataclasses.dataclass(frozen=True)
class RateBalance:
    """Factors of the two learning rates: f = exp(-gain (r_t - target)), kept in [1/limit, limit], for the
    discriminator, and 1/f for the generator. Above the target the discriminator slows down, below it speeds up.

    Args:
        target: of r_t (see `AdaptiveSteps`), in [-1, 1].
        gain: from 0 on; with 1, an r_t that is 0.1 too high costs the discriminator about 10 % of its rate.
        limit: from 1 on.

    Raises:
        InputError: for arguments out of their range.
    """

    target: float = 0.4
    gain: float = 1.0
    limit: float = 4.0

    def __post_init__(self) -> None:
        if not -1.0 <= checks.number("target", self.target) <= 1.0:
            raise InputError(f"target: wanted a number in [-1, 1], got {self.target!r}")
        checks.number("gain", self.gain, least=0.0)
        checks.number("limit", self.limit, least=1.0)

    def factors(self, r_t: float | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(the discriminator's factor, the generator's) at `r_t`: float32 scalars."""
        factor = tf.exp(-self.gain * (tf.cast(r_t, "float32") - self.target))
        factor = tf.clip_by_value(factor, 1.0 / self.limit, self.limit)
        return factor, 1.0 / factor


@dataclasses.dataclass(frozen=True)
class ResolutionSchedule:
    """When a progressively grown GAN has which resolution (Karras et al. 2018, figure 2 and appendix A.1).

    `stable` rounds at the first resolution; then, for each other, `fade` rounds in which it fades in and `stable` in
    which it stays; the last stays for ever. In the paper both are 800 thousand images (600 in its code).

    Args:
        resolutions: each twice the one before, (4, 8, 16, 32) say.
        stable: rounds, from 1 on.
        fade: rounds, from 1 on.

    Raises:
        InputError: for an argument out of its range.
    """

    resolutions: tuple[int, ...]
    stable: int
    fade: int

    def __post_init__(self) -> None:
        given = self.resolutions if isinstance(self.resolutions, list | tuple) else ()
        sizes = [checks.whole("resolutions", size) for size in given]
        if not sizes or any(b != 2 * a for a, b in itertools.pairwise(sizes)):
            raise InputError(f"resolutions: wanted each twice the one before, got {self.resolutions!r}")
        checks.whole("stable", self.stable)
        checks.whole("fade", self.fade)

    def __call__(self, step: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(level, fade) in round `step`: an int32 scalar, the place in `resolutions`, and how far it has faded in,
        a float32 scalar in [0, 1], 1 where it stays."""
        step, phase = tf.cast(step, "int64"), self.stable + self.fade
        level = tf.minimum((step + self.fade) // phase, len(self.resolutions) - 1)
        since = step + self.fade - level * phase  # rounds since the level began to fade in
        faded = tf.clip_by_value(tf.cast(since, "float32") / self.fade, 0.0, 1.0)
        return tf.cast(level, "int32"), faded

    def begins(self, level: int) -> int:
        """The round in which a level, a place in `resolutions`, begins to fade in; 0 for the first."""
        return max(0, level * (self.stable + self.fade) - self.fade)
