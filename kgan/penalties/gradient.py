"""Penalties on the norm of the discriminator's gradient: WGAN-GP and its one-sided form, DRAGAN, R1, R2, R1 + R2."""

from collections.abc import Callable

import tensorflow as tf

from kgan import checks, random
from kgan.distribute import mean_over_replicas
from kgan.penalties.base import EPSILON, Penalty, squared_gradient_norms, weighted


class GradientPenalty(Penalty):
    """WGAN-GP (Gulrajani et al. 2017, Algorithm 1): weight * E (||grad D(x^)||_2 - target)^2.

    x^ = alpha x + (1 - alpha) G(z), with one alpha ~ U(0, 1) for each sample.

    Args:
        weight: lambda, a number from 0 on or a Schedule; 10 in the paper.
        target: the gradient norm asked for, a number from 0 on or a Schedule; 1 in the paper.
        one_sided: penalise only norms above the target: `LipschitzPenalty`.
        interval: every how many rounds it is computed.
    """

    name = "gradient_penalty"
    differentiates = True

    def __init__(self, weight: float = 10.0, target: float = 1.0, one_sided: bool = False, interval: int = 1) -> None:
        super().__init__(interval)
        self.weight, self.target = checks.number("weight", weight, 0.0), checks.number("target", target, 0.0)
        self.one_sided = checks.boolean("one_sided", one_sided)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        alpha = random.uniform([tf.shape(real)[0]] + [1] * (len(real.shape) - 1), seed, dtype=real.dtype)
        return self._excess(discriminator, alpha * real + (1.0 - alpha) * fake)

    def _excess(self, discriminator: Callable, inputs: tf.Tensor) -> tf.Tensor:
        norms = tf.sqrt(squared_gradient_norms(discriminator, inputs) + EPSILON)
        excess = norms - weighted(self.target, tf.ones_like(norms))
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return weighted(self.weight, tf.reduce_mean(tf.square(excess)))


class LipschitzPenalty(GradientPenalty):
    """WGAN-LP (Petzka et al. 2018): weight * E max(0, ||grad D(x^)||_2 - 1)^2, x^ as in `GradientPenalty`.

    It asks for no more than a critic which is 1-Lipschitz; WGAN-GP for a slope of 1 everywhere, which the optimal
    critic does not have.

    Args:
        weight: lambda, a number from 0 on or a Schedule.
        interval: every how many rounds it is computed.
    """

    name = "lipschitz"

    def __init__(self, weight: float = 10.0, interval: int = 1) -> None:
        super().__init__(weight, one_sided=True, interval=interval)


class Dragan(GradientPenalty):
    """DRAGAN (Kodali et al. 2017, Algorithm 1): weight * E (||grad D(x + delta)||_2 - target)^2 around the reals.

    delta = noise * std(x) * U(-1, 1) for each pixel, std(x) one number for the whole batch: the authors' noise in
    the scale of the data, which the paper writes as N(0, cI), centred as in compare_gan. Nothing is clipped to the
    images' range: where many pixels of the reals lie on its bounds, that would take away half of the noise.

    It has no `interval`: std(x) is that of the whole batch, over all replicas.

    Args:
        weight: lambda, a number from 0 on or a Schedule; 10 in the paper.
        target: the gradient norm asked for, k, likewise; 1 in the paper.
        noise: the largest noise, in standard deviations of the data, a number from 0 on or a Schedule.
    """

    name = "dragan"

    def __init__(self, weight: float = 10.0, target: float = 1.0, noise: float = 0.5) -> None:
        super().__init__(weight, target)
        self.noise = checks.number("noise", noise, 0.0)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        mean = mean_over_replicas(tf.reduce_mean(real))
        std = tf.sqrt(mean_over_replicas(tf.reduce_mean(tf.square(real - mean))))
        noise = random.uniform([tf.shape(real)[0], *real.shape[1:]], seed, -1.0, 1.0, dtype=real.dtype)
        return self._excess(discriminator, real + weighted(self.noise, tf.stop_gradient(std) * noise))


class R1(Penalty):
    """Mescheder et al. 2018, eq. 9: gamma/2 * E ||grad D(x)||^2 on reals.

    Args:
        gamma: the weight, a number from 0 on or a Schedule, with the paper's factor 1/2 (its code's `reg_param` has
            none: 10 there is 20 here).
        interval: every how many rounds it is computed; StyleGAN2 has 16.
    """

    name = "r1"
    differentiates = True

    def __init__(self, gamma: float = 10.0, interval: int = 1) -> None:
        super().__init__(interval)
        self.gamma = checks.number("gamma", gamma, 0.0)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._at(discriminator, real)

    def _at(self, discriminator: Callable, inputs: tf.Tensor) -> tf.Tensor:
        return weighted(self.gamma, 0.5 * tf.reduce_mean(squared_gradient_norms(discriminator, inputs)))


class R2(R1):
    """Mescheder et al. 2018, eq. 10: gamma/2 * E ||grad D(G(z))||^2 on fakes. Arguments as in `R1`."""

    name = "r2"

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._at(discriminator, fake)


class R1R2(R1):
    """R1 and R2 with one gamma: gamma/2 * (E ||grad D(x)||^2 + E ||grad D(G(z))||^2).

    R3GAN's (Huang et al. 2024, section 3): with reals alone the gradient on fakes can grow without bound. Roth et al.
    2017 weigh each sample by how unsure D is of it; this does not. Arguments as in `R1`.
    """

    name = "r1_r2"

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._at(discriminator, real) + self._at(discriminator, fake)
