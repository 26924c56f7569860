"""What every penalty is, and what it sees of the game."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan import checks, random
from kgan.checks import InputError
from kgan.parts import Part

# Under the square root of a norm, whose derivative at 0 is infinite: with a critic that is flat somewhere, the
# penalty's gradient would be NaN. 1e-12 moves a norm of 1 by 5e-13.
EPSILON = 1e-12


def _as_it_is(samples: Any) -> Any:
    return samples


def _logits(verdict: Any) -> tf.Tensor:
    return verdict["logits"] if isinstance(verdict, dict) else verdict


@dataclasses.dataclass(frozen=True)
class Play:
    """One encounter: the fakes of one source before one judge, with the reals of that judge.

    Objectives and penalties look at it, each time that they are evaluated. What is judged is judged once, and only
    where somebody asks for it: a judge in training mode may move statistics of its own.

    Attributes:
        generator: the source, a `keras.Model`.
        discriminator: the judge, a `keras.Model`.
        judge: samples -> what the discriminator says of them as the player plays against it, float32 logits or a dict
            with "logits" in it. What it is given beside them and the augmentation (for reals and fakes one draw, so
            that pairs are seen alike) are in it: a gradient with respect to samples is that at the sample itself,
            not at its augmented image (as in StyleGAN2-ADA and R3GAN).
        generate: latents -> float32 samples.
        latents: what `fake` is made of: float32 (batch, latent_dim), or a structure of tensors.
        real: float32 (batch, ...), or a structure of tensors.
        fake: likewise, of the same shape.
        shown: the fakes that the judge's own loss is about, where they are others, of an image pool say; or None.
        given: what both networks are told: labels, a source image, a structure of tensors; or None.
        prior: the laws that `latents` were drawn from, by name (`kgan.priors`); {} where they were not drawn.
        name: of the encounter in the logs; "" for the only one of a game.
        view: samples -> what the discriminator's network is fed: augmented, packed.
        step: the number of this round, an integer scalar, from 0.
        seed: int32 (2,), this penalty's own in this evaluation.
        training: whether the networks run in training mode; state moves only then.
        lazy: whether a term that is taken in every k-th round only is; otherwise it is taken now, and weighs once.
    """

    generator: Any
    discriminator: Any
    judge: Callable
    generate: Callable
    latents: Any
    real: Any
    fake: Any
    given: Any = None
    prior: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    shown: Any = None
    name: str = ""
    view: Callable = _as_it_is
    step: Any = 0
    seed: Any = (0, 0)
    training: bool = True
    lazy: bool = True
    _known: dict = dataclasses.field(default_factory=dict, init=False, repr=False, compare=False)

    def drawn(self, seed: tf.Tensor) -> "Play":
        """The same encounter, as a penalty with draws of its own sees it."""
        return self._knowing(dataclasses.replace(self, seed=seed), self._known)

    def apart(self) -> "Play":
        """The same for a branch of `tf.cond`: what is judged there, no one outside may see."""
        return self._knowing(dataclasses.replace(self), dict(self._known))

    @staticmethod
    def _knowing(play: "Play", known: dict) -> "Play":
        object.__setattr__(play, "_known", known)
        return play

    def logits_of(self, samples: Any) -> tf.Tensor:
        """The logits in what the judge says of `samples`."""
        return _logits(self.judge(samples))

    @property
    def shown_logits(self) -> tf.Tensor:
        """The logits of `shown`; of `fake`, where that is None."""
        return self.fake_logits if self.shown is None else _logits(self._once("shown"))

    @property
    def on_reals(self) -> Any:
        """`judge(real)`."""
        return self._once("real")

    @property
    def on_fakes(self) -> Any:
        """`judge(fake)`."""
        return self._once("fake")

    @property
    def real_logits(self) -> tf.Tensor:
        """The logits in `judge(real)`."""
        return _logits(self.on_reals)

    @property
    def fake_logits(self) -> tf.Tensor:
        """The logits in `judge(fake)`."""
        return _logits(self.on_fakes)

    def showing(self, fakes: Any) -> "Play":
        """The same, with `fakes` as those that the judge's own loss is about."""
        return dataclasses.replace(self, shown=fakes)

    def _once(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self.judge(getattr(self, name))
        return self._known[name]


class Penalty(Part):
    """The interface, and the way to write one: set `name` and define `__call__`, or one of the two terms.

    A weight that is a number or a `kgan.schedules.Schedule` is a number by the time that a term is asked for.

    Attributes:
        name: the penalty's name in the logs.
        players: who has a term of it, "d" and "g"; the others' is None.
        interval: every how many rounds the model computes its terms, with `interval` times the weight.
        differentiates: whether it takes the gradient of the discriminator with respect to its input, so that the
            discriminator's layers need a second-order gradient.
        differentiates_generator: likewise of the generator with respect to the latents.
    """

    name = "penalty"
    players: tuple[str, ...] = ("d",)
    interval = 1
    differentiates = False
    differentiates_generator = False

    def __init__(self, interval: int = 1) -> None:
        self.interval = checks.whole("interval", interval)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The scalar, weight included, that is added to what the discriminator minimises.

        Raises:
            InputError: for a penalty that looks at more than this; `kgan.GAN` shows it a `Play`.
        """
        raise InputError(f"penalties: {self.name!r} looks at more of the game than its discriminator; use kgan.GAN")

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """An `InputError` if the penalty can make nothing of these networks; `compile` asks for it."""

    def discriminator_term(self, play: Play) -> tf.Tensor | None:
        """What the discriminator minimises beside its loss; None, whatever the play, if that is the generator's."""
        return self(play.logits_of, play.real, play.fake, play.seed) if "d" in self.players else None

    def generator_term(self, play: Play) -> tf.Tensor | None:
        """What the generator minimises beside its loss; None, whatever the play, if that is the discriminator's."""


class Stateful(Penalty, keras.layers.Layer):
    """A penalty with variables: a Keras layer, so that the model tracks, saves and mirrors them.

    Make it inside the strategy's scope, as all that has variables. Its state moves in each training evaluation of
    its term, by the mean over all replicas. That takes a talk between replicas, which may not happen within a
    branch: it has no `interval` for the model, and is asked for its terms in every round.
    """

    def __init__(self) -> None:
        keras.layers.Layer.__init__(self, name=type(self).name, dtype="float32")
        Penalty.__init__(self)
        self.built = True

    def _state(self, name: str) -> keras.Variable:
        """A scalar, zero at first."""
        return self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name=name,
        )


def latent_parts(penalty: str, latents: Any) -> dict[str, tf.Tensor]:
    """What `Play.latents` are made of, by name; "" names the only part of a prior of one.

    Raises:
        InputError: for a generator that is fed no latents.
    """
    parts = latents if isinstance(latents, dict) else {"": latents}
    if not parts:
        raise InputError(f"penalties: {penalty!r} is about latents, and this generator is fed none")
    return parts


def as_drawn(parts: dict[str, tf.Tensor], latents: Any) -> Any:
    """Such parts in the form of `latents`."""
    return parts if isinstance(latents, dict) else parts[""]


def weighted(weight: Any, value: tf.Tensor) -> tf.Tensor:
    """`weight * value`, in the dtype of `value`: a Schedule's weight is a float32 tensor."""
    return (tf.cast(weight, value.dtype) if tf.is_tensor(weight) else weight) * value


def squared_gradient_norms(discriminator: Callable, inputs: Any) -> tf.Tensor:
    """||grad_x D(x)||^2 of each sample, the sum over all dimensions of all its parts: float32 (batch,).

    D must judge samples one by one: with batch normalisation, a sample's gradient is not its own.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        logits = tf.reduce_sum(discriminator(inputs))
    parts = zip(tf.nest.flatten(tape.gradient(logits, inputs)), tf.nest.flatten(inputs), strict=True)
    squares = [tf.square(tf.cast(gradient, part.dtype)) for gradient, part in parts]
    return tf.add_n([tf.reduce_sum(square, axis=list(range(1, len(square.shape)))) for square in squares])


def of_each(function: Callable, samples: Any, seed: tf.Tensor) -> Any:
    """`function(part, seed)` of the parts of a structure, each with draws of its own; of one tensor with `seed`."""
    parts = tf.nest.flatten(samples)
    seeds = [seed if place == 0 else random.fold_in(seed, place) for place in range(len(parts))]
    return tf.nest.pack_sequence_as(samples, [function(part, one) for part, one in zip(parts, seeds, strict=True)])
