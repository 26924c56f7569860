"""The residual networks of SNGAN (Miyato et al. 2018, appendix B.4, table 4).

With classes those of Miyato and Koyama 2018, as their code has them for CIFAR-10: in the generator's blocks each batch
normalisation is conditional, the last one is not; the discriminator projects.
"""

import keras

from kgan.networks.conditional import by_class, discriminator_inputs, generator_inputs, head
from kgan.networks.shapes import check_sizes, halvings, normalized


def glorot(gain: float) -> keras.initializers.Initializer:
    """Glorot uniform, as in the authors' code: gain sqrt(2) in residual branches, 1 elsewhere."""
    return keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform")


def generator_block(x, maps: int, wrap, norm):  # noqa: ANN001, ANN201
    """Doubles a map: `norm`, ReLU, nearest upsampling, two 3 x 3 convolutions, and a 1 x 1 one beside them."""
    conv = lambda gain, size: wrap(  # noqa: E731
        keras.layers.Conv2D(maps, size, padding="same", kernel_initializer=glorot(gain))
    )
    h = keras.layers.UpSampling2D(2)(keras.layers.ReLU()(norm(x)))
    h = conv(2**0.5, 3)(h)
    h = conv(2**0.5, 3)(keras.layers.ReLU()(norm(h)))
    return keras.layers.Add()([h, conv(1.0, 1)(keras.layers.UpSampling2D(2)(x))])


def sngan_generator(
    image_shape: tuple = (32, 32, 3), latent_dim: int = 128, width: int = 32, num_classes: int | None = None
) -> keras.Model:
    """A linear layer to 4 x 4 (7 x 7 for 28 x 28), residual blocks that double it, then BN, ReLU, 3 x 3 conv, tanh.

    Args:
        image_shape: (height, width, channels); sizes that can be halved to 4 or more.
        latent_dim: the dimension of the latents; 128 in the paper.
        width: channels of every map. The paper has 256, sixty-four times the work of the default, which two cores
            can train.
        num_classes: of a conditional generator, with the inputs "latents" and "labels" and batch normalisation by
            class in its blocks; None for an unconditional one.

    Returns:
        A model from latents (batch, latent_dim) to images (batch, *image_shape) in [-1, 1].

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(latent_dim=latent_dim, width=width)
    stages = halvings(image_shape)
    height, width_, channels = image_shape[0] >> stages, image_shape[1] >> stages, image_shape[2]
    x, labels, inputs = generator_inputs(latent_dim, num_classes)
    norm = normalized("batch")[1]
    x = keras.layers.Dense(height * width_ * width, kernel_initializer=glorot(1.0))(x)
    x = keras.layers.Reshape((height, width_, width))(x)
    for _ in range(stages):
        x = generator_block(x, width, normalized(None)[0], by_class(norm, labels, num_classes))
    x = keras.layers.ReLU()(norm(x))
    x = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=glorot(1.0))(x)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="sngan_generator")


def discriminator_block(x, maps: int, wrap, down: bool, first: bool = False):  # noqa: ANN001, ANN201
    """Two 3 x 3 convolutions beside a shortcut, which `down` halves; the first block has no ReLU before it."""
    conv = lambda gain, size: wrap(  # noqa: E731
        keras.layers.Conv2D(maps, size, padding="same", kernel_initializer=glorot(gain))
    )
    pool = keras.layers.AveragePooling2D(2) if down else lambda h: h
    h = conv(2**0.5, 3)(x if first else keras.layers.ReLU()(x))
    h = pool(conv(2**0.5, 3)(keras.layers.ReLU()(h)))
    if first:
        x = conv(1.0, 1)(pool(x))
    elif down or x.shape[-1] != maps:
        x = pool(conv(1.0, 1)(x))
    return keras.layers.Add()([h, x])


def sngan_discriminator(
    image_shape: tuple = (32, 32, 3),
    width: int = 32,
    normalization: str | None = "spectral",
    num_classes: int | None = None,
    condition: str = "projection",
) -> keras.Model:
    """Two residual blocks that halve the image, two that do not, ReLU, sum over pixels, a linear layer without bias.

    Args:
        image_shape: (height, width, channels); an image that can be halved only once to 4 or more is halved once.
        width: channels of every map; 128 in the paper, sixteen times the work of the default.
        normalization: "spectral" as in the paper, or None (for WGAN-GP).
        num_classes: of a conditional discriminator; None for an unconditional one.
        condition: what that makes of labels: "projection" or "concatenation", with the inputs "samples" and "labels";
            or "classes", an auxiliary classifier of "samples" alone, which gives {"logits", "classes"}.

    Returns:
        A model from images (batch, *image_shape) to logits (batch, 1).

    Raises:
        InputError: if `image_shape` does not allow the strides, or another number is not whole, from 1 on.
    """
    check_sizes(width=width)
    wrap, _ = normalized(normalization, (None, "spectral"))
    down = halvings(image_shape, most=2)
    x, labels, inputs = discriminator_inputs(image_shape, num_classes, condition)
    for block in range(4):
        x = discriminator_block(x, width, wrap, down=block < down, first=block == 0)
    # The authors sum over the pixels, where a mean would be 64 times smaller.
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Rescaling((image_shape[0] >> down) * (image_shape[1] >> down))(x)
    dense = lambda units: keras.layers.Dense(units, kernel_initializer=glorot(1.0), use_bias=False)  # noqa: E731
    outputs = head(x, labels, num_classes, condition, wrap, dense)
    return keras.Model(inputs, outputs, name="sngan_discriminator")
