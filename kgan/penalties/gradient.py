"""Penalties on the norm of the discriminator's gradient: WGAN-GP and its one-sided form, DRAGAN, R1, R2, R1 + R2."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kgan import checks, random
from kgan.checks import InputError
from kgan.distribute import mean_over_replicas, sublayers
from kgan.penalties.base import EPSILON, Penalty, Play, of_each, squared_gradient_norms, weighted


class GradientPenalty(Penalty):
    """WGAN-GP (Gulrajani et al. 2017, Algorithm 1): weight * E (||grad D(x^)||_2 - target)^2.

    x^ = alpha x + (1 - alpha) G(z), with one alpha ~ U(0, 1) for each sample. A sample of several parts, a graph's two
    arrays say, is one vector: one alpha, one norm.

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

    def __call__(self, discriminator: Callable, real: Any, fake: Any, seed: tf.Tensor) -> tf.Tensor:
        first = tf.nest.flatten(real)[0]
        alpha = random.uniform([tf.shape(first)[0]], seed, dtype=first.dtype)

        def between(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
            share = tf.reshape(alpha, [-1] + [1] * (len(x.shape) - 1))
            return share * x + (1.0 - share) * y

        return self._excess(discriminator, tf.nest.map_structure(between, real, fake))

    def _excess(self, discriminator: Callable, inputs: Any) -> tf.Tensor:
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

    delta = noise * std(x) * U(-1, 1) for each pixel, std(x) one number for the whole batch (for each part of samples
    that are structures): the authors' noise in the scale of the data, which the paper writes as N(0, cI), centred as in
    compare_gan. Nothing is clipped to the images' range: where many pixels of the reals lie on its bounds, that would
    take away half of the noise.

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

    def __call__(self, discriminator: Callable, real: Any, fake: Any, seed: tf.Tensor) -> tf.Tensor:
        return self._excess(discriminator, of_each(self._around, real, seed))

    def _around(self, real: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        mean = mean_over_replicas(tf.reduce_mean(real))
        std = tf.sqrt(mean_over_replicas(tf.reduce_mean(tf.square(real - mean))))
        noise = random.uniform([tf.shape(real)[0], *real.shape[1:]], seed, -1.0, 1.0, dtype=real.dtype)
        return real + weighted(self.noise, tf.stop_gradient(std) * noise)


class R1(Penalty):
    """Mescheder et al. 2018, eq. 9: gamma/2 * E ||grad D(x)||^2 on reals.

    With `differences`, gamma/2 * E (D(x + h n) - D(x))^2 / h^2 with n ~ N(0, I) and h = differences, as in adversarial
    flow models (Lin et al. 2025, arXiv 2511.22475). On average it is the same but for O(h^2): (n . grad D)^2 is
    ||grad D||^2 on average, with a standard deviation of sqrt(2) times that in each sample. It takes one forward pass
    more and no gradient by the input, so it goes through any layer, in half precision and under XLA.

    h is in the units of the data: small beside their details, and so large that D changes by more than it is rounded.
    At a critic of digits (benchmarks/differences.py) the mean of 200 draws is 1.00 times the exact penalty for 0.01 in
    float32 and float16, 1.78 times in bfloat16, where 0.1 gives 1.00; 0.3 gives 1.07, 1.0 1.91 in all. On the ring,
    whose modes are narrow, 0.01 trains as the gradient does, and 0.1 worse.

    Args:
        gamma: the weight, a number from 0 on or a Schedule, with the paper's factor 1/2 (its code's `reg_param` has
            none: 10 there is 20 here).
        interval: every how many rounds it is computed; StyleGAN2 has 16.
        differences: h, a number above 0 or a Schedule; None for the gradient itself.

    Raises:
        InputError: for an argument out of its range; at `compile`, of differences in a discriminator that drops out or
            adds noise: two of its passes differ by that already.

    Examples:
        D(x) = 3 x1 + 4 x2 has a gradient of length 5 everywhere: gamma/2 * 25.

        >>> linear = lambda x: x @ tf.constant([[3.0], [4.0]])
        >>> x = tf.ones((8, 2))
        >>> float(R1(gamma=2.0)(linear, x, x, seed=tf.constant([0, 0])))
        25.0
    """

    name = "r1"
    looks_at: tuple[str, ...] = ("real",)

    def __init__(self, gamma: float = 10.0, interval: int = 1, differences: float | None = None) -> None:
        super().__init__(interval)
        self.gamma = checks.number("gamma", gamma, 0.0)
        self.differences = None if differences is None else checks.number("differences", differences, above=0.0)
        self.differentiates = differences is None

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        noisy = [layer for layer in sublayers(discriminator) if hasattr(layer, "seed_generator")]
        if noisy and not self.differentiates:
            raise InputError(
                f"penalties: {self.name}(differences=...) compares two passes of the discriminator, of which layer "
                f"{noisy[0].name!r} ({type(noisy[0]).__name__}) makes others; use {self.name} without differences"
            )

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        samples = {"real": real, "fake": fake}
        return self._sum(discriminator, samples, lambda name: discriminator(samples[name]), seed)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        logits = lambda name: play.real_logits if name == "real" else play.fake_logits  # noqa: E731
        return self._sum(play.logits_of, {"real": play.real, "fake": play.fake}, logits, play.seed)

    def _sum(self, discriminator: Callable, samples: dict, logits: Callable, seed: tf.Tensor) -> tf.Tensor:
        terms = []
        for number, name in enumerate(self.looks_at):
            if self.differences is None:
                squares = squared_gradient_norms(discriminator, samples[name])
            else:
                draw = random.fold_in(seed, number)
                squares = squared_slopes(discriminator, samples[name], logits(name), self.differences, draw)
            terms.append(weighted(self.gamma, 0.5 * tf.reduce_mean(squares)))
        return tf.add_n(terms)


class R2(R1):
    """Mescheder et al. 2018, eq. 10: gamma/2 * E ||grad D(G(z))||^2 on fakes. Arguments as in `R1`."""

    name = "r2"
    looks_at = ("fake",)


class R1R2(R1):
    """R1 and R2 with one gamma: gamma/2 * (E ||grad D(x)||^2 + E ||grad D(G(z))||^2).

    R3GAN's (Huang et al. 2024, section 3): with reals alone the gradient on fakes can grow without bound. Roth et al.
    2017 weigh each sample by how unsure D is of it; this does not. Arguments as in `R1`.
    """

    name = "r1_r2"
    looks_at = ("real", "fake")


def squared_slopes(discriminator: Callable, inputs: Any, logits: tf.Tensor, h: Any, seed: tf.Tensor) -> tf.Tensor:
    """(D(x + h n) - D(x))^2 / h^2 of each sample, n ~ N(0, I) in its shape: (batch,). `logits` are D(x)."""

    def near(x: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
        return x + weighted(h, random.normal([tf.shape(x)[0], *x.shape[1:]], draw, dtype=x.dtype))

    change = discriminator(of_each(near, inputs, seed)) - logits
    change = tf.reduce_sum(change, axis=list(range(1, len(change.shape))))
    return tf.square(change / tf.cast(h, change.dtype))
