"""DCGAN (Radford et al. 2016): strided convolutions, N(0, 0.02) weights, leaky ReLU 0.2 in the discriminator."""

import keras

from kgan.networks.conditional import by_class, discriminator_inputs, generator_inputs, head
from kgan.networks.shapes import UNBIASED, check_sizes, halvings, normalized, small_normal


def _settings(normalization: str | None) -> dict:
    return {"kernel_initializer": small_normal(), "use_bias": normalization not in UNBIASED}


def dcgan_generator(
    image_shape: tuple = (32, 32, 3),
    latent_dim: int = 100,
    width: int = 64,
    normalization: str | None = "batch",
    num_classes: int | None = None,
) -> keras.Model:
    """Transposed 4 x 4 convolutions of stride 2, from 4 x 4 (7 x 7 for 28 x 28) up to the image, then tanh.

    The paper's kernels are 5 x 5; 4 x 4 is a multiple of the stride and leaves no checkerboard.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents.
        width: channels of the last hidden map; each coarser map has twice as many. The paper has 128 for 64 x 64.
        normalization: "batch" as in the paper, None, "instance" or "spectral".
        num_classes: of a conditional generator, with the inputs "latents" and "labels" and batch normalisation by
            class (Miyato and Koyama 2018), whatever `normalization`; None for an unconditional one.

    Returns:
        A model from latents (batch, latent_dim) to images (batch, *image_shape) in [-1, 1].

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    wrap, norm = normalized(normalization)
    stages = halvings(image_shape)
    height, width_, channels = image_shape[0] >> stages, image_shape[1] >> stages, image_shape[2]
    x, labels, inputs = generator_inputs(latent_dim, num_classes)
    norm, before = by_class(norm, labels, num_classes), normalization if labels is None else "batch"
    maps = width << (stages - 1)
    x = wrap(keras.layers.Dense(height * width_ * maps, **_settings(before)))(x)
    x = keras.layers.Reshape((height, width_, maps))(x)
    x = keras.layers.ReLU()(norm(x))
    for stage in reversed(range(stages - 1)):
        maps = width << stage
        x = wrap(keras.layers.Conv2DTranspose(maps, 4, 2, padding="same", **_settings(before)))(x)
        x = keras.layers.ReLU()(norm(x))
    x = wrap(keras.layers.Conv2DTranspose(channels, 4, 2, padding="same", **_settings(None)))(x)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="dcgan_generator")


def dcgan_discriminator(
    image_shape: tuple = (32, 32, 3),
    width: int = 64,
    normalization: str | None = None,
    num_classes: int | None = None,
    condition: str = "projection",
) -> keras.Model:
    """4 x 4 convolutions of stride 2 with leaky ReLU 0.2, down to 4 x 4 (7 x 7 for 28 x 28), then a linear layer.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        width: channels of the first map; each coarser map has twice as many.
        normalization: None, "spectral", "instance", or "batch" (the paper's), each of the two after each convolution
            but the first. The default is None because batch normalisation couples the samples, which a gradient
            penalty must not see.
        num_classes: of a conditional discriminator; None for an unconditional one.
        condition: what that makes of labels: "projection" or "concatenation", with the inputs "samples" and "labels";
            or "classes", an auxiliary classifier of "samples" alone, which gives {"logits", "classes"}.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(width=width)
    wrap, norm = normalized(normalization)
    stages = halvings(image_shape)
    x, labels, inputs = discriminator_inputs(image_shape, num_classes, condition)
    for stage in range(stages):
        settings = _settings(normalization if stage else None)
        x = wrap(keras.layers.Conv2D(width << stage, 4, 2, padding="same", **settings))(x)
        x = keras.layers.LeakyReLU(0.2)(norm(x) if stage else x)
    x = keras.layers.Flatten()(x)
    dense = lambda units: keras.layers.Dense(units, **_settings(None))  # noqa: E731
    outputs = head(x, labels, num_classes, condition, wrap, dense)
    return keras.Model(inputs, outputs, name="dcgan_discriminator")
