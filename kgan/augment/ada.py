"""Adaptive discriminator augmentation (Karras et al. 2020)."""

from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from kgan.augment.controller import Adaptive
from kgan.augment.pipe import drawn, noiseless, parse


@keras.saving.register_keras_serializable("kgan")
class ADA(Adaptive):
    """ADA (Karras et al. 2020): the pipe of `Pipe`, each transform with the probability p that `Adaptive` steers.

    For few images. p starts at 0, where the pipe does nothing, and grows as the discriminator overfits. At p near 1
    augmentations can leak into what the generator makes (section 2.2); a p that stays there says that r_t cannot
    reach its target.

    Args:
        pipe: the transforms, as in `Pipe`; "bgc" there. "xflip" belongs only to data that may be mirrored once p is
            large, and so on.
        target, interval, kimg, p: as in `Adaptive`.

    Raises:
        InputError: for an unknown transform, with the nearest name; for an argument out of its range; (when called)
            for samples that are no images.
    """

    def __init__(
        self,
        pipe: str | Mapping[str, float] = "bgc",
        target: float = 0.6,
        interval: int = 4,
        kimg: float = 500,
        p: float = 0.0,
    ) -> None:
        super().__init__(target, interval, kimg, p)
        self.pipe, self.shares = pipe, parse(pipe)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self.drawn(images, seed)(images)

    def drawn(self, images: tf.Tensor, seed: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
        return drawn(images, self.shares, self.p.value, seed)

    def beside(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """As the samples, but for the white noise, which is the samples' alone."""
        return drawn(images, noiseless(self.shares), self.p.value, seed)(images)

    def get_config(self) -> dict:
        return {"pipe": self.pipe, **super().get_config()}
