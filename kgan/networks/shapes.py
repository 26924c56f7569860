"""What the builders share: checked shapes, and the normalisations that they know."""

from collections.abc import Callable

import keras

from kgan.checks import InputError, lookup, whole
from kgan.layers import BatchNormalization, InstanceNormalization, SpectralNormalization


def check_sizes(**sizes: int | tuple) -> None:
    """Raises an `InputError` unless each of a builder's numbers, and each number of its shapes, is whole, from 1 on."""
    for name, size in sizes.items():
        for number in size if isinstance(size, list | tuple) else (size,):
            whole(name, number)


def halvings(image_shape: tuple, smallest: int = 4, most: int | None = None) -> int:
    """How often height and width can be halved exactly, down to no less than `smallest`.

    28 x 28 gives 2 (7 x 7), 32 x 32 gives 3 (4 x 4).

    Raises:
        InputError: if `image_shape` is not (height, width, channels), or cannot be halved once.
    """
    if not isinstance(image_shape, list | tuple) or len(image_shape) != 3:
        raise InputError(f"image_shape: wanted (height, width, channels), got {image_shape!r}")
    check_sizes(image_shape=image_shape)
    height, width, _ = image_shape
    count = 0
    while (most is None or count < most) and height % 2 == width % 2 == 0 and min(height, width) // 2 >= smallest:
        height, width, count = height // 2, width // 2, count + 1
    if count == 0:
        raise InputError(
            f"image_shape: {image_shape[0]} x {image_shape[1]} cannot be halved to {smallest} x {smallest} or more; "
            f"wanted even sizes from {2 * smallest} on"
        )
    return count


def picture_sizes(name: str, shape: tuple, least: int = 1, multiple: int = 1) -> None:
    """Raises an `InputError` unless `shape` is (height, width, channels), the sizes fit or are None: any."""
    if not isinstance(shape, list | tuple) or len(shape) != 3:
        raise InputError(f"{name}: wanted (height, width, channels), got {shape!r}")
    sizes = [size for size in shape[:2] if size is not None]
    check_sizes(**{name: (*sizes, shape[2])})
    if any(size < least or size % multiple for size in sizes):
        wanted = f"from {least} on" + (f", divisible by {multiple}" if multiple > 1 else "")
        raise InputError(f"{name}: wanted sizes {wanted}, got {shape[0]} x {shape[1]}")


FULL = 4  # levels of full width


def tapered(width: int, levels: int) -> list[int]:
    """The channels of each level, coarsest first: `width` for four (4 x 4 to 32 x 32), then half of the one before.

    So in the networks of progressive growing, StyleGAN2 and R3GAN, whose authors differ in the width.
    """
    return [max(1, width >> max(0, level + 1 - FULL)) for level in range(levels)]


# A bias before these does nothing (Adam would walk it at random): they have a shift of their own.
UNBIASED = ("batch", "instance")


def normalized(
    normalization: str | None, known: tuple[str | None, ...] = (None, "batch", "instance", "spectral")
) -> tuple[Callable, Callable]:
    """(wrap, norm): how to wrap a kernel layer, and what to put after it.

    Raises:
        InputError: unless `normalization` is one of those `known`.
    """
    plain = lambda layer: layer  # noqa: E731
    nothing = lambda x: x  # noqa: E731
    table = {
        None: (plain, nothing),
        # Ours: right when differentiated twice, as consensus-like rules do, and the whole batch's over all replicas.
        "batch": (plain, lambda x: BatchNormalization()(x)),
        "spectral": (SpectralNormalization, nothing),
        # As CycleGAN's authors have it, but that their shift is a bias before it, where it does nothing.
        "instance": (plain, lambda x: InstanceNormalization(epsilon=1e-5, scale=False)(x)),
    }
    return lookup("normalization", normalization, {name: table[name] for name in known})


def small_normal() -> keras.initializers.Initializer:
    """N(0, 0.02), DCGAN's and pix2pix's; one for each layer: a shared one would give equal kernels to equal shapes."""
    return keras.initializers.RandomNormal(stddev=0.02)
