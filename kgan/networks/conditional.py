"""What conditional networks share: their inputs, normalisation by class, and how a discriminator uses a label.

Labels are integers (batch,) in [0, num_classes). A network does not look whether they are, the data and the game do: on
a CPU TensorFlow stops at one that is too large; a GPU takes zeros for its row, XLA the nearest class's.
"""

from collections.abc import Callable
from typing import Any

import keras

from kgan.checks import lookup, whole
from kgan.layers import ConditionalBatchNormalization


def generator_inputs(latent_dim: int, num_classes: int | None) -> tuple:
    """(latents, labels or None, what `keras.Model` is given: the one or both)."""
    latents = keras.Input((latent_dim,), name="latents")
    if num_classes is None:
        return latents, None, latents
    labels = _labels(num_classes)
    return latents, labels, [latents, labels]


def by_class(norm: Callable, labels: Any, num_classes: int | None) -> Callable:
    """`norm`, or batch normalisation with a gain and a shift for each class where there are labels."""
    if labels is None:
        return norm
    return lambda x: ConditionalBatchNormalization(num_classes)([x, labels])


CONDITIONS = ("projection", "classes", "concatenation")


def discriminator_inputs(shape: tuple, num_classes: int | None, condition: str) -> tuple:
    """(what the first layer sees, labels or None, what `keras.Model` is given); arguments as in `head`."""
    lookup("condition", condition, dict.fromkeys(CONDITIONS))
    samples = keras.Input(shape, name="samples")
    if num_classes is None:
        return samples, None, samples
    labels = _labels(num_classes)
    if condition == "classes":
        return samples, None, samples
    x = samples if condition == "projection" else _beside(samples, labels, num_classes)
    return x, labels, [samples, labels]


def head(features: Any, labels: Any, num_classes: int | None, condition: str, wrap: Callable, dense: Callable) -> Any:
    """The discriminator's outputs: its logits (batch, 1), or a dict with them.

    Args:
        features: phi(x), (batch, n).
        labels: the labels' input, or None where the discriminator takes none.
        num_classes: how many classes there are; None for an unconditional discriminator.
        condition: "projection" (Miyato and Koyama 2018, eq. 4): psi(phi) + <V[y], phi>, psi a linear layer; "classes"
            (Odena et al. 2017): {"logits", "classes": (batch, num_classes)}, without looking at labels;
            "concatenation" (Mirza and Osindero 2014): psi(phi), where phi has seen the label beside the sample.
        wrap: of layers with a kernel: spectral normalisation, say, of V too.
        dense: a number of units -> a linear layer.
    """
    logits = wrap(dense(1))(features)
    if num_classes is None or condition == "concatenation":
        return logits
    if condition == "classes":
        return {"logits": logits, "classes": wrap(dense(num_classes))(features)}
    embedding = keras.layers.Embedding(num_classes, features.shape[-1], embeddings_initializer="glorot_uniform")
    projected = keras.layers.Dot(axes=1)([wrap(embedding)(labels), features])
    return keras.layers.Add()([logits, projected])


def _labels(num_classes: int) -> Any:
    whole("num_classes", num_classes)
    return keras.Input((), dtype="int32", name="labels")


def _beside(samples: Any, labels: Any, num_classes: int) -> Any:
    """The samples with the label, one-hot, behind them: as maps of one value, behind an image's channels."""
    label = keras.layers.CategoryEncoding(num_classes, output_mode="one_hot")(labels)
    if len(samples.shape) == 4:
        label = keras.layers.UpSampling2D(samples.shape[1:3])(keras.layers.Reshape((1, 1, num_classes))(label))
    else:
        samples = keras.layers.Flatten()(samples)
    return keras.layers.Concatenate()([samples, label])
