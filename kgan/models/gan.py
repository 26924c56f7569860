"""The two-player GAN (Goodfellow et al. 2014)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from kgan import priors, random
from kgan.checks import InputError
from kgan.feed import as_float32, trial, trial_of_judge
from kgan.game import Round
from kgan.models.objectives import Encounter
from kgan.models.one_generator import OneGenerator
from kgan.networks import opponents
from kgan.penalties import Play


@keras.saving.register_keras_serializable("kgan")
class GAN(OneGenerator):
    """A generator and a discriminator, each with its own objective, moved in turn by an update rule.

    To train another objective, subclass and override `discriminator_objective` or `generator_objective`; for another
    game, see `GameModel`.

    Args:
        generator: a Keras model from what the prior draws to samples: from latents, float32 (batch, latent_dim), to
            (batch, ...), or with an input for each part of the prior, by its name or in its order.
        discriminator: a Keras model from samples to logits (batch, 1); any trailing shape, patches say, will do. It
            may give a dict with "logits" in it, of which the losses see these.
        latent_dim: short for `prior=kgan.priors.Normal(latent_dim)`: latents drawn from N(0, I).
        prior: what the generator is fed: a law of `kgan.priors`, or a dict of laws by the names of its inputs.
        conditions: what both networks are told beside, by the names of their inputs: `kgan.priors.Labels` or
            `Pictures`. Batches are then (samples, condition), or (samples, a dict of conditions). A discriminator that
            has inputs for samples only is not told.

    Raises:
        InputError: if prior, generator and discriminator do not fit.
    """

    default_network = "dcgan"  # of images, in `for_data`
    discriminator_settings: dict[str, Any] = {}  # what the paper asks of the discriminator's builder, likewise
    pack = 1  # how many samples the discriminator is shown side by side

    @classmethod
    def for_data(
        cls,
        shapes: Any,
        num_classes: int | None = None,
        network: str | None = None,
        d_width: int | None = None,
        **sizes: Any,
    ) -> "GAN":
        """As `GameModel.for_data`, on single samples.

        Args:
            shapes, num_classes, **sizes: as there.
            network: default "mlp" for points, else the preset's own or "dcgan".
            d_width: of the discriminator alone; default the width of both.
        """
        network, asked = cls.network_for(shapes, network), {"d_width": d_width, **cls.discriminator_settings}
        generator, discriminator = opponents(network, shapes, **sizes, **asked)
        return cls(generator, discriminator, latent_dim=generator.input_shape[1])

    @classmethod
    def network_for(cls, shapes: Any, network: str | None) -> str:
        """The name of the networks for single samples of a shape: `network`, if it is given."""
        if not isinstance(shapes, tuple) or not all(isinstance(size, int) for size in shapes):
            raise InputError(f"dataset: {cls.__name__} is played on single samples, got a structure of {shapes}")
        return network or ("mlp" if len(shapes) == 1 else cls.default_network)

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        latent_dim: int | None = None,
        prior: Any = None,
        conditions: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (latent_dim is None) == (prior is None):
            raise InputError(f"latent_dim: wanted it or a prior, got {latent_dim!r} and prior={prior!r}")
        self.generator, self.discriminator = generator, discriminator
        self.prior = priors.named(latent_dim if prior is None else prior)
        self.told_of = dict(conditions or {})
        self.check_networks()

    def check_networks(self) -> None:
        """Builds both networks by a trial call, which tells the shape of samples.

        Raises:
            InputError: if prior, generator and discriminator do not fit.
        """
        num = 2 * self.pack
        told = {name: law.example(num) for name, law in self.conditions.items()}
        self.examples = {"g": {**priors.draw(self.prior, num, random.key(0)), **told}}
        samples = as_float32(trial("generator", self.generator, self.examples["g"]))
        self.sample_shape = keras.tree.map_structure(lambda x: tuple(x.shape[1:]), samples)
        self.parts = len(keras.tree.flatten(samples))
        self.examples["d"] = self.judged(samples, told or None)
        trial_of_judge("discriminator", self.discriminator, self.examples["d"])

    @property
    def judge_is_told(self) -> bool:
        """Whether the discriminator is told the conditions too: not if it has inputs for samples only."""
        inputs = getattr(self.discriminator, "inputs", None)  # None of a subclassed network, which says nothing
        return bool(self.conditions) and (not inputs or len(inputs) > self.parts)

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        return {"g": ("g", self.generator), "d": ("d", self.discriminator)}

    def encounters(self) -> dict[str, Encounter]:
        return {"": Encounter("d", self.meet)}

    def meet(self, round: Round) -> Play:
        """The generator's fakes and the reals before the discriminator."""
        return self.meeting(
            round,
            "g",
            "d",
            generate=lambda latents: self.generate(latents, round),
            score=lambda samples, given: self.judge(samples, dataclasses.replace(round, labels=given)),
            latents=self.latents(round),
            real=round.real,
            given=round.labels,
            prior=self.prior,
        )

    def judge(self, samples: Any, round: Round) -> Any:
        """The discriminator's logits, float32; or a dict with "logits" in it, if it gives one."""
        return self.network("d", self.judged(samples, round.labels), round)

    def judged(self, samples: Any, condition: Any) -> dict[str, Any]:
        """What a discriminator's network is fed, by name."""
        return {"samples": samples, **(self.told(condition) if self.judge_is_told else {})}

    @property
    def d_optimizer(self) -> keras.optimizers.Optimizer:
        """The discriminator's optimizer."""
        return self.optimizers["d"]
