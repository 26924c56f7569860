"""Games with one generator: what it is fed, and how one samples from it."""

from typing import Any

import keras

from kgan import priors, random
from kgan.batches import rows
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
        sample_shape: of a sample, or a structure of shapes; a trial call tells.
    """

    generator: keras.Model
    prior: dict[str, Any]
    sample_shape: Any

    @property
    def conditions(self) -> dict[str, Any]:
        """What a sample can be asked for, by name (`kgan.priors.Labels` or `Pictures`): nothing."""
        return {}

    def told(self, condition: Any) -> dict[str, Any]:
        """What the networks are told beside, by name, from a batch's condition: nothing."""
        return {}

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
            InputError: if it does not fit the networks, or is not what `kgan.data` yields.
        """
        settings.check_batch(self.split(batch)[0], self.sample_shape, self.generator)
