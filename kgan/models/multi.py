"""One generator before several discriminators (GMAN, Durugkar et al. 2017; Albuquerque et al. 2019)."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import checks, hearing, random
from kgan.batches import rows
from kgan.checks import InputError, whole
from kgan.distribute import mean_over_replicas
from kgan.feed import trial_of_judge
from kgan.game import Round
from kgan.models.conditional import ConditionalGAN
from kgan.models.objectives import HEAR, Encounter
from kgan.networks import discriminator_for, generator_for
from kgan.penalties import Play


@keras.saving.register_keras_serializable("kgan")
class MultiDiscriminatorGAN(ConditionalGAN):
    """A generator that hears several discriminators, of equal or other architectures; each is a player of its own.

    They are called "d1", "d2" and so on. Let them differ: by first weights, architectures, batches of their own, or by
    what they see of a sample (a `kgan.layers.RandomProjection` as a first layer). The fakes are made once for all, and
    all discriminators move at once, so that a round's cost grows as their number, and no faster.

    Args:
        generator, latent_dim, prior: as in `GAN`.
        discriminators: two or more Keras models, each as in `GAN`.
        num_classes: of labelled data, as in `ConditionalGAN`; None for a game without labels.

    Raises:
        InputError: as in `GAN`; for fewer than two discriminators, or one that stands there twice.
    """

    labelled = False
    others: Sequence[keras.Model] = ()  # while the first is looked at
    discriminator_settings: dict[str, Any] = {}

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, latent_dim: int | None = None,
        width: int | None = None, num_discriminators: int = 2
    ) -> "MultiDiscriminatorGAN":  # fmt: skip
        """As `GAN.for_data`, with discriminators of one architecture and other first weights; 2 or 5 in GMAN."""
        whole("num_discriminators", num_discriminators, least=2)
        network, asked = cls.network_for(shapes, network), {"width": width, **cls.discriminator_settings}
        generator = generator_for(network, shapes, latent_dim, width)
        judges = [discriminator_for(network, shapes, **asked) for _ in range(num_discriminators)]
        return cls(generator, judges, latent_dim=generator.input_shape[1])

    def __init__(
        self, generator: keras.Model, discriminators: Sequence[keras.Model], latent_dim: int | None = None,
        prior: Any = None, num_classes: int | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        if len({id(one) for one in discriminators}) < max(2, len(discriminators)):
            raise InputError(f"discriminators: wanted two or more, each another, got {len(discriminators)}")
        super().__init__(generator, discriminators[0], num_classes, latent_dim, prior, **kwargs)
        self.others = list(discriminators[1:])
        self.check_networks()

    @property
    def discriminators(self) -> list[keras.Model]:
        """All of them, "d1" first."""
        return [self.discriminator, *self.others]

    def check_networks(self) -> None:
        super().check_networks()
        for number, judge in enumerate(self.others, 2):
            trial_of_judge(f"discriminators[{number - 1}]", judge, self.examples["d"])

    def compile(self, hear: Any = "mean", dropout: float = 0.0, own_batches: bool = False, **settings: Any) -> None:
        """As `GAN.compile`, where a dict for each discriminator's own goes by "d1", "d2", ...; and:

        Args:
            hear: what the generator makes of its losses: a name in `kgan.hearing.HEARINGS`, "softmax(sharpness=1)"
                say, or a callable as they are there.
            dropout: the probability, or a schedule of it, that a discriminator is not listened to in a round (Mordido
                et al. 2018); one always is.
            own_batches: share a batch out, so that each discriminator sees a part of its own of reals and of fakes, as
                in GMAN; otherwise all see all of it.
        """
        self.hearing = hearing.get(hear)
        self.dropout = checks.share("dropout", dropout)
        self.own_batches = checks.boolean("own_batches", own_batches)
        super().compile(**settings)

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        judges = {f"d{number}": ("d", judge) for number, judge in enumerate(self.discriminators, 1)}
        return {"g": ("g", self.generator), **judges}

    def encounters(self) -> dict[str, Encounter]:
        judges = [name for name, (role, _) in self.networks().items() if role == "d"]
        return {name: Encounter(name, functools.partial(self.meet, name=name)) for name in judges}

    def meet(self, round: Round, name: str = "d1") -> Play:
        """The fakes and the reals, or a discriminator's own part of both, before discriminator `name`."""
        mine, latents = self.part(name, round), self.latents(round)
        fake = round.once("fake g", lambda: self.generate(latents, round))
        own = dataclasses.replace(round, real=mine(round.real), labels=mine(round.labels))
        return self.meeting(
            own,
            "g",
            name,
            generate=lambda latents: self.generate(latents, own),
            score=lambda samples, given: self.network(name, self.judged(samples, given), own),
            latents=mine(latents),
            real=own.real,
            given=own.labels,
            name=name,
            fake=mine(fake),
        )

    def part(self, name: str, round: Round) -> Callable[[Any], Any]:
        """What `name` is shown of tensors with a row a sample: all, or rows in turn, the same however many replicas."""
        if not (self.own_batches and round.training):
            return lambda samples: samples
        place, count = int(name.removeprefix("d")) - 1, len(self.discriminators)
        mine = lambda x: None if x is None else x[place::count]  # noqa: E731
        return lambda samples: keras.tree.map_structure(mine, samples)

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """What `compile(hear=...)` makes of the losses that are listened to, each the mean over all replicas."""
        values = mean_over_replicas(tf.stack(list(losses.values())))
        heard = tf.fill(tf.shape(values), True)
        dropout = self.dropout(round.step) if checks.is_schedule(self.dropout) else self.dropout
        if self.dropout and round.training:  # one draw for all replicas
            drawn = tf.random.stateless_uniform(tf.shape(values), random.fold_in(round.seed, HEAR), alg=random.PHILOX)
            heard = (drawn >= dropout) | (drawn >= tf.reduce_max(drawn))
        return self.hearing(values, heard)

    def team_terms(self, role: str, round: Round) -> dict[str, tf.Tensor]:
        term = getattr(self.hearing, "term", None)
        return {"sharpness": term} if role == "g" and term is not None else {}

    def generator_variables(self) -> list[keras.Variable]:
        """What the generator learns of hearing."""
        return list(getattr(self.hearing, "trainable_variables", ()))

    def check_batch(self, batch: Any) -> None:
        """As `GAN.check_batch`; batches that are shared out have to be so without a rest."""
        super().check_batch(batch)
        size, judges, replicas = rows(batch), len(self.discriminators), self.distribute_strategy.num_replicas_in_sync
        if self.compiled and self.own_batches and size % (judges * replicas):
            among = f"{judges} discriminators" + (f" on {replicas} replicas" if replicas > 1 else "")
            raise InputError(f"batch_size: {size} cannot be shared out evenly among {among}")
