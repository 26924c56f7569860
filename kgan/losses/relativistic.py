"""Relativistic losses: D says how much more real a real is than a fake (Jolicoeur-Martineau 2019)."""

import tensorflow as tf

from kgan.checks import InputError
from kgan.distribute import mean_over_replicas
from kgan.losses.base import Loss, Wrapper


class Relativistic(Wrapper):
    """RpGAN (Jolicoeur-Martineau 2019, "The relativistic discriminator"; 2020, "On relativistic f-divergences").

    Each real x is paired with the fake in the same place of the batch. With the base's loss on L_D(real, fake) and
    d = D(x) - D(G(z)), D minimises L_D(d, -d) / 2 and G minimises L_D(-d, d) / 2. For a base that treats reals and
    fakes alike this is E f(d) and E f(-d): with `NonSaturating` softplus(-d) and softplus(d), R3GAN's loss (Huang et
    al. 2024, eq. 2), log 2 each at equilibrium; with `Hinge` relu(1 - d) and relu(1 + d).

    Only differences of logits count, so `boundary`, 0, means little.

    Args:
        base: a loss or its name.

    Raises:
        InputError: (when called) if there are not as many fakes as reals.
    """

    def __init__(self, base: str | Loss = "non_saturating") -> None:
        super().__init__(base)
        self.boundary, self.generator_sees_reals = 0.0, True

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        if not real_logits.shape.is_compatible_with(fake_logits.shape):
            raise InputError(f"logits: wanted pairs, got reals {real_logits.shape} and fakes {fake_logits.shape}")
        difference = real_logits - fake_logits
        return 0.5 * self.base.discriminator(difference, -difference)

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return self.discriminator(fake_logits, real_logits)


class RelativisticAverage(Relativistic):
    """RaGAN (Jolicoeur-Martineau 2019, section 4.2): each sample against the mean of the opposite batch.

    D minimises L_D(D(x) - mean D(G(z)), D(G(z)) - mean D(x)), with the base's loss L_D, and G the same with reals and
    fakes exchanged. With `NonSaturating` 2 log 2 each at equilibrium. RaLSGAN is "relativistic_average(least_squares(
    a=-1, b=1))". The mean is over all replicas' logits.

    Args:
        base: a loss or its name.
    """

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return self.base.discriminator(real_logits - _mean(fake_logits), fake_logits - _mean(real_logits))


def _mean(logits: tf.Tensor) -> tf.Tensor:
    return mean_over_replicas(tf.reduce_mean(logits))
