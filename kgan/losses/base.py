"""What a loss is, and the two shapes most of them have: a mean of terms, and a change to another loss."""

import copy
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kgan import random, schedules
from kgan.checks import InputError
from kgan.parts import Part
from kgan.spec import resolve

REAL, FAKE, BASE = 0, 1, 2  # what a draw is for: the last key of its seed


class Loss(Part):
    """The interface of a loss, and the way to write one: subclass, or any object with the first two methods.

    Attributes:
        boundary: the logit that is neither real nor fake.
        generator_sees_reals: whether `generator` looks at the reals' logits; otherwise they may be None there.
    """

    boundary = 0.0
    generator_sees_reals = True

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The scalar that the discriminator minimises."""
        raise NotImplementedError

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The scalar that the generator minimises."""
        raise NotImplementedError

    def at(self, step: int | tf.Tensor, seed: tf.Tensor) -> "Loss":
        """The loss as it is in round `step` (from 0): schedules evaluated, draws keyed by `seed`, int32 (2,)."""
        return schedules.at(self, step)


class Separable(Loss):
    """A loss that is a sum of means of terms of one logit each. Subclass it and define the three terms.

    Each maps logits to a tensor of the same shape. The generator's loss does not look at reals.
    """

    generator_sees_reals = False

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        """What the discriminator minimises of the logit of a real."""
        raise NotImplementedError

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        """What the discriminator minimises of the logit of a fake."""
        raise NotImplementedError

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        """What the generator minimises of the logit of a fake."""
        raise NotImplementedError

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(self.real_term(real_logits)) + tf.reduce_mean(self.fake_term(fake_logits))

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(self.generator_term(fake_logits))


class Wrapper(Loss):
    """A loss made of another, `base` (a name or a loss). Its seed is (0, 0) until `at` has given it a round's."""

    seed = (0, 0)

    def __init__(self, base: "str | Loss") -> None:
        self.base = get(base)
        self.boundary = getattr(self.base, "boundary", 0.0)
        self.generator_sees_reals = getattr(self.base, "generator_sees_reals", True)

    def at(self, step: int | tf.Tensor, seed: tf.Tensor) -> "Wrapper":
        """As `Loss.at`, and the base likewise, with a seed of its own."""
        there = copy.copy(schedules.at(self, step))
        there.base, there.seed = at(self.base, step, random.fold_in(seed, BASE)), seed
        return there


LOSSES: dict[str, Callable[..., Loss]] = {}  # filled in __init__.py, where all of them are known


def get(loss: "str | Loss") -> Loss:
    """The loss called `loss` ("hinge", "least_squares(a=-1, b=1, c=0)"), or `loss` itself if it is an object.

    Raises:
        InputError: if the name is unknown or the object lacks `discriminator` or `generator`.
    """
    return resolve("loss", loss, LOSSES, methods=("discriminator", "generator"))


def at(loss: Any, step: int | tf.Tensor, seed: tf.Tensor) -> Any:
    """`loss.at(step, seed)`; of an object of the user's without `at`, only its schedules are evaluated."""
    return loss.at(step, seed) if hasattr(loss, "at") else schedules.at(loss, step)


def separable(base: Loss) -> Loss:
    """`base`, if it has the terms of a `Separable`.

    Raises:
        InputError: otherwise.
    """
    missing = [name for name in ("real_term", "fake_term", "generator_term") if not hasattr(base, name)]
    if missing:
        raise InputError(f"base: wanted a loss with a term for each logit, {type(base).__name__} has no {missing[0]}")
    return base
