"""CycleGAN (Zhu et al. 2017): two domains without pairs, translated both ways."""

from typing import Any

import keras
import tensorflow as tf

from kgan import random
from kgan.checks import InputError, number
from kgan.game import Round
from kgan.models.objectives import POOL
from kgan.models.pool import ImagePool
from kgan.models.two_domains import TwoDomains
from kgan.models.two_pictures import DOMAINS, check_two
from kgan.networks import cyclegan_generator, patch_discriminator
from kgan.penalties import Play


@keras.saving.register_keras_serializable("kgan")
class CycleGAN(TwoDomains):
    """Translates pictures of domain a into domain b and back; batches are {"a": pictures, "b": pictures}.

    Both generators are one player: it minimises both adversarial losses and the whole cycle,

        cycle_weight (E |G_ba(G_ab(a)) - a| + E |G_ab(G_ba(b)) - b|), a mean over pixels,

    of which each generator gets the gradient of both halves, and identity_weight times cycle_weight as much of
    E |G_ab(b) - b| + E |G_ba(a) - a|, which keeps colours. A discriminator's loss is halved, and its fakes come from
    an `ImagePool`.

    Args:
        generator_ab, generator_ba, discriminator_a, discriminator_b, image_shape: as in `TwoDomains`: networks from
            pictures to pictures and to logits, and the shape of a's pictures.
        pool: fakes that each pool holds; 50 in the paper.

    Raises:
        InputError: for networks that do not fit.
    """

    @classmethod
    def for_data(cls, shapes: Any, num_classes: int | None = None, **sizes: Any) -> "CycleGAN":
        """As `GameModel.for_data`, on two domains, with the paper's networks."""
        check_two(cls, shapes, sizes)
        makers = [cyclegan_generator(shapes[one], shapes[other][2], **sizes) for one, other in DOMAINS.items()]
        return cls(*makers, *(patch_discriminator(shapes[one], **sizes) for one in DOMAINS), image_shape=shapes["a"])

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        image_shape: tuple[int, int, int],
        pool: int = 50,
        **kwargs: Any,
    ) -> None:
        super().__init__(generator_ab, generator_ba, discriminator_a, discriminator_b, image_shape, **kwargs)
        self.pool = pool
        self.pools = {domain: ImagePool(shape, pool) for domain, shape in self.sample_shape.items()}

    def compile(
        self,
        loss: Any = "least_squares",
        cycle_weight: float = 10.0,
        identity_weight: float = 0.5,
        **settings: Any,
    ) -> None:
        """As `GameModel.compile`, with the optimizers of the paper, Adam(2e-4, 0.5), and:

        Args:
            cycle_weight: lambda; 10 in the paper.
            identity_weight: in units of lambda; 0.5 in the paper where colours are to stay. 0 where the domains have
                other channels.
        """
        self.cycle_weight = number("cycle_weight", cycle_weight, least=0.0)
        self.identity_weight = number("identity_weight", identity_weight, least=0.0)
        if identity_weight and self.sample_shape["a"] != self.sample_shape["b"]:
            raise InputError(f"identity_weight: wanted 0, for the domains differ in shape, got {identity_weight!r}")
        super().compile(loss=loss, **settings)

    def meet(self, domain: str, round: Round) -> Play:
        """As in `TwoDomains`; in training the judge's own loss is about fakes out of its pool."""
        play = super().meet(domain, round)
        if not round.training:
            return play
        seed = random.fold_in(round.seed, POOL, "ab".index(domain))
        return play.showing(self.pools[domain].seen(play.fake, seed))

    def team_terms(self, role: str, round: Round) -> dict[str, tf.Tensor]:
        if role == "d":
            return {}
        real = round.real
        fake = {domain: self.play(round, domain).fake for domain in DOMAINS}

        def left(shown: dict) -> tf.Tensor:
            """How far from the reals of each domain is what is made, there, of the other's pictures in `shown`."""
            back = {domain: self.translate(other, shown[other], round) for domain, other in DOMAINS.items()}
            return _distance(back["a"], real["a"]) + _distance(back["b"], real["b"])

        terms = {"cycle": self.cycle_weight * left(fake)}
        if self.identity_weight:  # a generator is shown what is in its target domain already
            terms["identity"] = self.identity_weight * self.cycle_weight * left({"a": real["b"], "b": real["a"]})
        return terms

    def discriminator_objective(self, round: Round, name: str = "d") -> tuple[tf.Tensor, Any]:
        """Half of it, which slows the discriminators down (section 4 of the paper)."""
        loss, logs = super().discriminator_objective(round, name)
        return 0.5 * loss, logs

    def remember(self, round: Round) -> None:
        """Puts the round's fakes, by the generators as they are now, into the pools."""
        for place, (domain, other) in enumerate(DOMAINS.items()):
            fakes = self.translate(other, round.real[other], round)
            self.pools[domain].remember(fakes, random.fold_in(round.seed, POOL, 2 + place))


def _distance(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(a - b))
