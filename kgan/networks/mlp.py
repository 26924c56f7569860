"""Multilayer perceptrons, for points in the plane, for toys and for small images."""

import math

import keras

from kgan.checks import whole
from kgan.networks.conditional import discriminator_inputs, generator_inputs, head
from kgan.networks.shapes import check_sizes, normalized

NORMALIZATIONS = (None, "batch", "spectral")


def mlp_generator(
    output_shape: tuple = (2,),
    latent_dim: int = 2,
    width: int = 128,
    depth: int = 3,
    normalization: str | None = None,
    num_classes: int | None = None,
) -> keras.Model:
    """`depth` ReLU layers of `width` units, then a linear one; tanh at the end where the output is an image.

    Args:
        output_shape: the shape of one sample: (2,) for points, (height, width, channels) for images.
        latent_dim: the dimension of the latents.
        width: units in each hidden layer.
        depth: the number of hidden layers.
        normalization: None, "batch" or "spectral".
        num_classes: of a conditional generator, with the inputs "latents" and "labels", which has a learnt vector of
            each class beside the latents, N(0, 1) at first as they are; None for an unconditional one.

    Returns:
        A model from latents (batch, latent_dim) to (batch, *output_shape): any value, or [-1, 1] for images.

    Raises:
        InputError: for a number that is not whole, from 1 on; `depth` may be 0.
    """
    check_sizes(output_shape=output_shape, latent_dim=latent_dim, width=width)
    whole("depth", depth, least=0)
    wrap, norm = normalized(normalization, NORMALIZATIONS)
    x, labels, inputs = generator_inputs(latent_dim, num_classes)
    if labels is not None:
        initial = keras.initializers.RandomNormal(stddev=1.0)
        x = keras.layers.Concatenate()([x, keras.layers.Embedding(num_classes, latent_dim, initial)(labels)])
    for _ in range(depth):
        x = norm(wrap(keras.layers.Dense(width, use_bias=normalization != "batch"))(x))
        x = keras.layers.ReLU()(x)
    x = keras.layers.Dense(math.prod(output_shape))(x)
    if len(output_shape) == 3:
        x = keras.layers.Activation("tanh")(x)
    return keras.Model(inputs, keras.layers.Reshape(output_shape)(x), name="mlp_generator")


def mlp_discriminator(
    input_shape: tuple = (2,),
    width: int = 128,
    depth: int = 3,
    normalization: str | None = None,
    num_classes: int | None = None,
    condition: str = "projection",
) -> keras.Model:
    """`depth` leaky-ReLU (0.2) layers of `width` units, then a linear one.

    Args:
        input_shape: the shape of one sample.
        width, depth, normalization: as in `mlp_generator`.
        num_classes: of a conditional discriminator; None for an unconditional one.
        condition: what that makes of labels: "projection" or "concatenation", with the inputs "samples" and "labels";
            or "classes", an auxiliary classifier of "samples" alone, which gives {"logits", "classes"}.

    Returns:
        A model from samples (batch, *input_shape) to logits (batch, 1).
    """
    check_sizes(input_shape=input_shape, width=width)
    whole("depth", depth, least=0)
    wrap, norm = normalized(normalization, NORMALIZATIONS)
    x, labels, inputs = discriminator_inputs(input_shape, num_classes, condition)
    x = keras.layers.Flatten()(x)
    for _ in range(depth):
        x = norm(wrap(keras.layers.Dense(width, use_bias=normalization != "batch"))(x))
        x = keras.layers.LeakyReLU(0.2)(x)
    outputs = head(x, labels, num_classes, condition, wrap, keras.layers.Dense)
    return keras.Model(inputs, outputs, name="mlp_discriminator")
