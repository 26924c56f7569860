"""Each transform of ADA's pipe: its moments, and its result by NumPy and SciPy."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage, stats
from scipy.spatial.transform import Rotation

from kgan import random
from kgan.augment import Pipe, filtering, geometric
from kgan.augment.draws import draws

N = 4000
SEED = random.key(7)


def many(name, image, p=1.0):
    """`image` through the transform N times."""
    batch = tf.repeat(tf.constant(image, "float32")[None], N, 0)
    return Pipe(name, p)(batch, SEED).numpy().astype("float64")


def picture(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape)


def matrices(transform, size=(8, 16), p=1.0):
    """The transform's maps, and not their inverses."""
    return np.linalg.inv(transform(draws(1, N, p, SEED)[0], size).numpy().astype("float64"))


def frequencies(results, candidates):
    """How often each of `candidates` came out; every result has to be one."""
    hits = np.array([np.abs(results - c).max(axis=(1, 2, 3)) < 1e-6 for c in candidates])
    assert (hits.sum(0) == 1).all()
    return hits.mean(1)


def is_normal(numbers, std):
    assert stats.kstest(numbers / std, "norm").pvalue > 1e-3


def is_uniform(numbers, low, high):
    assert stats.kstest((numbers - low) / (high - low), "uniform").pvalue > 1e-3


# Blitting.
def test_xflip_mirrors_half_of_them():
    x = picture(5, 6, 2)
    assert frequencies(many("xflip", x), [x, x[:, ::-1]]) == pytest.approx([0.5, 0.5], abs=0.03)


def test_rotate90_gives_each_quarter_the_same_chance():
    x = picture(6, 6, 1)
    assert frequencies(many("rotate90", x), [np.rot90(x, k) for k in range(4)]) == pytest.approx([0.25] * 4, abs=0.03)


def test_xint_moves_by_whole_pixels_with_reflection():
    x = picture(8, 16, 1)
    around = np.pad(x, [(1, 1), (2, 2), (0, 0)], mode="reflect")
    moved = [around[1 - dy : 9 - dy, 2 - dx : 18 - dx] for dy in (-1, 0, 1) for dx in (-2, -1, 0, 1, 2)]
    expected = np.outer([1 / 4, 1 / 2, 1 / 4], [1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8]).ravel()
    assert frequencies(many("xint", x), moved) == pytest.approx(expected, abs=0.03)


# Geometry.
def test_scale():
    m = matrices(geometric.scale)
    is_normal(np.log2(m[:, 0, 0]), 0.2)
    np.testing.assert_allclose(m, [np.diag([s, s, 1]) for s in m[:, 0, 0]], atol=1e-6)


def test_rotate_and_that_either_of_two_happens_with_p():
    m = matrices(geometric.rotate)
    is_uniform(np.arctan2(m[:, 1, 0], m[:, 0, 0]), -np.pi, np.pi)
    np.testing.assert_allclose(m @ m.transpose(0, 2, 1), [np.eye(3)] * N, atol=1e-6)
    still = np.isclose(matrices(geometric.rotate, p=0.36)[:, 0, 0], 1.0, atol=1e-7).mean()
    assert still**2 == pytest.approx(1 - 0.36, abs=0.03)


def test_aniso():
    m = matrices(geometric.aniso)
    is_normal(np.log2(m[:, 0, 0]), 0.2)
    np.testing.assert_allclose(np.linalg.det(m), 1.0, rtol=1e-6)
    np.testing.assert_allclose(m, [np.diag([s, 1 / s, 1]) for s in m[:, 0, 0]], atol=1e-6)


def test_xfrac():
    m = matrices(geometric.xfrac, size=(8, 16))
    is_normal(m[:, 0, 2] / 16, 1 / 8)
    is_normal(m[:, 1, 2] / 8, 1 / 8)
    np.testing.assert_array_equal(m[:, :2, :2], [np.eye(2)] * N)


@pytest.mark.parametrize("shape", [(7, 10, 2), (9, 9, 1), (2, 5, 3)])
def test_warp_is_scipys_with_reflection(shape):
    """Far beyond the borders too, where the image is reflected several times."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(6, *shape))
    inverse = np.eye(3) + np.concatenate([rng.normal(size=(6, 2, 3)) * [0.7, 0.7, 9.0], np.zeros((6, 1, 3))], 1)
    found = geometric.warp(tf.constant(x), tf.constant(inverse, "float32"))
    centre = (np.array(shape[:2]) - 1) / 2
    for image, m, one in zip(x, inverse, found, strict=True):
        linear, offset = m[1::-1, 1::-1], m[1::-1, 2]  # (x, y) to (row, column)
        for c in range(shape[2]):
            expected = ndimage.affine_transform(
                image[..., c], linear, centre - linear @ centre + offset, order=1, mode="mirror"
            )
            np.testing.assert_allclose(one[..., c], expected, atol=3e-5)


# Colour.
def test_brightness():
    seen = many("brightness", np.zeros((2, 2, 3)))
    is_normal(seen[:, 0, 0, 0], 0.2)
    np.testing.assert_array_equal(seen, seen[:, :1, :1, :1] * np.ones((2, 2, 3)))


def test_contrast():
    x = picture(2, 2, 3)
    factor = many("contrast", x) / x
    is_normal(np.log2(factor[:, 0, 0, 0]), 0.5)
    np.testing.assert_allclose(factor, factor[:, :1, :1, :1] * np.ones((2, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_lumaflip(channels):
    x = picture(3, 3, channels)
    flipped = x - 2 * x.mean(-1, keepdims=True)
    assert frequencies(many("lumaflip", x), [x, flipped]) == pytest.approx([0.5, 0.5], abs=0.03)


def test_hue_is_a_rotation_about_the_luma_axis():
    angle = many("hue", np.array([[[1.0, -1.0, 0.0]]]))[:, 0, 0] @ np.array([[1.0, -1, 0], [1, 1, -2]]).T
    angle = np.arctan2(angle[:, 1] / np.sqrt(3), angle[:, 0])
    is_uniform(angle, -np.pi, np.pi)
    x = picture(2, 2, 3)
    for seen, a in zip(many("hue", x)[:20], angle, strict=False):
        turned = [Rotation.from_rotvec(sign * a * np.ones(3) / np.sqrt(3)).apply(x.reshape(-1, 3)) for sign in (1, -1)]
        assert min(np.abs(seen.reshape(-1, 3) - one).max() for one in turned) < 1e-5


def test_saturation():
    x = picture(2, 2, 3)
    seen = many("saturation", x)
    luma = x.mean(-1, keepdims=True)
    np.testing.assert_allclose(seen.mean(-1, keepdims=True), np.repeat(luma[None], N, 0), atol=1e-5)
    factor = (seen - luma) / (x - luma)
    is_normal(np.log2(factor[:, 0, 0, 0]), 1.0)
    np.testing.assert_allclose(factor, factor[:, :1, :1, :1] * np.ones((2, 2, 3)), rtol=1e-3)


# Filtering.
def test_the_bank_is_that_of_the_wavelet_sym2():
    root = np.sqrt(3)
    wavelet = np.array([1 + root, 3 + root, 3 - root, 1 - root]) / (4 * np.sqrt(2))
    w = np.linspace(0, np.pi, 200)
    at = lambda taps, w: np.abs(np.polyval(taps, np.exp(1j * w)))  # noqa: E731
    low = lambda w: at(wavelet, w) ** 2 / 2  # noqa: E731
    high = lambda w: 1 - low(w)  # noqa: E731
    expected = [low(w) * low(2 * w) * low(4 * w), low(w) * low(2 * w) * high(4 * w), low(w) * high(2 * w), high(w)]
    for taps, response in zip(filtering.filters(), expected, strict=True):
        np.testing.assert_allclose(at(taps, w), response, atol=1e-12)
    np.testing.assert_allclose(filtering.filters().sum(0), np.eye(43)[21], atol=1e-15)


def test_gains_have_their_spread_each_at_the_power_of_natural_images():
    bands = draws(4, N, 1.0, SEED)
    power = np.array([10, 1, 1, 1]) / 13
    product = 1.0
    for i in range(4):
        alone = [band if j == i else dataclasses.replace(band, p=0.0) for j, band in enumerate(bands)]
        gains = filtering.gains(alone).numpy().astype("float64")
        is_normal(np.log2(gains[:, i] / gains[:, i - 1]), 1.0)
        np.testing.assert_allclose((gains**2) @ power, 1.0, rtol=1e-5)
        product = product * gains
    np.testing.assert_allclose(filtering.gains(bands), product, rtol=1e-4)


@pytest.mark.parametrize("shape", [(12, 9, 2), (64, 50, 1)])
def test_filtering_is_scipys_with_reflection(shape):
    rng = np.random.default_rng(0)
    x, gains = rng.normal(size=(3, *shape)), rng.uniform(0.2, 3, (3, 4))
    found = filtering.equalize(tf.constant(x), tf.constant(gains))
    for image, gain, one in zip(x, gains, found, strict=True):
        taps = gain @ filtering.filters()
        expected = ndimage.convolve1d(ndimage.convolve1d(image, taps, 0, mode="mirror"), taps, 1, mode="mirror")
        np.testing.assert_allclose(one, expected, atol=1e-9)


# Corruption.
def test_noise():
    seen = many("noise", np.zeros((12, 12, 1))).reshape(N, -1)
    std = seen.std(1)
    assert std.mean() == pytest.approx(0.1 * np.sqrt(2 / np.pi), rel=0.05)  # of |N(0, 0.1^2)|
    assert (seen**2).mean() == pytest.approx(0.01, rel=0.1)
    is_normal((seen / std[:, None])[:, 0], 1.0)
    assert np.abs(np.corrcoef(seen[:, :4].T) - np.eye(4)).max() < 0.1


def test_cutout():
    erased = many("cutout", np.ones((8, 16, 1)))[..., 0] == 0
    rows, columns = erased.any(2), erased.any(1)
    np.testing.assert_array_equal(erased, rows[:, :, None] & columns[:, None])  # a rectangle
    assert rows.sum(1).max() == 4 and columns.sum(1).max() == 8
    for found, size in ((rows, 8), (columns, 16)):
        place = (np.arange(size) + 0.5) / size
        chance = np.minimum(place + 0.25, 1) - np.maximum(place - 0.25, 0)
        np.testing.assert_allclose(found.mean(0), chance, atol=0.04)
    assert erased.mean() == pytest.approx(0.4375**2, abs=0.01)


# The pipe.
def test_each_is_applied_with_probability_p():
    x = picture(4, 4, 3)
    for name in ["scale", "rotate", "aniso", "xfrac", "brightness", "contrast", "hue", "saturation", "noise"]:
        same = (many(name, x, p=0.3) == x.astype("float32")).all((1, 2, 3))
        assert same.mean() == pytest.approx(0.7, abs=0.03), name


def test_order_and_that_no_transforms_numbers_depend_on_the_others():
    x = tf.constant(picture(50, 8, 8, 3), "float32")
    in_turn = x
    for name in ["xflip", "rotate90", "xint", "brightness", "contrast", "lumaflip", "hue", "saturation"]:
        in_turn = Pipe(name, 0.8)(in_turn, SEED)
    together = Pipe("blit,color", 0.8)(x, SEED)
    np.testing.assert_allclose(together, in_turn, atol=1e-5)
    for name in ["filter", "noise", "cutout"]:
        in_turn = Pipe(name, 0.8)(in_turn, SEED)
    np.testing.assert_allclose(Pipe("blit,color,filter,noise,cutout", 0.8)(x, SEED), in_turn, atol=1e-5)


def test_the_warps_compose_in_the_pipes_order():
    """On a plane, which bilinear sampling gets right inside, the composed warp is the product of the single ones."""
    y, x = np.mgrid[:33, :33] - 16.0
    plane = np.stack([x, y], -1) / 16
    inside = slice(14, 19)
    gradient = lambda seen: np.stack(np.gradient(seen[inside, inside], axis=(1, 0)), -1).mean((0, 1))  # noqa: E731
    single = {n: Pipe(n, 1.0)(tf.constant(plane[None], "float32"), SEED)[0].numpy() for n in ("scale", "aniso")}
    single["rotate90"] = Pipe("rotate90", 1.0)(tf.constant(plane[None], "float32"), SEED)[0].numpy()
    expected = gradient(single["rotate90"]) @ gradient(single["scale"]) @ gradient(single["aniso"]) * 16**2
    together = Pipe("rotate90,scale,aniso", 1.0)(tf.constant(plane[None], "float32"), SEED)[0].numpy()
    np.testing.assert_allclose(gradient(together), expected, atol=1e-4)


def test_codes():
    from kgan.augment.pipe import GROUPS, parse

    groups = list(GROUPS.values())
    for code in ("bg", "bgc", "bgcf", "bgcfn", "bgcfnc"):
        assert parse(code) == {name: 1.0 for names in groups[: len(code)] for name in names}
    assert parse("blit, noise").keys() == {"xflip", "rotate90", "xint", "noise"} and parse("hue") == {"hue": 1.0}


def test_each_transform_has_its_share_of_p():
    """Half of p is what p / 2 is, for that transform alone; a share of 0 is none at all."""
    x = tf.constant(np.random.default_rng(0).uniform(-1, 1, (64, 6, 6, 3)), "float32")
    for name in ("xflip", "rotate", "hue", "filter", "noise", "cutout"):
        np.testing.assert_array_equal(Pipe({name: 0.5}, 0.8)(x, SEED), Pipe(name, 0.4)(x, SEED), err_msg=name)
    mixed = Pipe({"blit": 1, "color": 0.5, "cutout": 1}, 0.8)(x, SEED)
    in_turn = Pipe("cutout", 0.8)(Pipe("color", 0.4)(Pipe("blit", 0.8)(x, SEED), SEED), SEED)
    np.testing.assert_allclose(mixed, in_turn, atol=1e-5)
    nothing = dict.fromkeys(("blit", "geom", "color", "filter", "noise", "cutout"), 0)
    np.testing.assert_array_equal(Pipe(nothing, 1.0)(x, SEED), x)
