"""DCGAN (Radford et al. 2016): strided convolutions, N(0, 0.02) weights, leaky ReLU 0.2 in the discriminator."""

import keras

from kgan.networks.shapes import check_sizes, halvings, normalized


def _settings(normalization: str | None) -> dict:
    # A bias before batch normalisation does nothing, but Adam would walk it at random.
    return {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.02), "use_bias": normalization != "batch"}


def dcgan_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 100, width: int = 64, normalization: str | None = "batch"
) -> keras.Model:
    """Transposed 4 x 4 convolutions of stride 2, from 4 x 4 (7 x 7 for 28 x 28) up to the image, then tanh.

    The paper's kernels are 5 x 5; 4 x 4 is a multiple of the stride and leaves no checkerboard.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents.
        width: channels of the last hidden map; each coarser map has twice as many. The paper has 128 for 64 x 64.
        normalization: "batch" as in the paper, None or "spectral".

    Returns:
        A model from latents (batch, latent_dim) to images (batch, *image_shape) in [-1, 1].

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    wrap, norm = normalized(normalization)
    stages = halvings(image_shape)
    height, width_, channels = image_shape[0] >> stages, image_shape[1] >> stages, image_shape[2]
    x = inputs = keras.Input((latent_dim,))
    maps = width << (stages - 1)
    x = wrap(keras.layers.Dense(height * width_ * maps, **_settings(normalization)))(x)
    x = keras.layers.Reshape((height, width_, maps))(x)
    x = keras.layers.ReLU()(norm(x))
    for stage in reversed(range(stages - 1)):
        maps = width << stage
        x = wrap(keras.layers.Conv2DTranspose(maps, 4, 2, padding="same", **_settings(normalization)))(x)
        x = keras.layers.ReLU()(norm(x))
    x = wrap(keras.layers.Conv2DTranspose(channels, 4, 2, padding="same", **_settings(None)))(x)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="dcgan_generator")


def dcgan_discriminator(
    image_shape: tuple = (32, 32, 3), width: int = 64, normalization: str | None = None
) -> keras.Model:
    """4 x 4 convolutions of stride 2 with leaky ReLU 0.2, down to 4 x 4 (7 x 7 for 28 x 28), then a linear layer.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        width: channels of the first map; each coarser map has twice as many.
        normalization: None, "spectral", or "batch" (the paper's, after each convolution but the first). The default
            is None because batch normalisation couples the samples, which a gradient penalty must not see.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(width=width)
    wrap, norm = normalized(normalization)
    stages = halvings(image_shape)
    x = inputs = keras.Input(image_shape)
    for stage in range(stages):
        settings = _settings(normalization if stage else None)
        x = wrap(keras.layers.Conv2D(width << stage, 4, 2, padding="same", **settings))(x)
        x = keras.layers.LeakyReLU(0.2)(norm(x) if stage else x)
    x = keras.layers.Flatten()(x)
    logits = wrap(keras.layers.Dense(1, **_settings(None)))(x)
    return keras.Model(inputs, logits, name="dcgan_discriminator")
