"""The residual networks of SAGAN (Zhang et al. 2019): SNGAN's, spectrally normalised in both players, and attention.

Each network has one self-attention layer, on the finest of its maps that is smaller than the image and no larger than
32 x 32: 32 x 32 for images of 128 x 128 (as in the paper) or 64 x 64, 16 x 16 for 32 x 32, 14 x 14 for 28 x 28.
"""

import keras

from kgan.layers import SelfAttention, SpectralNormalization
from kgan.networks.conditional import by_class, discriminator_inputs, generator_inputs, head
from kgan.networks.shapes import check_sizes, halvings, normalized
from kgan.networks.sngan import discriminator_block, generator_block, glorot

LARGEST = 32  # the side of the largest map for attention, whose cost grows with the fourth power of the side


def _attention_stage(image_shape: tuple, stages: int) -> int:
    """How often the image is halved where attention looks at it: from 1 to `stages`."""
    fitting = (stage for stage in range(1, stages) if max(image_shape[:2]) >> stage <= LARGEST)
    return next(fitting, stages)


def sagan_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 128, width: int = 32, num_classes: int | None = None
) -> keras.Model:
    """A linear layer to 4 x 4 (7 x 7 for 28 x 28), residual blocks that double it, then BN, ReLU, 3 x 3 conv, tanh.

    Every kernel is spectrally normalised (section 4.1).

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents; 128 in the authors' code.
        width: channels of the last map; each coarser map has twice as many, except that the two coarsest are equal.
            The authors have 64 for 128 x 128.
        num_classes: of a conditional generator, with the inputs "latents" and "labels" and batch normalisation by
            class in its blocks, as in the paper; None for an unconditional one.

    Returns:
        A model from latents (batch, latent_dim) to images (batch, *image_shape) in [-1, 1].

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    stages = halvings(image_shape)
    attends = _attention_stage(image_shape, stages)
    height, width_, channels = image_shape[0] >> stages, image_shape[1] >> stages, image_shape[2]
    maps = width << (stages - 1)
    x, labels, inputs = generator_inputs(latent_dim, num_classes)
    norm = normalized("batch")[1]
    x = SpectralNormalization(keras.layers.Dense(height * width_ * maps, kernel_initializer=glorot(1.0)))(x)
    x = keras.layers.Reshape((height, width_, maps))(x)
    for stage in reversed(range(stages)):
        if stage + 1 == attends:
            x = SelfAttention(spectral=True)(x)
        x = generator_block(x, width << stage, SpectralNormalization, by_class(norm, labels, num_classes))
    x = keras.layers.ReLU()(norm(x))
    x = SpectralNormalization(keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=glorot(1.0)))(x)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="sagan_generator")


def sagan_discriminator(
    image_shape: tuple = (32, 32, 3), width: int = 32, num_classes: int | None = None, condition: str = "projection"
) -> keras.Model:
    """Residual blocks that halve the image to 4 x 4 (7 x 7 for 28 x 28), one that does not, ReLU, sum, a linear layer.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        width: channels behind the first block; each block that halves the map again doubles them. The authors have
            64 for 128 x 128.
        num_classes: of a conditional discriminator; None for an unconditional one.
        condition: what that makes of labels: "projection" or "concatenation", with the inputs "samples" and "labels";
            or "classes", an auxiliary classifier of "samples" alone, which gives {"logits", "classes"}.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(width=width)
    stages = halvings(image_shape)
    attends = _attention_stage(image_shape, stages)
    x, labels, inputs = discriminator_inputs(image_shape, num_classes, condition)
    for stage in range(stages):
        x = discriminator_block(x, width << stage, SpectralNormalization, down=True, first=stage == 0)
        if stage + 1 == attends:
            x = SelfAttention(spectral=True)(x)
    x = discriminator_block(x, width << (stages - 1), SpectralNormalization, down=False)
    # The authors sum over the pixels.
    pixels = (image_shape[0] >> stages) * (image_shape[1] >> stages)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Rescaling(pixels)(x)
    dense = lambda units: keras.layers.Dense(units, kernel_initializer=glorot(1.0))  # noqa: E731
    outputs = head(x, labels, num_classes, condition, SpectralNormalization, dense)
    return keras.Model(inputs, outputs, name="sagan_discriminator")
