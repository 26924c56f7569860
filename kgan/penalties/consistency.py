"""Consistency regularisation: the discriminator's verdict should not change where the sample's meaning does not."""

import dataclasses
import inspect
from collections.abc import Callable

import tensorflow as tf

from kgan import checks, random, schedules
from kgan.checks import InputError
from kgan.parts import Part
from kgan.penalties.base import Penalty, Play, as_drawn, latent_parts, weighted
from kgan.spec import resolve

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # (images, seed) -> images


@dataclasses.dataclass(frozen=True)
class Shift(Part):
    """Shifts each image by up to `pixels` whole pixels along both axes, and mirrors it left to right half of the time.

    What comes in at a border is the image's own reflection. An instance is called as (images, seed) -> images, of the
    same shape, float32 (batch, height, width, channels).

    Args:
        pixels: the largest shift, from 0 on; 4 for CIFAR-10 in Zhang et al. 2020. Images are longer than it.
        flip: whether to mirror; not for digits or letters.
    """

    pixels: int = 4
    flip: bool = True

    def __post_init__(self) -> None:
        checks.whole("pixels", self.pixels, 0)
        checks.boolean("flip", self.flip)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        shape = tuple(getattr(images, "shape", ()))[1:]  # none of a structure
        if len(shape) != 3 or min(shape[:2]) <= self.pixels:
            raise InputError(f"transform: {self} wants images longer than that, got samples of shape {shape}")
        batch, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
        dy, dx, mirrored = tf.unstack(random.uniform((batch, 3), seed), axis=1)
        rows = _reflected(tf.range(height) + self._pixels(dy), height)
        columns = _reflected(tf.range(width) + self._pixels(dx), width)
        if self.flip:
            columns = tf.where(mirrored[:, None] < 0.5, width - 1 - columns, columns)
        return tf.gather(tf.gather(images, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1)

    def _pixels(self, share: tf.Tensor) -> tf.Tensor:
        """From a number in [0, 1) to a whole one from -pixels to pixels, each as likely: (batch, 1)."""
        return tf.cast(tf.floor(share * (2 * self.pixels + 1)), "int32")[:, None] - self.pixels


TRANSFORMS = {"shift": Shift}


def _reflected(index: tf.Tensor, length: int) -> tf.Tensor:
    last = length - 1
    return last - tf.abs(last - tf.abs(index))


def _transform(value: str | Transform) -> Transform:
    made = resolve("transform", value, TRANSFORMS)
    try:
        inspect.signature(made).bind("images", "seed")
    except TypeError:
        raise InputError(f"transform: wanted a function of (images, seed), got {made!r}") from None
    return made


class Consistency(Penalty):
    """CR (Zhang et al. 2020): weight * E (D(x) - D(T(x)))^2 on reals, D the logit.

    Args:
        weight: lambda, a number from 0 on or a Schedule; 10 in the paper.
        transform: T, which changes the image and not its meaning: "shift", "shift(pixels=2, flip=False)" (the only
            one that has a name here), or any callable (images, seed) -> images, an augmentation of `kgan.augment` say.
        interval: every how many rounds it is computed.
    """

    name = "consistency"

    def __init__(self, weight: float = 10.0, transform: str | Transform = "shift", interval: int = 1) -> None:
        super().__init__(interval)
        self.weight = checks.number("weight", weight, 0.0)
        self.transform = _transform(transform)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._on(discriminator, real, discriminator(real), seed, self.transform)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        transform = schedules.at(self.transform, play.step)
        return self._on(play.logits_of, play.real, play.real_logits, play.seed, transform)

    def _on(self, judge, real, logits, seed, transform) -> tf.Tensor:  # noqa: ANN001
        return weighted(self.weight, _mean_square(logits - judge(transform(real, seed))))


class BalancedConsistency(Penalty):
    """bCR (Zhao et al. 2021, Algorithm 1): real_weight * E (D(x) - D(T(x)))^2 + fake_weight * E (D(y) - D(T(y)))^2.

    y = G(z). With reals alone (`Consistency`), the traces of T turn up in what the generator makes. The discriminator
    only: the generator does not minimise it.

    Args:
        real_weight: a number from 0 on or a Schedule; 10 in the paper.
        fake_weight: likewise.
        transform: T, as in `Consistency`.
        interval: every how many rounds it is computed.
    """

    name = "balanced_consistency"

    def __init__(
        self,
        real_weight: float = 10.0,
        fake_weight: float = 10.0,
        transform: str | Transform = "shift",
        interval: int = 1,
    ) -> None:
        super().__init__(interval)
        self.real_weight = checks.number("real_weight", real_weight, 0.0)
        self.fake_weight = checks.number("fake_weight", fake_weight, 0.0)
        self.transform = _transform(transform)

    def __call__(self, discriminator: Callable, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self._on(discriminator, real, fake, discriminator(real), discriminator(fake), seed, self.transform)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        transform = schedules.at(self.transform, play.step)
        logits = play.real_logits, play.fake_logits
        return self._on(play.logits_of, play.real, play.fake, *logits, play.seed, transform)

    def _on(self, judge, real, fake, real_logits, fake_logits, seed, transform) -> tf.Tensor:  # noqa: ANN001
        real_change = real_logits - judge(transform(real, random.fold_in(seed, 0)))
        fake_change = fake_logits - judge(transform(fake, random.fold_in(seed, 1)))
        on_reals = weighted(self.real_weight, _mean_square(real_change))
        return on_reals + weighted(self.fake_weight, _mean_square(fake_change))


class LatentConsistency(Penalty):
    """zCR (Zhao et al. 2021, Algorithm 2): near latents, near verdicts; near latents, different samples.

    With z' = z + radius * N(0, I), in each part of a prior of several, the discriminator minimises d_weight *
    E (D(G(z)) - D(G(z')))^2 and the generator -g_weight * E (G(z) - G(z'))^2, a mean over pixels too, which keeps it
    from ignoring z. Without a bound on the samples (points in the plane) the latter has none either. Both are augmented
    alike.

    Args:
        d_weight: a number from 0 on or a Schedule; 20 as in StudioGAN.
        g_weight: likewise; 0.5.
        radius: the standard deviation of the noise on the latents, likewise; 0.05.
        interval: every how many rounds it is computed.
    """

    name = "latent_consistency"
    players = ("d", "g")

    def __init__(self, d_weight: float = 20.0, g_weight: float = 0.5, radius: float = 0.05, interval: int = 1) -> None:
        super().__init__(interval)
        self.d_weight = checks.number("d_weight", d_weight, 0.0)
        self.g_weight = checks.number("g_weight", g_weight, 0.0)
        self.radius = checks.number("radius", radius, 0.0)

    def discriminator_term(self, play: Play) -> tf.Tensor:
        here, near = self._samples(play)
        return weighted(self.d_weight, _mean_square(play.logits_of(here) - play.logits_of(near)))

    def generator_term(self, play: Play) -> tf.Tensor:
        here, near = (tf.nest.flatten(samples) for samples in self._samples(play))
        changes = [_mean_square(a - b) for a, b in zip(here, near, strict=True)]
        return -weighted(self.g_weight, tf.add_n(changes) / len(changes))

    def _samples(self, play: Play) -> tuple[tf.Tensor, tf.Tensor]:
        near = {}
        for place, (part, z) in enumerate(latent_parts(self.name, play.latents).items()):
            seed = random.fold_in(play.seed, place) if place else play.seed
            noise = random.normal([tf.shape(z)[0], *z.shape[1:]], seed, dtype=z.dtype)
            near[part] = z + weighted(self.radius, noise)
        return play.generate(play.latents), play.generate(as_drawn(near, play.latents))


def _mean_square(change: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(change))
