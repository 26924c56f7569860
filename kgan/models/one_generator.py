"""Games with one generator: what it is fed, and how one samples from it."""

from collections.abc import Mapping
from typing import Any

import keras

from kgan import priors, random
from kgan.batches import rows
from kgan.checks import InputError
from kgan.game import Round
from kgan.models import settings
from kgan.models.average import Average
from kgan.models.base import GameModel
from kgan.models.objectives import LATENTS
from kgan.sampling import Sampler


class OneGenerator(GameModel):
    """What games share whose samples come from one network, "g": fed by a prior, and told a condition if there is one.

    A call returns samples from latents, by the averaged generator where there is one.

    Attributes:
        generator: a Keras model from what the prior draws, and what `conditions` names, to samples.
        prior: the laws that it is fed by, by name (`kgan.priors`).
        told_of: the conditions that it was made with; see `conditions`.
        sample_shape: of a sample, or a structure of shapes; a trial call tells.
    """

    generator: keras.Model
    prior: dict[str, Any]
    told_of: dict[str, Any]
    sample_shape: Any

    @property
    def conditions(self) -> dict[str, Any]:
        """What a sample can be asked for, by name (`kgan.priors.Labels` or `Pictures`); {} for nothing."""
        return self.told_of

    def told(self, condition: Any) -> dict[str, Any]:
        """What the networks are told beside, by name, from a batch's condition: the only one, or a dict of them.

        Raises:
            InputError: if there are no such conditions in it.
        """
        names = list(self.conditions)
        if condition is not None and len(names) == 1 and not isinstance(condition, Mapping):
            return {names[0]: condition}
        given = condition if isinstance(condition, Mapping) else {}
        if missing := [name for name in names if name not in given]:
            got = "samples alone" if condition is None else sorted(given) or f"a {type(condition).__name__}"
            raise InputError(f"data: wanted batches of (samples, {', '.join(names)}), {missing[0]!r} is not in {got}")
        return {name: given[name] for name in names}

    def latents(self, round: Round) -> Any:
        """What the prior draws, as many as the round has reals: a tensor, or a dict of them where it has several parts.

        Of a `latent_dim`, N(0, I), float32 (batch, latent_dim).
        """
        drawn = priors.draw(self.prior, rows(round.real), random.fold_in(round.seed, LATENTS))
        return next(iter(drawn.values())) if len(drawn) == 1 else drawn

    def generate(self, latents: Any, round: Round) -> Any:
        """The generator's samples, float32."""
        drawn = latents if isinstance(latents, dict) else {next(iter(self.prior)): latents}
        return self.network("g", {**drawn, **self.told(round.labels)}, round)

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        network = self.trained("g", average)
        return {"": Sampler.of(network, self.prior, self.conditions, sample_shape=self.sample_shape)}

    def call(self, latents: Any, training: bool = False) -> Any:
        return self.trained("g", average=not training)(latents, training=training)

    @property
    def g_optimizer(self) -> keras.optimizers.Optimizer:
        """The generator's optimizer."""
        return self.optimizers["g"]

    @property
    def average(self) -> Average | None:
        """The generator's average; None without one."""
        return self.averages.get("g")

    def check_batch(self, batch: Any) -> None:
        """Looks at a real batch before training.

        Raises:
            InputError: if it does not fit the networks or the conditions, or is not what `kgan.data` yields.
        """
        samples, condition = self.split(batch)
        settings.check_batch(samples, self.sample_shape, self.generator)
        for name, value in self.told(condition).items():
            self.conditions[name].take("data", value)
