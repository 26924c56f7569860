"""What a generator makes of its losses before several discriminators: a way of hearing them.

A way is called with the losses, float32 (N,), and `heard`, bool (N,), which of the discriminators are listened to in
this round, at least one. It gives the scalar that the generator minimises. A large loss is that of a discriminator
which tells its fakes well.
"""

from typing import Any

import keras
import tensorflow as tf

from kgan.checks import number
from kgan.parts import Part
from kgan.spec import resolve


class Mean(Part):
    """The mean of the losses; GMAN-0 (Durugkar et al. 2017)."""

    def __call__(self, losses: tf.Tensor, heard: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(tf.where(heard, losses, 0.0)) / tf.reduce_sum(tf.cast(heard, losses.dtype))


class Max(Part):
    """The largest loss: the harshest critic alone; GMAN-max (Durugkar et al. 2017, section 3.1)."""

    def __call__(self, losses: tf.Tensor, heard: tf.Tensor) -> tf.Tensor:
        return tf.reduce_max(_only(heard, losses))


class Softmax(Part):
    """sum_k w_k l_k with w = softmax(sharpness * l): GMAN's arithmetic mean (Durugkar et al. 2017, section 3.2).

    The gradient goes through the weights too, as in the authors' code.

    Args:
        sharpness: lambda, a number from 0 on: 0 is the mean, and the larger, the more is it the maximum; 1 in GMAN-1.
    """

    def __init__(self, sharpness: float = 1.0) -> None:
        self.sharpness = number("sharpness", sharpness, least=0.0)

    def __call__(self, losses: tf.Tensor, heard: tf.Tensor) -> tf.Tensor:
        return _softened(losses, heard, self.sharpness)


class LearntSoftmax(Part, keras.layers.Layer):
    """`Softmax` whose sharpness the generator learns: GMAN* (Durugkar et al. 2017, section 3.3).

    The generator minimises sum_k w_k l_k - reward * lambda over lambda too, with lambda = softplus(l) and l at first
    -2: it may take on harsher critics by itself, for a reward. `term` is -reward * lambda.

    Args:
        reward: c, a number from 0 on; 0.001 in the paper.
    """

    def __init__(self, reward: float = 0.001) -> None:
        keras.layers.Layer.__init__(self, dtype="float32", name="hearing")
        self.reward = number("reward", reward, least=0.0)
        self.raw = self.add_weight(shape=(), initializer=keras.initializers.Constant(-2.0), name="sharpness")
        self.built = True

    def __call__(self, losses: tf.Tensor, heard: tf.Tensor) -> tf.Tensor:
        return _softened(losses, heard, self.sharpness)

    @property
    def sharpness(self) -> tf.Tensor:
        """lambda as it is now, a float32 scalar."""
        return tf.nn.softplus(self.raw.value)

    @property
    def term(self) -> tf.Tensor:
        """What the generator minimises beside the losses."""
        return -self.reward * self.sharpness


class Hypervolume(Part):
    """-sum_k log(eta - l_k): the hypervolume between the losses and a point eta above all (Albuquerque et al. 2019).

    Each loss's gradient weighs 1 / (eta - l_k), so that the worst counts most and none nothing. eta is
    max_k l_k + (slack - 1) |max_k l_k| + 1e-8, through which no gradient goes: `slack` times the largest loss where
    that is positive, as the paper's losses are.

    Args:
        slack: a number above 1; 1.1 to 1.5 in the authors' code.
    """

    def __init__(self, slack: float = 1.1) -> None:
        self.slack = number("slack", slack, above=1.0)

    def __call__(self, losses: tf.Tensor, heard: tf.Tensor) -> tf.Tensor:
        largest = tf.reduce_max(_only(heard, losses))
        eta = tf.stop_gradient(largest + (self.slack - 1.0) * tf.abs(largest) + 1e-8)
        return -tf.reduce_sum(tf.math.log(tf.where(heard, eta - losses, 1.0)))


HEARINGS = {"mean": Mean, "max": Max, "softmax": Softmax, "learnt_softmax": LearntSoftmax, "hypervolume": Hypervolume}


def get(hear: Any) -> Any:
    """The way of hearing that `hear` names ("softmax(sharpness=1)"), or `hear` itself if it is callable.

    Raises:
        InputError: for an unknown name or an argument of no use.
    """
    return resolve("hear", hear, HEARINGS)


def _only(heard: tf.Tensor, losses: tf.Tensor) -> tf.Tensor:
    return tf.where(heard, losses, losses.dtype.min)


def _softened(losses: tf.Tensor, heard: tf.Tensor, sharpness: float | tf.Tensor) -> tf.Tensor:
    weights = tf.nn.softmax(_only(heard, sharpness * losses))
    return tf.reduce_sum(weights * tf.where(heard, losses, 0.0))
