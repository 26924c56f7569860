"""CycleGAN's generator (Johnson et al. 2016; Zhu et al. 2017, appendix 7.2)."""

import keras

from kgan import layers
from kgan.checks import whole
from kgan.networks.shapes import check_sizes, normalized, picture_sizes, small_normal


def cyclegan_generator(
    image_shape: tuple = (None, None, 3), channels: int | None = None, width: int = 64, blocks: int | None = None
) -> keras.Model:
    """7 x 7 convolution, two of stride 2, residual blocks, two doublings, 7 x 7 to tanh; N(0, 0.02), ReLU.

    Instance normalisation behind each convolution but the last. Two deviations: doubling is nearest upsampling and a
    3 x 3 convolution, as many weights as the paper's transposed convolutions, which leave a checkerboard; and every
    convolution's padding is reflection, where the authors have zeros around those of stride 2.

    Args:
        image_shape: (height, width, channels), sizes from 8 on and divisible by 4. None takes any height or width;
            the result has the source's size only for one that is divisible by 4.
        channels: of the result; default: the source's.
        width: channels of the first map; 64 in the paper.
        blocks: residual blocks; default 6, or 9 if a side has 256 pixels or more, as in the paper.

    Returns:
        A model from "images" (batch, *image_shape) in [-1, 1] to (batch, height, width, channels) in [-1, 1].

    Raises:
        InputError: for sizes that are not divisible by 4, or another number that is not whole, from 1 on (`blocks`
            from 0 on).
    """
    picture_sizes("image_shape", image_shape, least=8, multiple=4)
    channels = image_shape[2] if channels is None else channels
    if blocks is None:
        blocks = 9 if max(size or 0 for size in image_shape[:2]) >= 256 else 6
    check_sizes(width=width, channels=channels)
    whole("blocks", blocks, least=0)
    norm = normalized("instance")[1]

    def conv(x, maps: int, size: int, stride: int = 1, bias: bool = False):  # noqa: ANN001
        x = layers.ReflectionPadding2D(size // 2)(x)
        return keras.layers.Conv2D(maps, size, stride, use_bias=bias, kernel_initializer=small_normal())(x)

    def block(x, maps: int, size: int, stride: int = 1):  # noqa: ANN001
        return keras.layers.ReLU()(norm(conv(x, maps, size, stride)))

    x = inputs = keras.Input(image_shape, name="images")
    x = block(x, width, 7)
    for level in (1, 2):
        x = block(x, width << level, 3, 2)
    for _ in range(blocks):
        h = conv(block(x, width << 2, 3), width << 2, 3)
        # Without a shift, which the next normalisation would take away again: under reflection constants stay constant.
        h = layers.InstanceNormalization(epsilon=1e-5, scale=False, center=False)(h)
        x = keras.layers.Add()([x, h])
    for level in (1, 0):
        x = block(keras.layers.UpSampling2D(2)(x), width << level, 3)
    x = conv(x, channels, 7, bias=True)
    return keras.Model(inputs, keras.layers.Activation("tanh")(x), name="cyclegan_generator")
