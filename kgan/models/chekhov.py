"""Chekhov GAN (Grnarova et al. 2018): the generator hears discriminators of the past too."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import whole
from kgan.feed import as_float32, feed
from kgan.game import Round
from kgan.models.average import duplicate
from kgan.models.gan import GAN
from kgan.networks import opponents


@keras.saving.register_keras_serializable("kgan")
class ChekhovGAN(GAN):
    """A `GAN` whose generator minimises the mean of its losses before the discriminator and before some of its past.

    The past is a queue of at most K discriminators as they were. The first enters it after `interval` rounds, and
    from one to the next there are `growth` rounds more each time, so that the queue reaches the further back the
    longer training goes on (section 4 there; the figures are kgan's). A generator that flees from mode to mode is
    remembered by those that saw it there. What they say is what they said then: they judge in inference mode, by moving
    statistics. Samples are the present generator's, as in the authors' experiments.

    Not as in the paper, where the players are alike (algorithm 2): the discriminator meets the generator of the present
    only. And the weights' squared norm, which is added there with a factor that fades as 1 / sqrt(round), is not.

    Args:
        generator, discriminator, latent_dim, prior: as in `GAN`.
        past: K, a whole number; 5, 10 and 25 in the paper.

    Raises:
        InputError: as in `GAN`; for a discriminator of which Keras cannot make another.
    """

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, past: int = 5, **sizes: Any
    ) -> "ChekhovGAN":
        """As `GAN.for_data`."""
        network = cls.network_for(shapes, network)
        generator, discriminator = opponents(network, shapes, **sizes, **cls.discriminator_settings)
        return cls(generator, discriminator, latent_dim=generator.input_shape[1], past=past)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int | None = None,
        prior: Any = None,
        past: int = 5,
        **kwargs: Any,
    ) -> None:
        super().__init__(generator, discriminator, latent_dim, prior, **kwargs)
        whole("past", past)
        self.past = [duplicate("discriminator", discriminator, self.examples["d"]) for _ in range(past)]  # oldest first
        for judge in self.past:
            judge.trainable = False
        count = {"dtype": "int64", "trainable": False, "aggregation": "only_first_replica"}
        self.taken = self.add_weight(shape=(), initializer="zeros", name="taken", **count)

    def compile(self, interval: int = 100, growth: int = 10, **settings: Any) -> None:
        """As `GAN.compile`, and:

        Args:
            interval: rounds before the first discriminator is put into the queue, a whole number.
            growth: by how many more rounds each next one is later than the one before it; from 0 on.
        """
        self.interval, self.growth = whole("interval", interval), whole("growth", growth, least=0)
        super().compile(**settings)

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """The mean over the discriminator and those of the past that there are."""
        play, adversarial = self.play(round), self._loss(round, "d")
        sees_reals = getattr(adversarial, "generator_sees_reals", True)
        held, total = tf.minimum(self.taken.value, len(self.past)), losses[""]
        for age, judge in enumerate(reversed(self.past)):
            real = self.recalled(judge, play.real, round, play.view) if sees_reals else None
            loss = adversarial.generator(real, self.recalled(judge, play.fake, round, play.view))
            total += tf.where(age < held, loss, 0.0)
        return total / (1.0 + tf.cast(held, "float32"))

    def recalled(self, judge: keras.Model, samples: Any, round: Round, view: Callable[[Any], Any]) -> tf.Tensor:
        """The logits that a discriminator of the past gives to samples, augmented as the present one sees them."""
        said = as_float32(feed(judge, self.judged(view(samples), round.labels)))
        return said["logits"] if isinstance(said, dict) else said

    def remember(self, round: Round) -> None:
        """Moves the queue, in the rounds in which a discriminator enters it."""
        taken = self.taken.value + 1  # the n-th enters after n interval + n (n - 1) / 2 growth rounds
        due = round.step + 1 == taken * self.interval + taken * (taken - 1) // 2 * self.growth
        for older, newer in itertools.pairwise([*self.past, self.discriminator]):
            for kept, now in zip(older.variables, newer.variables, strict=True):
                kept.assign(tf.where(due, now.value, kept.value))
        self.taken.assign_add(tf.cast(due, "int64"))
