"""Path-length regularisation of the generator (Karras et al. 2020, StyleGAN2)."""

import tensorflow as tf

from kgan import checks, random
from kgan.checks import InputError
from kgan.distribute import mean_over_replicas
from kgan.penalties.base import EPSILON, Play, Stateful, as_drawn, latent_parts, weighted


class PathLength(Stateful):
    """Karras et al. 2020, eq. 4: the generator minimises weight * E (||J'y||_2 - a)^2, J = dG(z)/dz.

    y ~ N(0, I) / sqrt(height * width) is an image of noise (of samples that are no images, N(0, I)): a step in the
    latents should change the image by an amount that depends neither on where it is made nor where to. a, constant
    in the gradient, follows the mean length: a <- a + decay * (mean - a) from 0, and then the penalty is taken. (In the
    authors' code the gradient also goes through the share of the present mean in a, one in a hundred.) It is
    StyleGAN2's w there; the latents of a generator without a mapping network play its part, those of a prior of several
    parts all together. Every second sample of the batch is looked at, half of it, as there; in a game with conditions,
    which belong to the whole batch, all of it. G must make samples one by one, and its layers need a second-order
    gradient: `compile` refuses or warns of those that do not, batch normalisation among them.

    Args:
        weight: a number from 0 on or a Schedule; 2 in StyleGAN2.
        decay: how far a moves, a number in (0, 1] or a Schedule; 0.01.
        interval: every how many rounds it is computed, with as many times the weight; 4. To the model it says 1:
            it skips rounds by itself, because a may not move within the model's branch.

    Raises:
        InputError: for arguments out of their range; in the first round, of a generator that is fed no latents.
    """

    name = "path_length"
    players = ("g",)
    differentiates_generator = True

    def __init__(self, weight: float = 2.0, decay: float = 0.01, interval: int = 4) -> None:
        super().__init__()
        self.weight, self.every = checks.number("weight", weight, 0.0), checks.whole("interval", interval)
        self.decay = checks.number("decay", decay, above=0.0)
        if not checks.is_schedule(self.decay) and self.decay > 1.0:
            raise InputError(f"decay: wanted a number in (0, 1], got {decay!r}")
        self.mean = self._state("mean")

    def generator_term(self, play: Play) -> tf.Tensor:
        latents = latent_parts(self.name, play.latents)
        if play.given is None:
            # Of each replica's rows, the same ones as of the whole batch's.
            latents = {part: z[::2] for part, z in latents.items()}
        every = self.every if play.lazy else 1
        due = tf.cast(play.step, "int64") % every == 0
        none = lambda: tf.zeros_like(_per_sample(next(iter(latents.values()))))  # noqa: E731
        lengths = tf.cond(due, lambda: self._lengths(play, latents), none)
        mean = self._moved(lengths, due) if play.training else self.mean.value
        term = tf.reduce_mean(tf.square(lengths - tf.cast(mean, lengths.dtype)))
        return tf.where(due, every * weighted(self.weight, term), tf.zeros_like(term))

    def _lengths(self, play: Play, latents: dict[str, tf.Tensor]) -> tf.Tensor:
        """||J'y||_2 of each sample: (batch,)."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(latents)
            samples = play.generate(as_drawn(latents, play.latents))
            shape = samples.shape[1:]
            noise = random.normal([tf.shape(samples)[0], *shape], play.seed, dtype=samples.dtype)
            pixels = shape[0] * shape[1] if len(shape) == 3 else 1
            along = tf.reduce_sum(samples * noise) / tf.sqrt(tf.cast(pixels, samples.dtype))
        slopes = tape.gradient(along, latents, unconnected_gradients="zero").values()
        return tf.sqrt(tf.add_n([_per_sample(tf.square(slope)) for slope in slopes]) + EPSILON)

    def _moved(self, lengths: tf.Tensor, due: tf.Tensor) -> tf.Tensor:
        mean = mean_over_replicas(tf.cast(tf.reduce_mean(tf.stop_gradient(lengths)), "float32"))
        moved = self.mean.value + tf.where(due, self.decay, 0.0) * (mean - self.mean.value)
        self.mean.assign(moved)
        return moved


def _per_sample(x: tf.Tensor) -> tf.Tensor:
    """The sum over all axes but the first."""
    return tf.reduce_sum(x, list(range(1, len(x.shape))))
