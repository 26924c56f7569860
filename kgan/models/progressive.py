"""Progressive growing (Karras et al. 2018): both networks begin with small images, and larger ones fade in."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kgan.checks import InputError, whole
from kgan.game import Round
from kgan.models.gan import GAN
from kgan.models.levels import Levels
from kgan.models.settings import check_batch, own_networks
from kgan.networks import progressive_discriminator, progressive_generator
from kgan.networks.progressive import Growing, reduced
from kgan.penalties import Drift, GradientPenalty
from kgan.sampling import Sampler
from kgan.schedules import ResolutionSchedule


@keras.saving.register_keras_serializable("kgan")
class ProgressiveGAN(Levels, GAN):
    """A `GAN` that grows through a `ResolutionSchedule`, in one `fit`: level and fade are functions of the round alone.

    Data have the last level's size; they are reduced, and faded likewise, in the graph. When a level begins to fade in,
    both optimizers begin anew (slots and iterations, so that schedules of rates do too), the ramp of the average begins
    anew for the layers that wake, and the round is compiled for that level.

    `sample` gives images of the data's size, with repeated pixels while the networks are at a lower level (so the
    authors show and measure them). `sampler()`, and what is exported, has the resolution that the next round plays at.

    Args:
        generator, discriminator: of `kgan.networks.progressive_generator` and `progressive_discriminator`, as large.
        latent_dim, prior: as in `GAN`.

    Raises:
        InputError: as in `GAN`; for other networks.
    """

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, **sizes: Any
    ) -> "ProgressiveGAN":
        """As `GameModel.for_data`, on images, with networks of its own."""
        own_networks(cls, "progressive", network, shapes)
        generator = progressive_generator(shapes, **sizes)
        return cls(generator, progressive_discriminator(shapes, generator.width), generator.latent_dim)

    def check_networks(self) -> None:
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            if not isinstance(network, Growing) or network.sizes != getattr(self.generator, "sizes", None):
                wanted = "one of kgan.networks.progressive_*, with the levels of the other"
                raise InputError(f"{name}: wanted {wanted}, got {getattr(network, 'name', network)!r}")
        self.sizes, self.image_shape = self.generator.sizes, self.generator.image_shape
        super().check_networks()

    def compile(
        self,
        loss: Any = "wasserstein",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Any = None,
        steps_per_execution: int = 1,
        stage_rounds: int = 1000,
        fade_rounds: int | None = None,
        batch_multiples: Sequence[int] | None = None,
        **settings: Any,
    ) -> None:
        """As `GAN.compile`, with the paper's Adam(1e-3, 0, 0.99), `GradientPenalty(10)` and `Drift(0.001)`, and:

        Args:
            stage_rounds: rounds that a level stays, after it has faded in; 800,000 images in the paper.
            fade_rounds: rounds in which one fades in; default `stage_rounds`, as in the paper.
            batch_multiples: for each level, how many of the data's batches make one batch: (8, 4, 2, 1), say, for
                larger batches of smaller images; default one.
            steps_per_execution: must divide `stage_rounds` and `fade_rounds`.

        Raises:
            InputError: as `GAN.compile`.
        """
        fade_rounds = whole("stage_rounds", stage_rounds) if fade_rounds is None else whole("fade_rounds", fade_rounds)
        whole("steps_per_execution", steps_per_execution)
        if stage_rounds % steps_per_execution or fade_rounds % steps_per_execution:
            raise InputError(
                f"steps_per_execution: {steps_per_execution} does not divide stage_rounds, {stage_rounds}, and "
                f"fade_rounds, {fade_rounds}"
            )
        multiples = [1] * len(self.sizes) if batch_multiples is None else list(batch_multiples)
        if len(multiples) != len(self.sizes):
            raise InputError(f"batch_multiples: wanted one for each of {len(self.sizes)} levels, got {multiples}")
        self.multiples = [whole("batch_multiples", multiple) for multiple in multiples]
        self.schedule = ResolutionSchedule([height for height, _ in self.sizes], stage_rounds, fade_rounds)
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or _adam(),
            g_optimizer=g_optimizer or _adam(),
            penalties=[GradientPenalty(10.0), Drift()] if penalties is None else penalties,
            steps_per_execution=steps_per_execution,
            **settings,
        )
        self.most_batches = self.update.rounds_needed(self.game) * max(self.multiples)
        for average in self.averages.values():
            average.born = {v: self.schedule.begins(level) for v, level in average.source.wakes().items()}

    def round(self, batch: Any, number: Any = 0, training: bool = True, lazy: bool = True) -> Round:
        """As in `GameModel`, with the reals reduced to the level, and faded."""
        round = super().round(batch, number, training, lazy)
        return dataclasses.replace(round, real=reduced(round.real, self.generator))

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        self.reach()
        return super().samplers(average)

    def iter_samples(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """As in `GameModel`, of the data's size."""
        return map(self._whole_size, super().iter_samples(*args, **kwargs))

    def iter_labelled(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """As in `GameModel`, of the data's size, and without labels, which the game has not."""
        return map(self._whole_size, super().iter_labelled(*args, **kwargs))

    @property
    def shown_shape(self) -> tuple[int, ...]:
        """The data's."""
        return self.image_shape

    def sample(self, num: int, *args: Any, **kwargs: Any) -> Any:
        """As in `GameModel`, of the data's size."""
        return self._whole_size(super().sample(num, *args, **kwargs))

    def _whole_size(self, images: np.ndarray) -> np.ndarray:
        times = self.image_shape[0] // images.shape[1]
        return images.repeat(times, axis=1).repeat(times, axis=2)

    def check_batch(self, batch: Any) -> None:
        """As `GAN.check_batch`: data are of the last level's size."""
        check_batch(self.split(batch)[0], self.image_shape, self.generator)


def _adam() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
