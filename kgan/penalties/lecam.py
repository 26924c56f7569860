"""LeCam regularisation (Tseng et al. 2021), for little data."""

from collections.abc import Callable

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.distribute import mean_over_replicas
from kgan.penalties.base import Play, Stateful, weighted


class LeCam(Stateful):
    """Tseng et al. 2021: weight * (E (D(x) - a_fake)^2 + E (D(G(z)) - a_real)^2), D the logit.

    The anchors a_real and a_fake are averages of D(x) and D(G(z)) over past rounds, constant in the gradient: each
    kind is drawn to where the discriminator has lately put the other, which bounds how far it can tell them apart.
    In each training evaluation a <- decay * a + (1 - decay) * mean, then the penalty is taken. Up to round `start`
    the decay is 0, and before it the penalty. The authors' code has relu(D(x) - a_fake) and relu(a_real - D(G(z)))
    under the squares, which leaves out samples on the wrong side; the paper has not, nor has this.

    Args:
        weight: lambda, a number from 0 on or a Schedule; 0.3 for BigGAN on CIFAR-10.
        decay: of the anchors, a number in [0, 1) or a Schedule; 0.99 as in the authors' StyleGAN2, where their BigGAN
            on CIFAR-10, which the weight is of, has 0.9.
        start: the round with which it begins; 1000.

    Raises:
        InputError: for arguments out of their range.
    """

    name = "lecam"

    def __init__(self, weight: float = 0.3, decay: float = 0.99, start: int = 1000) -> None:
        super().__init__()
        self.weight, self.start = checks.number("weight", weight, 0.0), checks.whole("start", start, 0)
        self.decay = checks.number("decay", decay, 0.0)
        if not checks.is_schedule(self.decay) and self.decay >= 1.0:
            raise InputError(f"decay: wanted a number in [0, 1), got {decay!r}")
        self.real_anchor, self.fake_anchor = self._state("real_anchor"), self._state("fake_anchor")

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """The penalty with the anchors as they stand, in any round."""
        return self._to(discriminator(real), discriminator(fake), self.real_anchor.value, self.fake_anchor.value)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        real, fake = play.real_logits, play.fake_logits
        anchors = self._anchor(self.real_anchor, real, play), self._anchor(self.fake_anchor, fake, play)
        term = self._to(real, fake, *anchors)
        return tf.where(tf.cast(play.step, "int64") >= self.start, term, tf.zeros_like(term))

    def _to(self, real: tf.Tensor, fake: tf.Tensor, real_anchor: tf.Tensor, fake_anchor: tf.Tensor) -> tf.Tensor:
        to_fake = tf.reduce_mean(tf.square(real - tf.cast(fake_anchor, real.dtype)))
        to_real = tf.reduce_mean(tf.square(fake - tf.cast(real_anchor, fake.dtype)))
        return weighted(self.weight, to_fake + to_real)

    def _anchor(self, anchor: keras.Variable, logits: tf.Tensor, play: Play) -> tf.Tensor:
        if not play.training:
            return anchor.value
        mean = mean_over_replicas(tf.cast(tf.reduce_mean(tf.stop_gradient(logits)), "float32"))
        decay = tf.where(tf.cast(play.step, "int64") > self.start, self.decay, 0.0)
        moved = decay * anchor.value + (1.0 - decay) * mean
        anchor.assign(moved)
        return moved
