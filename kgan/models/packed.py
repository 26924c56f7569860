"""PacGAN (Lin, Khetan, Fanti and Oh 2018): the discriminator judges several samples at a time."""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from kgan.batches import rows
from kgan.checks import InputError, whole
from kgan.game import Round
from kgan.models.conditional import ConditionalGAN
from kgan.networks import discriminator_for, generator_for
from kgan.penalties import Play


@keras.saving.register_keras_serializable("kgan")
class PackedGAN(ConditionalGAN):
    """A `GAN` whose discriminator sees packs of samples side by side, all real or all generated.

    Packs of a generator that has lost modes differ from those of the data more than single samples do. A pack is
    made of `pack` samples that follow each other in the batch, their last axes joined: (n, h, w, c) becomes
    (n/pack, h, w, pack c), after each sample was augmented by itself. To penalties a pack is one sample: a gradient
    penalty has one alpha a pack, and the norm of its whole gradient. Only the discriminator's first layer grows.

    Where there are labels, all samples of a pack have one. In each round (on each replica) the real samples are sorted
    into packs by their labels; those that are left over in a class give way to whole packs, which are then seen
    again. A class that is rarer than one pack a batch is hardly ever seen: take batches of many times
    `pack * num_classes`.

    Args:
        generator: as in `GAN`; with labels, from ("latents", "labels").
        discriminator: a Keras model from packs to logits (batch/pack, 1); with labels as in `ConditionalGAN`.
        latent_dim, prior: as in `GAN`.
        pack: m, samples in a pack; 2 to 4 in the paper, 10 in CTGAN.
        num_classes: of labelled data; None for a game without labels.

    Raises:
        InputError: as in `GAN`; in training, for a batch that packs do not divide, on each replica.
    """

    labelled = False
    discriminator_settings: dict[str, Any] = {}

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, latent_dim: int | None = None,
        width: int | None = None, pack: int = 2
    ) -> "PackedGAN":  # fmt: skip
        """As `GAN.for_data`, on data without labels."""
        network, pack = cls.network_for(shapes, network), whole("pack", pack)
        generator = generator_for(network, shapes, latent_dim, width)
        shape = (*shapes[:-1], pack * shapes[-1])
        discriminator = discriminator_for(network, shape, width, **cls.discriminator_settings)
        return cls(generator, discriminator, latent_dim=generator.input_shape[1], pack=pack)

    def __init__(
        self, generator: keras.Model, discriminator: keras.Model, latent_dim: int | None = None, prior: Any = None,
        pack: int = 2, num_classes: int | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        self.pack = whole("pack", pack)  # before the trial of the networks
        super().__init__(generator, discriminator, num_classes, latent_dim, prior, **kwargs)

    def round(self, batch: Any, *args: Any, **kwargs: Any) -> Round:
        """As `GameModel.round`, with the samples in the order of their packs."""
        round = super().round(batch, *args, **kwargs)
        if round.labels is None:
            # Of held-out data the last batch may not be made of whole packs: its first samples are seen twice.
            num = rows(round.real)
            places = tf.range(-(-num // self.pack) * self.pack) % num
        else:
            places = packs_of_one_label(round.labels, self.pack)
        chosen = lambda x: tf.gather(x, places)  # noqa: E731
        labels = None if round.labels is None else chosen(round.labels)
        return dataclasses.replace(round, real=keras.tree.map_structure(chosen, round.real), labels=labels)

    def meet(self, round: Round) -> Play:
        """Packs of fakes and of reals before the discriminator."""
        play = super().meet(round)
        together, apart = self.together, self.apart
        return dataclasses.replace(
            play,
            real=together(play.real),
            fake=together(play.fake),
            generate=lambda latents: together(play.generate(latents)),
            judge=lambda packs: play.judge(apart(packs)),
            view=lambda packs: together(play.view(apart(packs))),
            given=None if play.given is None else play.given[:: self.pack],
        )

    def judged(self, samples: Any, condition: Any) -> dict[str, Any]:
        """Packs, and a label a pack."""
        first = keras.tree.map_structure(lambda x: None if x is None else x[:: self.pack], condition)
        return super().judged(self.together(samples), first)

    def together(self, samples: Any) -> Any:
        """(n, ..., c) -> (n/pack, ..., pack c), of each tensor in a structure."""
        return keras.tree.map_structure(lambda x: _together(x, self.pack), samples)

    def apart(self, packs: Any) -> Any:
        """(n/pack, ..., pack c) -> (n, ..., c): the inverse of `together`."""
        return keras.tree.map_structure(lambda x: _apart(x, self.pack), packs)

    def check_batch(self, batch: Any) -> None:
        """As `ConditionalGAN.check_batch`; and looks whether there are packs."""
        super().check_batch(batch)
        size, replicas = rows(batch), self.distribute_strategy.num_replicas_in_sync
        if size % (self.pack * replicas):
            on = f" on each of {replicas} replicas" if replicas > 1 else ""
            raise InputError(f"batch_size: {size} samples cannot be made into packs of {self.pack}{on}")
        labels = self.split(batch)[1]
        if labels is not None and int(tf.reduce_max(tf.math.bincount(labels))) < self.pack:
            raise InputError(f"batch_size: no {self.pack} of the {size} samples of a batch have one label for a pack")


def packs_of_one_label(labels: tf.Tensor, pack: int) -> tf.Tensor:
    """Places in a batch, int32 of as many as there are labels (rounded up to packs), in which packs have one label.

    Each class gives as many whole packs as it can; from the first on they are repeated in the room of what is left
    over. If there is not one whole pack, the places are in the order of the labels.
    """
    size = rows(labels)
    order = tf.argsort(labels, stable=True)
    ordered = tf.gather(labels, order)
    first = tf.searchsorted(ordered, ordered)
    past = tf.searchsorted(ordered, ordered, side="right")
    whole = tf.range(size) - first < (past - first) // pack * pack
    kept = tf.argsort(tf.cast(~whole, "int32"), stable=True)  # whole packs to the front
    num = tf.reduce_sum(tf.cast(whole, "int32"))
    places = tf.range(-(-size // pack) * pack) % tf.where(num > 0, num, size)
    return tf.gather(order, tf.gather(kept, places))


def _together(samples: tf.Tensor, pack: int) -> tf.Tensor:
    inner = list(samples.shape[1:-1])
    parted = tf.reshape(samples, [-1, pack, *inner, samples.shape[-1]])
    order = [0, *range(2, 2 + len(inner)), 1, 2 + len(inner)]
    return tf.reshape(tf.transpose(parted, order), [-1, *inner, pack * samples.shape[-1]])


def _apart(packs: tf.Tensor, pack: int) -> tf.Tensor:
    inner, channels = list(packs.shape[1:-1]), packs.shape[-1] // pack
    parted = tf.reshape(packs, [-1, *inner, pack, channels])
    order = [0, 1 + len(inner), *range(1, 1 + len(inner)), 2 + len(inner)]
    return tf.reshape(tf.transpose(parted, order), [-1, *inner, channels])
