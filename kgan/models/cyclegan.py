"""CycleGAN (Zhu et al. 2017): two domains without pairs, translated both ways."""

import functools
from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan import priors, random
from kgan.checks import InputError, number
from kgan.feed import trial
from kgan.game import Round
from kgan.models.base import GameModel
from kgan.models.objectives import POOL, Encounter
from kgan.models.pool import ImagePool
from kgan.models.settings import check_batch, check_two, two
from kgan.networks import cyclegan_generator, patch_discriminator
from kgan.penalties import Play
from kgan.sampling import Sampler

DOMAINS = {"a": "b", "b": "a"}  # each with the other


@keras.saving.register_keras_serializable("kgan")
class CycleGAN(GameModel):
    """Translates pictures of domain a into domain b and back; batches are {"a": pictures, "b": pictures}.

    Both generators are one player: it minimises both adversarial losses and the whole cycle,

        cycle_weight (E |G_ba(G_ab(a)) - a| + E |G_ab(G_ba(b)) - b|), a mean over pixels,

    of which each generator gets the gradient of both halves, and identity_weight times cycle_weight as much of
    E |G_ab(b) - b| + E |G_ba(a) - a|, which keeps colours. A discriminator's loss is halved, and its fakes come from
    an `ImagePool`.

    Args:
        generator_ab: a Keras model from pictures of a to pictures of b, (batch, height, width, channels) in [-1, 1].
        generator_ba: likewise, back.
        discriminator_a: from pictures of a to logits, of patches say.
        discriminator_b: likewise, of b.
        image_shape: of a's pictures, (height, width, channels); b's may have other channels.
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
        super().__init__(**kwargs)
        self.generator_ab, self.generator_ba = generator_ab, generator_ba
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.image_shape, self.pool = tuple(image_shape), pool
        self.check_networks()
        self.pools = {domain: ImagePool(shape, pool) for domain, shape in self.sample_shape.items()}

    def check_networks(self) -> None:
        """Builds the networks by a trial call: there and back."""
        a = tf.zeros((1, *self.image_shape))
        b = trial("generator_ab", self.generator_ab, {"images": a})
        back = trial("generator_ba", self.generator_ba, {"images": b})
        if back.shape != a.shape:
            raise InputError(f"generator_ba: wanted pictures {self.image_shape} back, got {tuple(back.shape[1:])}")
        self.examples = {"g_ab": {"images": a}, "g_ba": {"images": b}}
        self.sample_shape = {"a": self.image_shape, "b": tuple(b.shape[1:])}
        trial("discriminator_a", self.discriminator_a, {"samples": a})
        trial("discriminator_b", self.discriminator_b, {"samples": b})

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

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        return {
            "g_ab": ("g", self.generator_ab),
            "g_ba": ("g", self.generator_ba),
            "d_a": ("d", self.discriminator_a),
            "d_b": ("d", self.discriminator_b),
        }

    def split(self, batch: Any) -> tuple[dict, None]:
        """{"a", "b"}, or a pair (a, b)."""
        return dict(zip("ab", two("CycleGAN", batch), strict=True)), None

    def encounters(self) -> dict[str, Encounter]:
        return {
            domain: Encounter(f"d_{domain}", functools.partial(self.meet, domain), source=f"g_{other}{domain}")
            for domain, other in DOMAINS.items()
        }

    def meet(self, domain: str, round: Round) -> Play:
        """What is translated into a domain, before its discriminator."""
        other = DOMAINS[domain]
        play = self.meeting(
            round,
            source=f"g_{other}{domain}",
            judge=f"d_{domain}",
            generate=lambda images: self.translate(other, images, round),
            score=lambda images: self.network(f"d_{domain}", images, round),
            latents=round.real[other],
            real=round.real[domain],
            name=domain,
        )
        if not round.training:
            return play
        seed = random.fold_in(round.seed, POOL, "ab".index(domain))
        return play.showing(self.pools[domain].seen(play.fake, seed))

    def translate(self, domain: str, images: tf.Tensor, round: Round) -> tf.Tensor:
        """Pictures of a domain, in the other."""
        return self.network(f"g_{domain}{DOMAINS[domain]}", images, round)

    def hear(self, losses: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The sum: each generator has a loss of its own."""
        return losses["a"] + losses["b"]

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

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        samplers = {}
        for domain, other in DOMAINS.items():
            given = {"images": priors.Pictures(self.sample_shape[domain])}
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
        return {f"{one}_to_{other}": ({"images": real[one]}, real[other]) for one, other in DOMAINS.items()}

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.trained("g_ab", average=not training)(images, training=training)


def _distance(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.abs(a - b))
