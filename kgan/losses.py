"""Adversarial losses: pure functions of logits.

A loss has two methods, `discriminator(real_logits, fake_logits)` and `generator(real_logits, fake_logits)`. Both
return a scalar to minimise: a mean over the batch (and over patches, if the discriminator judges patches). Logits
are float32 of any shape, unbounded, and large means "real". D(x) below is the logit; sigma is the sigmoid.
"""

import tensorflow as tf

from kgan.spec import resolve

_mean = tf.reduce_mean
_softplus = tf.math.softplus


class Loss:
    """The interface of a loss, and the way to write one: subclass, or any object with the two methods.

    Attributes:
        boundary: the logit that is neither real nor fake.
    """

    boundary = 0.0

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The scalar that the discriminator minimises."""
        raise NotImplementedError

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The scalar that the generator minimises."""
        raise NotImplementedError


class Minimax(Loss):
    """The zero-sum game of Goodfellow et al. 2014, eq. 1.

    D minimises -E log sigma(D(x)) - E log(1 - sigma(D(G(z)))), G minimises E log(1 - sigma(D(G(z)))).
    At the equilibrium D = 0: 2 log 2 and -log 2. G's gradient vanishes where D is sure of its fakes: see
    `NonSaturating`.
    """

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return _mean(_softplus(-real_logits)) + _mean(_softplus(fake_logits))

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return -_mean(_softplus(fake_logits))


class NonSaturating(Minimax):
    """Goodfellow et al. 2014, section 3: G minimises -E log sigma(D(G(z))) instead; D as in `Minimax`."""

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return _mean(_softplus(-fake_logits))


class Hinge(Loss):
    """Lim and Ye 2017; Miyato et al. 2018, eqs. 16 and 17.

    D minimises E relu(1 - D(x)) + E relu(1 + D(G(z))), G minimises -E D(G(z)). With D = 0: 2 and 0.
    """

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return _mean(tf.nn.relu(1.0 - real_logits)) + _mean(tf.nn.relu(1.0 + fake_logits))

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return -_mean(fake_logits)


class LeastSquares(Loss):
    """LSGAN, Mao et al. 2017, eq. 2, with its factors 1/2.

    D minimises 1/2 E (D(x) - b)^2 + 1/2 E (D(G(z)) - a)^2, G minimises 1/2 E (D(G(z)) - c)^2.

    Args:
        a: D's target on fakes.
        b: D's target on reals.
        c: what G wants D to say of its fakes. The default (0, 1, 1) is the paper's 0-1 coding (eq. 9);
            (-1, 1, 0) minimises Pearson's chi-squared divergence (eq. 8).
    """

    def __init__(self, a: float = 0.0, b: float = 1.0, c: float = 1.0) -> None:
        self.a, self.b, self.c = a, b, c
        self.boundary = (a + b) / 2

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return 0.5 * _mean(tf.square(real_logits - self.b)) + 0.5 * _mean(tf.square(fake_logits - self.a))

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return 0.5 * _mean(tf.square(fake_logits - self.c))


class Wasserstein(Loss):
    """Arjovsky et al. 2017, Algorithm 1: D (the critic) minimises E D(G(z)) - E D(x), G minimises -E D(G(z)).

    Meaningful only with a Lipschitz critic: clipped weights, a gradient penalty or spectral normalisation.
    """

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return _mean(fake_logits) - _mean(real_logits)

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return -_mean(fake_logits)


LOSSES = {
    "minimax": Minimax,
    "non_saturating": NonSaturating,
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
}


def get(loss: str | Loss) -> Loss:
    """The loss called `loss` ("hinge", "least_squares(a=-1, b=1, c=0)"), or `loss` itself if it is an object.

    Raises:
        InputError: if the name is unknown or the object lacks one of the two methods.
    """
    return resolve("loss", loss, LOSSES, methods=("discriminator", "generator"))
