"""The controller of ADA and APA: a probability that follows the discriminator's overfitting."""

import keras
import tensorflow as tf

from kgan.augment.base import Augmentation
from kgan.checks import InputError, number, share, whole
from kgan.game import Logs


class Adaptive(Augmentation, keras.layers.Layer):
    """An augmentation with a probability p of its own (Karras et al. 2020, section 3.1).

    The sign of overfitting is r_t = E sign(D(x) - boundary) over reals x: 0 if D cannot tell them, 1 if it knows them
    all; r_t = 2 * accuracy - 1. Every `interval` rounds

        p <- p + sign(mean r_t - target) * reals * interval / (1000 * kimg), clipped to [0, 1],

    with the mean over these rounds; a round takes batch_size * n_critic reals, or twice as many where the rule looks
    ahead. The authors' code clips at 0 only: a p above 1 does what 1 does, but takes longer to come down. The state
    (p, and the sum and number of signs since) is in the model's weights.

    Args:
        target: r_t to aim at, in [-1, 1]; 0.6 there, an accuracy of 0.8.
        interval: rounds between two steps of p; 4 there.
        kimg: thousands of reals in which p can go from 0 to 1; 500 there, 100 when a network is fine-tuned.
        p: where p begins, in [0, 1].

    Raises:
        InputError: for an argument out of its range.
    """

    def __init__(self, target: float = 0.6, interval: int = 4, kimg: float = 500, p: float = 0.0) -> None:
        super().__init__()
        if number("target", target, least=-1.0) > 1.0:
            raise InputError(f"target: wanted a number in [-1, 1], got {target!r}")
        self.target, self.interval = target, whole("interval", interval)
        self.kimg, self.start = number("kimg", kimg, above=0.0), share("p", p)
        self.p = self._state("p", p)
        self.signs, self.rounds = self._state("signs"), self._state("rounds")
        self.built = True

    def _state(self, name: str, value: float = 0.0) -> keras.Variable:
        return self.add_weight(
            shape=(),
            dtype="float32",
            initializer=keras.initializers.Constant(value),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            name=name,
        )

    def observe(self, r_t: tf.Tensor, num_reals: int | tf.Tensor) -> Logs:
        """Counts the round, moves p when it is due, and logs `aug_p`, as the next round will have it, and `r_t`."""
        r_t = tf.cast(r_t, "float32")
        signs, rounds = self.signs.value + r_t, self.rounds.value + 1.0
        due = rounds >= self.interval
        step = tf.cast(num_reals, "float32") * self.interval / (1000.0 * self.kimg)
        moved = tf.clip_by_value(self.p.value + tf.sign(signs / rounds - self.target) * step, 0.0, 1.0)
        # Chosen by value, not by tf.cond: under several replicas nothing may be assigned inside a cond.
        p = tf.where(due, moved, self.p.value)
        self.p.assign(p)
        self.signs.assign(tf.where(due, 0.0, signs))
        self.rounds.assign(tf.where(due, 0.0, rounds))
        return {"aug_p": p, "r_t": r_t}

    def get_config(self) -> dict:
        return {"target": self.target, "interval": self.interval, "kimg": self.kimg, "p": self.start}
