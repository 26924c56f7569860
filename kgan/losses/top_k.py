"""Top-k training of the generator (Sinha et al. 2020)."""

import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.distribute import of_all_replicas
from kgan.losses.base import Loss, Wrapper, separable


class TopK(Wrapper):
    """The generator learns from the fakes of the batch that look most real; the discriminator from all.

    k = share * batch, rounded, at least 1: the fakes with the k highest logits (the highest means, where there are
    several logits a sample), and those that tie with the last. The batch is that of all replicas.

    Args:
        base: a loss with a term for each logit (see `Separable`), or its name.
        share: in (0, 1], a number or a Schedule. The paper's, which starts at 1 and is multiplied by 0.99 each epoch
            down to 0.5, is `kgan.schedules.Exponential(1.0, 0.99, rounds_per_epoch, least=0.5)`.

    Raises:
        InputError: for a share outside (0, 1], or another loss.

    Examples:
        >>> loss = TopK("wasserstein", share=0.5)  # -E D(G(z)) of the better half of four fakes
        >>> float(loss.generator(None, tf.constant([4.0, 2.0, -1.0, -9.0])))
        -3.0
    """

    def __init__(self, base: str | Loss = "non_saturating", share: float = 0.5) -> None:
        super().__init__(base)
        separable(self.base)
        self.share = checks.number("share", share, above=0.0)
        if not checks.is_schedule(self.share) and self.share > 1.0:
            raise InputError(f"share: wanted a number in (0, 1], got {share!r}")

    def discriminator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return self.base.discriminator(real_logits, fake_logits)

    def generator(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        logits = tf.reshape(fake_logits, [tf.shape(fake_logits)[0], -1])
        scores = tf.stop_gradient(tf.reduce_mean(logits, 1))
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        all_scores = of_all_replicas(scores)
        batch = tf.shape(all_scores)[0]
        k = tf.clip_by_value(tf.cast(tf.round(self.share * tf.cast(batch, "float32")), "int32"), 1, batch)
        last = tf.sort(all_scores, direction="DESCENDING")[k - 1]
        terms = tf.reduce_mean(self.base.generator_term(logits), 1)
        kept = tf.reduce_sum(tf.cast(all_scores >= last, terms.dtype))
        # The mean over replicas of what this returns is the mean over the k.
        return replicas * tf.reduce_sum(tf.where(scores >= last, terms, 0.0)) / kept
