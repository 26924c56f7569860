"""Feature matching (Salimans et al. 2016)."""

import weakref

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError, lookup
from kgan.distribute import mean_over_replicas
from kgan.penalties.base import Penalty, Play, weighted


class FeatureMatching(Penalty):
    """Salimans et al. 2016, section 3.1: the generator minimises weight * ||E f(x) - E f(G(z))||_2^2.

    f is what a layer of the discriminator makes of a sample, and both means are over the whole batch, on all
    replicas: hence no `interval`. The paper lets it take the place of the generator's loss; here it is added. It takes
    a pass of the discriminator over reals and fakes in each step of the generator.

    Args:
        weight: a number from 0 on or a Schedule.
        layer: the name of the discriminator's layer whose output is f; None for the input of its last layer with a
            kernel, the features of which the logit is a linear function.

    Raises:
        InputError: if the weight is out of its range; (at `compile`) if the discriminator is no functional or
            sequential model, has no such layer, or f sees more than samples (labels by concatenation, a source image).
    """

    name = "feature_matching"
    players = ("g",)

    def __init__(self, weight: float = 1.0, layer: str | None = None) -> None:
        super().__init__()
        if layer is not None and not isinstance(layer, str):
            raise InputError(f"layer: wanted a layer's name or None, got {layer!r}")
        self.weight, self.layer = checks.number("weight", weight, 0.0), layer
        self._features = weakref.WeakKeyDictionary()

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        self.features(discriminator)

    def generator_term(self, play: Play) -> tf.Tensor:
        real, fake = self._mean(play.real, play), self._mean(play.fake, play)
        return weighted(self.weight, tf.reduce_sum(tf.square(real - fake)))

    def _mean(self, samples: tf.Tensor, play: Play) -> tf.Tensor:
        features = self.features(play.discriminator)(play.view(samples), training=play.training)
        return mean_over_replicas(tf.reduce_mean(tf.cast(features, samples.dtype), 0))

    def features(self, discriminator: keras.Model) -> keras.Model:
        """f, a model that shares its layers with `discriminator`."""
        if discriminator not in self._features:
            ends = _ends(discriminator, self.layer)
            try:
                self._features[discriminator] = keras.Model(*ends)
            except ValueError as error:  # another input leads there too
                raise InputError(
                    "discriminator: feature matching wants features of the samples alone, those of "
                    f"{discriminator.name!r} see what it is given beside them; use one by projection"
                ) from error
        return self._features[discriminator]


def _ends(discriminator: keras.Model, name: str | None) -> tuple:
    """The discriminator's input and f, symbolic."""
    layers = {layer.name: layer for layer in discriminator.layers}
    try:
        inputs = discriminator.inputs[0]
        if name is not None:
            return inputs, lookup("layer", name, layers).output
        last = [layer for layer in layers.values() if hasattr(getattr(layer, "layer", layer), "kernel")][-1]
        return inputs, last.input
    except (AttributeError, IndexError, TypeError) as error:
        kind = type(discriminator).__name__
        raise InputError(
            f"discriminator: feature matching wants a functional model with a kernel layer, got a {kind}"
        ) from error
