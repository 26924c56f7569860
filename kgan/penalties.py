"""Gradient penalties on the discriminator: `penalty(discriminator, real, fake, seed) -> scalar`.

`discriminator` maps images (batch, ...) to float32 logits; `real` and `fake` are float32 of equal shape; `seed` is
a stateless seed, int32 (2,). The scalar, weight included, is added to what the discriminator minimises. Norms are
per sample, over all of a sample's pixels and channels, and summed, not averaged over pixels.

Each penalty has an `interval`: with k > 1 it is computed in every k-th round only and weighs k times as much (lazy
regularisation, Karras et al. 2020, appendix B). Because it is added to the adversarial loss in one optimizer step,
not taken as a step of its own, the optimizer's settings need no correction.
"""

import tensorflow as tf

from kgan import random
from kgan.checks import InputError
from kgan.spec import resolve

# Under the square root of a norm, whose derivative at 0 is infinite: with a critic that is flat somewhere, the
# penalty's gradient would be NaN. 1e-12 moves a norm of 1 by 5e-13.
EPSILON = 1e-12


class Penalty:
    """The interface, and the way to write one: set `name` and define `__call__`.

    Attributes:
        name: the penalty's name in the logs.
        interval: every how many rounds it is computed.
    """

    name = "penalty"
    interval = 1

    def __init__(self, interval: int = 1) -> None:
        if int(interval) != interval or interval < 1:
            raise InputError(f"interval: wanted a whole number of rounds from 1 on, got {interval!r}")
        self.interval = int(interval)

    def __call__(self, discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:  # noqa: ANN001
        raise NotImplementedError


def squared_gradient_norms(discriminator, inputs: tf.Tensor) -> tf.Tensor:  # noqa: ANN001
    """||grad_x D(x)||^2 of each sample, the sum over all its dimensions: float32 (batch,).

    D must judge samples one by one: with batch normalisation, a sample's gradient is not its own.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(inputs)
        logits = tf.reduce_sum(discriminator(inputs))
    gradients = tf.cast(tape.gradient(logits, inputs), inputs.dtype)
    return tf.reduce_sum(tf.square(gradients), axis=list(range(1, len(inputs.shape))))


class GradientPenalty(Penalty):
    """WGAN-GP (Gulrajani et al. 2017, Algorithm 1): weight * E (||grad D(x^)||_2 - target)^2.

    x^ = alpha x + (1 - alpha) G(z), with one alpha ~ U(0, 1) for each sample.

    Args:
        weight: lambda; 10 in the paper.
        target: the gradient norm asked for; 1 in the paper.
        one_sided: penalise only norms above the target (section 4 there; Petzka et al. 2018's WGAN-LP).
        interval: every how many rounds it is computed.
    """

    name = "gradient_penalty"

    def __init__(self, weight: float = 10.0, target: float = 1.0, one_sided: bool = False, interval: int = 1) -> None:
        super().__init__(interval)
        self.weight, self.target, self.one_sided = weight, target, one_sided

    def __call__(self, discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:  # noqa: ANN001
        alpha = random.uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1), seed, dtype=real.dtype)
        between = alpha * real + (1.0 - alpha) * fake
        excess = tf.sqrt(squared_gradient_norms(discriminator, between) + EPSILON) - self.target
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return self.weight * tf.reduce_mean(tf.square(excess))


class R1(Penalty):
    """Mescheder et al. 2018, eq. 9: gamma/2 * E ||grad D(x)||^2 on reals.

    Args:
        gamma: the weight, with the paper's factor 1/2 (its code's `reg_param` has none: 10 there is 20 here).
        interval: every how many rounds it is computed; StyleGAN2 has 16.
    """

    name = "r1"

    def __init__(self, gamma: float = 10.0, interval: int = 1) -> None:
        super().__init__(interval)
        self.gamma = gamma

    def __call__(self, discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:  # noqa: ANN001
        return 0.5 * self.gamma * tf.reduce_mean(squared_gradient_norms(discriminator, self._at(real, fake)))

    def _at(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        return real


class R2(R1):
    """Mescheder et al. 2018, eq. 10: gamma/2 * E ||grad D(G(z))||^2 on fakes. Arguments as in `R1`."""

    name = "r2"

    def _at(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        return fake


PENALTIES = {
    "gradient_penalty": GradientPenalty,
    "r1": R1,
    "r2": R2,
}


def get(penalty: "str | Penalty") -> Penalty:
    """The penalty that `penalty` names ("r1(gamma=10, interval=16)"), or `penalty` itself if it is callable.

    Raises:
        InputError: if the name is unknown.
    """
    return resolve("penalties", penalty, PENALTIES)
