"""D2GAN (Nguyen et al. 2017): one discriminator that favours the data, one that favours the generator."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError, number
from kgan.game import Round
from kgan.losses import Separable
from kgan.models.multi import MultiDiscriminatorGAN


class FavoursData(Separable):
    """What D1 and, before it, the generator minimise; D1 = softplus(logit). alpha: a number above 0."""

    def __init__(self, alpha: float) -> None:
        self.alpha = number("alpha", alpha, above=0.0)
        self.boundary = math.log(math.expm1(alpha))  # where D1 = alpha: p = q

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -self.alpha * log_softplus(logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.nn.softplus(logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -tf.nn.softplus(logits)


class FavoursSamples(Separable):
    """What D2 and, before it, the generator minimise; D2 = softplus(-logit). beta: a number above 0."""

    def __init__(self, beta: float) -> None:
        self.beta = number("beta", beta, above=0.0)
        self.boundary = -math.log(math.expm1(beta))

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.nn.softplus(-logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -self.beta * log_softplus(-logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self.beta * log_softplus(-logits)


def log_softplus(x: tf.Tensor) -> tf.Tensor:
    """log softplus(x), which is x up to rounding where softplus(x) would be 0."""
    low = x < -15.0
    return tf.where(low, x, tf.math.log(tf.nn.softplus(tf.where(low, 0.0, x))))


@keras.saving.register_keras_serializable("kgan")
class D2GAN(MultiDiscriminatorGAN):
    """A generator before two discriminators, D1 that scores data highly and D2 that scores samples highly.

    Both scores are positive: D1 = softplus(logit), D2 = softplus(-logit), so that a large logit of either means "real",
    as everywhere in kgan. Equation 1 of the paper, with what each minimises:

        D1:  -alpha E log D1(x) + E D1(G(z))
        D2:  E D2(x) - beta E log D2(G(z))
        G:   -E D1(G(z)) + beta E log D2(G(z))

    At the best discriminators D1 = alpha p/q, D2 = beta q/p, and G minimises alpha KL(p, q) + beta KL(q, p): the first
    punishes lost modes, the second bad samples. Arguments as in `MultiDiscriminatorGAN`, with two discriminators.
    """

    @classmethod
    def for_data(cls, shapes: Any, num_classes: int | None = None, **sizes: Any) -> "D2GAN":
        """As `GAN.for_data`."""
        return super().for_data(shapes, num_classes, num_discriminators=2, **sizes)

    def compile(self, alpha: float = 0.2, beta: float = 0.1, **settings: Any) -> None:
        """As `MultiDiscriminatorGAN.compile` without `hear`, which is the sum, and with its own loss; and:

        Args:
            alpha: the weight of KL(p, q); the paper takes both from (0, 1], and 0.2 and 0.1 here.
            beta: of KL(q, p).
        """
        for name in sorted({"loss", "hear", "dropout"} & set(settings)):
            raise InputError(f"{name}: D2GAN has its own, wanted alpha and beta, got {settings[name]!r}")
        super().compile(loss={"d1": FavoursData(alpha), "d2": FavoursSamples(beta)}, **settings)

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """The sum of both."""
        return losses["d1"] + losses["d2"]
