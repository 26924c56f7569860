"""PatchGAN: a discriminator that judges patches (Isola et al. 2017, sections 3.2.2 and 6.1.2)."""

import keras

from kgan.checks import InputError, whole
from kgan.networks.shapes import UNBIASED, check_sizes, normalized, picture_sizes, small_normal


def patch_discriminator(
    image_shape: tuple = (None, None, 3),
    source_shape: tuple | None = None,
    width: int = 64,
    depth: int = 3,
    normalization: str | None = "instance",
) -> keras.Model:
    """4 x 4 convolutions: `depth` of stride 2, one of stride 1, and one to a logit a patch; leaky ReLU 0.2, N(0, 0.02).

    A logit sees a patch with a side of 16, 34 or 70 pixels with depth 1, 2 or 3. The convolutions of stride 1 keep a
    map's size, where the authors' cut a row and a column off it: 32 x 32 logits for 256 x 256, not 30 x 30.

    Args:
        image_shape: (height, width, channels), sizes from 2^(depth + 1) on; None takes any height or width.
        source_shape: of the picture that is judged together with it (pix2pix), of the same size; None for none.
        width: channels of the first map, doubled by each convolution up to eight times; 64 in the paper.
        depth: convolutions of stride 2; 3 in the paper.
        normalization: "instance" as in CycleGAN, "batch" as in pix2pix (there of single pictures, which is the same),
            None or "spectral"; after each convolution but the first and the last.

    Returns:
        A model from "samples" (batch, *image_shape), and "images" (batch, *source_shape) where there is a source, to
        logits (batch, rows, columns, 1).

    Raises:
        InputError: for shapes that are no pictures' or do not fit, or another number that is not whole, from 1 on.
    """
    check_sizes(width=width)
    whole("depth", depth, most=16)
    wrap, norm = normalized(normalization)
    picture_sizes("image_shape", image_shape, least=2 ** (depth + 1))
    inputs = [keras.Input(image_shape, name="samples")]
    if source_shape is not None:
        picture_sizes("source_shape", source_shape)
        if tuple(source_shape[:2]) != tuple(image_shape[:2]):
            raise InputError(f"source_shape: wanted the size of {tuple(image_shape)}, got {tuple(source_shape)}")
        inputs.append(keras.Input(source_shape, name="images"))

    def conv(x, maps: int, stride: int, bias: bool):  # noqa: ANN001
        settings = {"padding": "same", "use_bias": bias, "kernel_initializer": small_normal()}
        return wrap(keras.layers.Conv2D(maps, 4, stride, **settings))(x)

    x = keras.layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    for level in range(depth + 1):
        x = conv(x, width * min(2**level, 8), 2 if level < depth else 1, level == 0 or normalization not in UNBIASED)
        x = keras.layers.LeakyReLU(0.2)(norm(x) if level else x)
    logits = conv(x, 1, 1, bias=True)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], logits, name="patch_discriminator")
