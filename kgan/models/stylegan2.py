"""StyleGAN2-ADA (Karras et al. 2020, "Training generative adversarial networks with limited data")."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from kgan import priors, random
from kgan.batches import rows
from kgan.checks import InputError, share, whole
from kgan.distribute import mean_over_replicas
from kgan.game import Round
from kgan.models.gan import GAN
from kgan.models.objectives import LATENTS
from kgan.models.settings import own_networks
from kgan.networks import stylegan2_discriminator, stylegan2_generator
from kgan.networks.stylegan2 import MAPPING, SYNTHESIS, TRUNCATION
from kgan.penalties import R1, PathLength
from kgan.schedules import HalfLife

PSI = "truncation"


@keras.saving.register_keras_serializable("kgan")
class StyleGAN2ADA(GAN):
    """A `GAN` of styles: z is mapped to w, one for each layer of the synthesis, some of them of another z.

    The penalties see the styles as the latents: path length is in w, as in the paper. The mean of w, by which
    `sample(n, truncation=psi)` draws samples nearer to the typical ones, follows that of each round.

    Args:
        generator: of `kgan.networks.stylegan2_generator`, or of parts with the names of its.
        discriminator: from images to logits, `kgan.networks.stylegan2_discriminator` say.
        latent_dim: of z.

    Raises:
        InputError: as in `GAN`; for a generator without these parts.
    """

    judge_is_told = False

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, **sizes: Any
    ) -> "StyleGAN2ADA":
        """As `GameModel.for_data`, on images, with networks of its own."""
        own_networks(cls, "stylegan2", network, shapes)
        width = {name: size for name, size in sizes.items() if name == "width"}
        generator = stylegan2_generator(shapes, **sizes)
        return cls(generator, stylegan2_discriminator(shapes, **width), generator.input_shape[0][1])

    def check_networks(self) -> None:
        names = {layer.name for layer in getattr(self.generator, "layers", ())}
        missing = [part for part in (MAPPING, TRUNCATION, SYNTHESIS) if part not in names]
        if missing:
            raise InputError(f"generator: wanted one as kgan.networks.stylegan2_generator, got none with {missing}")
        super().check_networks()

    def compile(
        self,
        loss: Any = "non_saturating",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Any = None,
        augment: Any = "ada",
        ema_decay: Any = "paper",
        style_mixing: float = 0.9,
        gamma: float | None = None,
        batch_size: int = 64,
        **settings: Any,
    ) -> None:
        """As `GAN.compile`, with the authors' settings.

        Args:
            d_optimizer, g_optimizer: Adam(2.5e-3, 0, 0.99) with rate and betas to the interval / (interval + 1) of the
                lazy penalties, 16 and 4.
            penalties: `R1(gamma, interval=16)` and `PathLength(2.0 / layers, interval=4)`: with lengths in all layers'
                styles together, it is what weight 2 is with their mean over layers, as there.
            augment: "ada"; None for StyleGAN2.
            ema_decay: the default has a half-life of 312.5 rounds, 10 / 32 thousand images for each of a batch, with
                the ramp 0.05.
            style_mixing: the probability that a batch's styles, from a layer on, are those of other latents.
            gamma: of R1; default 0.0002 pixels / batch_size.
            batch_size: of the data, for that alone.

        Raises:
            InputError: as `GAN.compile`.
        """
        self.style_mixing = share("style_mixing", style_mixing)
        if gamma is None:
            gamma = 0.0002 * self.sample_shape[0] * self.sample_shape[1] / whole("batch_size", batch_size)
        layers = self.generator.get_layer(TRUNCATION).layers
        lazy = [R1(gamma, interval=16), PathLength(2.0 / layers, interval=4)]
        super().compile(
            loss=loss,
            d_optimizer=d_optimizer or _lazy_adam(16),
            g_optimizer=g_optimizer or _lazy_adam(4),
            penalties=lazy if penalties is None else penalties,
            augment=augment,
            ema_decay=HalfLife(312.5, ramp_up=0.05) if ema_decay == "paper" else ema_decay,
            **settings,
        )

    def told(self, condition: Any) -> dict[str, Any]:
        """Nothing: psi is for samples."""
        return {}

    @property
    def conditions(self) -> Mapping[str, Any]:
        return {PSI: priors.Truncation()}

    def latents(self, round: Round) -> tf.Tensor:
        """The styles of the round's samples, (batch, layers, latent_dim): from layer `cut` on, those of a second z."""
        seed = random.fold_in(round.seed, LATENTS)
        ones, others = (self.mapped(round, random.fold_in(seed, number))[:, None, :] for number in range(2))
        layers = self.generator.get_layer(TRUNCATION).layers
        chance, place = tf.unstack(
            tf.random.stateless_uniform((2,), random.fold_in(seed, 2), alg=random.PHILOX)
        )  # all replicas' alike
        cut = 1 + tf.cast(tf.floor(place * (layers - 1)), "int32")
        cut = tf.where(chance < self.style_mixing, cut, layers)
        return tf.where(tf.range(layers)[:, None] < cut, ones, others)

    def mapped(self, round: Round, seed: tf.Tensor) -> tf.Tensor:
        """w of as many draws of z as the round has reals."""
        return self.network("g", priors.draw(self.prior, rows(round.real), seed), round, MAPPING)

    def generate(self, latents: tf.Tensor, round: Round) -> tf.Tensor:
        """The images of styles, unbounded."""
        return self.network("g", {"styles": latents}, round, SYNTHESIS)

    def remember(self, round: Round) -> None:
        """Moves the mean of w."""
        w = self.mapped(round, random.fold_in(round.seed, LATENTS))
        self.generator.get_layer(TRUNCATION).track(mean_over_replicas(tf.reduce_mean(w, 0)))


def _lazy_adam(interval: int) -> keras.optimizers.Optimizer:
    part = interval / (interval + 1)
    return keras.optimizers.Adam(2.5e-3 * part, beta_1=0.0, beta_2=0.99**part, epsilon=1e-8)
