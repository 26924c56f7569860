"""Games between two domains of pictures, each with its judge, and a generator each way."""

import functools
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan import priors
from kgan.checks import InputError
from kgan.feed import trial, trial_of_judge
from kgan.game import Round
from kgan.models.base import GameModel
from kgan.models.objectives import Encounter
from kgan.models.settings import check_batch
from kgan.models.two_pictures import DOMAINS, IMAGES, two
from kgan.penalties import Play
from kgan.sampling import Sampler


class TwoDomains(GameModel):
    """What games share that translate both ways, without pairs; batches are {"a": pictures, "b": pictures}.

    What each generator makes meets the judge of the domain that it makes pictures of.

    Args:
        generator_ab: a Keras model from pictures of a to pictures of b, (batch, height, width, channels) in [-1, 1].
        generator_ba: likewise, back.
        discriminator_a: from pictures of a to logits, of patches say.
        discriminator_b: likewise, of b.
        image_shape: of a's pictures, (height, width, channels); b's may have other channels.

    Attributes:
        sample_shape: of both domains' pictures, by name; a trial call tells b's.

    Raises:
        InputError: for networks that do not fit.
    """

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        image_shape: tuple[int, int, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.image_shape = tuple(image_shape)
        self.check_networks()

    def check_networks(self) -> None:
        """Builds the networks by a trial call: there and back, and before the judges."""
        a = tf.zeros((1, *self.image_shape))
        b = trial("generator_ab", self.generator_ab, {IMAGES: a})
        back = trial("generator_ba", self.generator_ba, {IMAGES: b})
        if back.shape != a.shape:
            raise InputError(f"generator_ba: wanted pictures {self.image_shape} back, got {tuple(back.shape[1:])}")
        self.examples = {"g_ab": {IMAGES: a}, "g_ba": {IMAGES: b}}
        self.sample_shape = {"a": self.image_shape, "b": tuple(b.shape[1:])}
        trial_of_judge("discriminator_a", self.discriminator_a, {"samples": a})
        trial_of_judge("discriminator_b", self.discriminator_b, {"samples": b})

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        return {
            "g_ab": ("g", self.generator_ab),
            "g_ba": ("g", self.generator_ba),
            "d_a": ("d", self.discriminator_a),
            "d_b": ("d", self.discriminator_b),
        }

    def encounters(self) -> dict[str, Encounter]:
        return {
            domain: Encounter(f"d_{domain}", functools.partial(self.meet, domain), source=f"g_{other}{domain}")
            for domain, other in DOMAINS.items()
        }

    def meet(self, domain: str, round: Round) -> Play:
        """What is translated into a domain, before its discriminator."""
        other = DOMAINS[domain]
        return self.meeting(
            round,
            source=f"g_{other}{domain}",
            judge=f"d_{domain}",
            generate=lambda images: self.translate(other, images, round),
            score=lambda images, given: self.network(f"d_{domain}", images, round),
            latents=round.real[other],
            real=round.real[domain],
            name=domain,
        )

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """The sum: each generator has a loss of its own."""
        return losses["a"] + losses["b"]

    def split(self, batch: Any) -> tuple[dict, None]:
        """{"a", "b"}, or a pair (a, b)."""
        return dict(zip("ab", two(type(self).__name__, batch), strict=True)), None

    def translate(self, domain: str, images: tf.Tensor, round: Round) -> tf.Tensor:
        """Pictures of a domain, in the other."""
        return self.network(f"g_{domain}{DOMAINS[domain]}", images, round)

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        samplers = {}
        for domain, other in DOMAINS.items():
            given = {IMAGES: priors.Pictures(self.sample_shape[domain])}
            network = self.trained(f"g_{domain}{other}", average)
            samplers[f"{domain}_to_{other}"] = Sampler.of(network, {}, given, sample_shape=self.sample_shape[other])
        return samplers

    def check_batch(self, batch: Any) -> None:
        """Looks at a batch before training.

        Raises:
            InputError: if it does not hold pictures of both domains, in [-1, 1], of the networks' shapes.
        """
        real = self.split(batch)[0]
        for domain, other in DOMAINS.items():
            check_batch(real[domain], self.sample_shape[domain], self.networks()[f"g_{other}{domain}"][1])

    def asked(self, batch: Any) -> dict[str, tuple[dict[str, Any], Any]]:
        real = self.split(batch)[0]
        return {f"{one}_to_{other}": ({IMAGES: real[one]}, real[other]) for one, other in DOMAINS.items()}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.trained("g_ab", average=not training)(images, training=training)
