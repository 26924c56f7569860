"""The losses that most papers start from."""

import tensorflow as tf

from kgan import checks
from kgan.losses.base import Separable

_softplus = tf.math.softplus


class Minimax(Separable):
    """The zero-sum game of Goodfellow et al. 2014, eq. 1.

    D minimises -E log sigma(D(x)) - E log(1 - sigma(D(G(z)))), G minimises E log(1 - sigma(D(G(z)))).
    At the equilibrium D = 0: 2 log 2 and -log 2. G's gradient vanishes where D is sure of its fakes: see
    `NonSaturating`. The best D against densities p and q is log(p / q).
    """

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return _softplus(-logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return _softplus(logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -_softplus(logits)


class NonSaturating(Minimax):
    """Goodfellow et al. 2014, section 3: G minimises -E log sigma(D(G(z))) instead; D as in `Minimax`."""

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return _softplus(-logits)


class Hinge(Separable):
    """Lim and Ye 2017; Miyato et al. 2018, eqs. 16 and 17.

    D minimises E relu(1 - D(x)) + E relu(1 + D(G(z))), G minimises -E D(G(z)). With D = 0: 2 and 0.
    The best D is sign(p - q).

    Examples:
        >>> loss = Hinge()  # a real that D is sure of, one that it is not, and a fake that it takes for real
        >>> float(loss.discriminator(tf.constant([3.0, 0.5]), tf.constant([1.0])))
        2.25
        >>> float(loss.generator(None, tf.constant([1.0])))
        -1.0
    """

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(1.0 - logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(1.0 + logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -logits


class LeastSquares(Separable):
    """LSGAN, Mao et al. 2017, eq. 2, with its factors 1/2.

    D minimises 1/2 E (D(x) - b)^2 + 1/2 E (D(G(z)) - a)^2, G minimises 1/2 E (D(G(z)) - c)^2.
    The best D is (b p + a q) / (p + q).

    Args:
        a: D's target on fakes.
        b: D's target on reals.
        c: what G wants D to say of its fakes. The default (0, 1, 1) is the paper's 0-1 coding (eq. 9);
            (-1, 1, 0) minimises Pearson's chi-squared divergence (eq. 8).

    Raises:
        InputError: if one of them is no number.
    """

    def __init__(self, a: float = 0.0, b: float = 1.0, c: float = 1.0) -> None:
        self.a, self.b, self.c = checks.number("a", a), checks.number("b", b), checks.number("c", c)
        self.boundary = (self.a + self.b) / 2

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return 0.5 * tf.square(logits - self.b)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return 0.5 * tf.square(logits - self.a)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return 0.5 * tf.square(logits - self.c)


class Wasserstein(Separable):
    """Arjovsky et al. 2017, Algorithm 1: D (the critic) minimises E D(G(z)) - E D(x), G minimises -E D(G(z)).

    Meaningful only with a Lipschitz critic: clipped weights, a gradient penalty or spectral normalisation.

    Args:
        drift: adds drift * E D(x)^2, over reals, to what D minimises, which keeps its logits near 0; 0.001 in
            progressive growing (Karras et al. 2018, appendix A.1). From 0 on; a number or a Schedule.

    Raises:
        InputError: for a negative drift.
    """

    def __init__(self, drift: float = 0.0) -> None:
        self.drift = checks.number("drift", drift, least=0.0)

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self.drift * tf.square(logits) - logits

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return logits

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -logits
