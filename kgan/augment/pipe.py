"""ADA's pipe of transforms (Karras et al. 2020, appendix B)."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import random
from kgan.augment.affine import after
from kgan.augment.base import Augmentation, image_size
from kgan.augment.color import COLOR, recolor
from kgan.augment.draws import Draw, draws
from kgan.augment.filtering import BANDS, equalize, gains
from kgan.augment.geometric import BLIT, GEOM, warp
from kgan.checks import InputError, lookup, share

GROUPS = {
    "blit": [name for name, _ in BLIT],
    "geom": [name for name, _ in GEOM],
    "color": [name for name, _ in COLOR],
    "filter": ["filter"],
    "noise": ["noise"],
    "cutout": ["cutout"],
}
# The authors' codes: the first two, three, ... groups.
CODES = {
    code: [name for names in list(GROUPS.values())[: len(code)] for name in names]
    for code in ("b", "bg", "bgc", "bgcf", "bgcfn", "bgcfnc")
}
NAMES = {name: [name] for names in GROUPS.values() for name in names}


def parse(transforms: str | Mapping[str, float]) -> dict[str, float]:
    """The transforms that codes, groups and single names stand for, each with its share of p.

    Args:
        transforms: names with commas between them, whose shares are 1; or names to shares in [0, 1].

    Raises:
        InputError: for an unknown name, with the nearest, no name, or a share out of its range.
    """
    if isinstance(transforms, str):
        transforms = dict.fromkeys(transforms.split(","), 1.0)
    if not isinstance(transforms, Mapping):
        raise InputError(f"pipe: wanted names with commas between them, or names to shares of p, got {transforms!r}")
    table, shares = CODES | GROUPS | NAMES, {}
    for name, part in transforms.items():
        ones = lookup("pipe", name.strip() if isinstance(name, str) else name, table)
        if callable(share("pipe", part)):
            raise InputError(f"pipe: wanted numbers as shares of p, which may follow a schedule, got {part!r}")
        shares |= dict.fromkeys(ones, float(part))
    return shares


def noiseless(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares without that of white noise."""
    return {name: part for name, part in shares.items() if name != "noise"}


def drawn(images: tf.Tensor, shares: Mapping[str, float], p: Any, seed: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    """Draws what is to become of a batch as large as `images`; the result does it to any such batch.

    To each sample each of the transforms in `shares` is applied with its share of probability `p`. Blitting and
    geometry are one warp, colour is one map of the channels; then filtering, noise and cutout.
    """
    height, width, channels = image_size(images)
    batch, dtype = tf.shape(images)[0], images.dtype
    steps = BLIT + GEOM
    numbers = iter(draws(len(steps) + len(COLOR) + BANDS + 2, batch, p, seed))
    inverses = _drawn(steps, shares, numbers, (height, width))
    colors = _drawn(COLOR, shares, numbers, channels)
    bands = [_shared(next(numbers), shares, "filter") for _ in range(BANDS)]
    corruptions = {name: _shared(next(numbers), shares, name) for name in ("noise", "cutout")}
    done: list[Callable[[tf.Tensor], tf.Tensor]] = []
    if inverses:  # the last in the pipe is the first to be undone
        undone = functools.reduce(after, inverses)
        done.append(lambda x: warp(x, undone))
    if colors:
        map_of_channels = functools.reduce(lambda total, color: after(color, total), colors)
        done.append(lambda x: recolor(x, map_of_channels))
    if "filter" in shares:
        amplified = gains(bands)
        done.append(lambda x: equalize(x, amplified))
    if "noise" in shares:
        added = noise((batch, height, width, channels), corruptions["noise"], random.fold_in(seed, 2), dtype)
        done.append(lambda x: x + added)
    if "cutout" in shares:
        kept = cutout((height, width), corruptions["cutout"], dtype)
        done.append(lambda x: x * kept)
    return lambda x: functools.reduce(lambda x, step: step(x), done, x)


def _drawn(steps: list, shares: Mapping[str, float], numbers: Iterator[Draw], size: Any) -> list[tf.Tensor]:
    each = [(name, step, _shared(next(numbers), shares, name)) for name, step in steps]
    return [step(draw, size) for name, step, draw in each if name in shares]


def _shared(draw: Draw, shares: Mapping[str, float], name: str) -> Draw:
    """The draw of a transform that is applied with its share of p."""
    return dataclasses.replace(draw, p=shares.get(name, 0.0) * draw.p)


def noise(shape: Sequence, draw: Draw, seed: tf.Tensor, dtype: Any) -> tf.Tensor:
    """White noise of standard deviation |N(0, 0.1^2)|, one for all of a sample's pixels, to be added."""
    std = draw.choose(0.1 * tf.abs(draw.normal[:, 0]), 0.0)[:, None, None, None]
    return tf.cast(std * random.normal(shape, seed), dtype)


def cutout(size: tuple[int, int], draw: Draw, dtype: Any) -> tf.Tensor:
    """What an image is multiplied with: zero in a rectangle of half the height and width, its centre uniform."""
    height, width = size
    inside = lambda size, i: tf.abs((tf.range(size, dtype="float32") + 0.5) / size - draw.uniform[:, i : i + 1]) < 0.25  # noqa: E731
    erased = inside(height, 1)[:, :, None] & inside(width, 0)[:, None]
    return tf.cast(draw.choose(tf.where(erased, 0.0, 1.0), 1.0)[..., None], dtype)


@keras.saving.register_keras_serializable("kgan")
class Pipe(Augmentation):
    """The augmentation pipe of Karras et al. 2020, appendix B, at a probability of your choice; see `ADA` for its own.

    Each transform is applied to each sample with probability p, with the paper's strengths. In this order:
        blit: `xflip`, `rotate90` (square images), `xint` (moves by whole pixels, up to 1/8);
        geom: `scale`, `rotate`, `aniso`, `xfrac` (moves by fractions of a pixel);
        color: `brightness`, `contrast`, `lumaflip`, `hue`, `saturation` (on grey images the first three);
        filter: four octave bands amplified or damped;
        noise: white noise;
        cutout: half the height and width erased.
    What blit and geom do is composed into one affine map with reflection at the borders. It differs from the paper in
    two things. The paper samples bilinearly between a twofold up- and downsampling by the wavelet sym6, here the
    sampling is bilinear on the image itself, which is some blurrier and aliases where images shrink. And the authors'
    code pads by one reflection at most, as wide as the batch's farthest map needs: beyond it images are black (0); here
    they are reflected as often as it takes. Reals and fakes alike. Pixels that fall on pixels are exact, and at p = 0
    the images are the same to the bit.

    Args:
        transforms: codes ("bgc"), groups ("blit, color") or single transforms ("xflip, xint"), with commas between;
            or such names to shares of p in [0, 1], the authors' multipliers: {"bg": 1, "color": 0.5}, where of two
            shares of one transform the later counts.
        p: in [0, 1]; a number or a Schedule.

    Raises:
        InputError: for an unknown transform, with the nearest name; for a share or p out of its range; (when called)
            for samples that are no images.
    """

    def __init__(self, transforms: str | Mapping[str, float] = "bgc", p: Any = 0.2) -> None:
        self.shares = parse(transforms)
        self.transforms, self.p = transforms, share("p", p)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return self.drawn(images, seed)(images)

    def drawn(self, images: tf.Tensor, seed: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
        return drawn(images, self.shares, self.p, seed)

    def beside(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """As the samples, but for the white noise, which is the samples' alone."""
        return drawn(images, noiseless(self.shares), self.p, seed)(images)

    def get_config(self) -> dict:
        return {"transforms": self.transforms, "p": keras.saving.serialize_keras_object(self.p)}
