"""f-GAN: the game whose value is an f-divergence (Nowozin et al. 2016)."""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

from kgan.checks import boolean, lookup
from kgan.losses.base import Separable

_exp, _softplus = tf.exp, tf.math.softplus
LOG_2 = math.log(2.0)


@dataclasses.dataclass(frozen=True)
class Divergence:
    """D_f(P||Q) = E_Q f(p/q), by its output activation and conjugate (Tables 1, 2 and 6 there).

    Attributes:
        activation: g_f, from logits v to the domain of f*.
        conjugate: v -> f*(g_f(v)), in one expression: apart, both overflow long before it does.
        boundary: the v of g_f(v) = f'(1), where the best discriminator is for p = q.
    """

    activation: Callable[[tf.Tensor], tf.Tensor]
    conjugate: Callable[[tf.Tensor], tf.Tensor]
    boundary: float = 0.0


DIVERGENCES = {
    # f(u) = u log u; f*(t) = exp(t - 1)
    "kl": Divergence(lambda v: v, lambda v: _exp(v - 1.0), boundary=1.0),
    # -log u; -1 - log(-t)
    "reverse_kl": Divergence(lambda v: -_exp(-v), lambda v: v - 1.0),
    # (u - 1)^2; t^2 / 4 + t
    "pearson_chi2": Divergence(lambda v: v, lambda v: tf.square(v) / 4.0 + v),
    # (1 - u)^2 / u; 2 - 2 sqrt(1 - t)
    "neyman_chi2": Divergence(lambda v: 1.0 - _exp(-v), lambda v: 2.0 - 2.0 * _exp(-v / 2.0)),
    # (sqrt u - 1)^2; t / (1 - t)
    "squared_hellinger": Divergence(lambda v: 1.0 - _exp(-v), lambda v: _exp(v) - 1.0),
    # u log u - (u + 1) log((u + 1) / 2), twice the Jensen-Shannon divergence; -log(2 - exp t)
    "jensen_shannon": Divergence(lambda v: LOG_2 - _softplus(-v), lambda v: _softplus(v) - LOG_2),
    # u log u - (u + 1) log(u + 1); -log(1 - exp t)
    "gan": Divergence(lambda v: -_softplus(-v), _softplus),
}


class FGAN(Separable):
    """Nowozin et al. 2016, eqs. 4 and 6, with T = g_f(V) and V the discriminator's logit.

    D minimises -E g_f(V(x)) + E f*(g_f(V(G(z)))), whose least value is -D_f(P||Q), at g_f(V) = f'(p/q); G minimises
    -E f*(g_f(V(G(z)))), and so D_f. The value at equilibrium is -f(1): 0, and 2 log 2 for "gan", which is `Minimax`.
    "kl", "reverse_kl", "neyman_chi2" and "squared_hellinger" grow like an exponential of the logit, and want small
    learning rates.

    Args:
        divergence: "kl", "reverse_kl", "pearson_chi2", "neyman_chi2", "squared_hellinger", "jensen_shannon" or "gan".
        non_saturating: G minimises -E g_f(V(G(z))) instead (section 3.2 there), whose gradient does not vanish where
            D is sure of its fakes.

    Raises:
        InputError: for an unknown divergence, or another argument of a wrong kind.
    """

    def __init__(self, divergence: str = "kl", non_saturating: bool = False) -> None:
        self.divergence = lookup("divergence", divergence, DIVERGENCES)
        self.boundary = self.divergence.boundary
        self.non_saturating = boolean("non_saturating", non_saturating)

    def real_term(self, logits: tf.Tensor) -> tf.Tensor:
        return -self.divergence.activation(logits)

    def fake_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self.divergence.conjugate(logits)

    def generator_term(self, logits: tf.Tensor) -> tf.Tensor:
        return self.real_term(logits) if self.non_saturating else -self.fake_term(logits)
