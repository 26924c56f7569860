"""The contract of augmentations: every member runs through it."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import augment, random
from kgan.augment.diffaugment import POLICIES
from kgan.augment.pipe import NAMES
from kgan.checks import InputError
from tests import numeric
from tests.forked import python

PIPES = [f"pipe('{name}', p=0.7)" for name in NAMES]
WHOLE = ["diffaugment", "ada(pipe='bgcfnc', p=0.7)", "apa(p=0.5)", "instance_noise"]
MEMBERS = [*POLICIES, *PIPES, *WHOLE]
AT_ZERO = [*(f"pipe('{name}', p=0.0)" for name in NAMES), "ada(pipe='bgcfnc')", "apa", "instance_noise(std=0.0)"]
SEED = random.key(3)


def images(batch=8, shape=(8, 12, 3), dtype="float32", seed=0):
    return tf.constant(np.random.default_rng(seed).uniform(-1, 1, (batch, *shape)).astype(dtype))


def shown(name, real, fake, seed=SEED):
    """What the discriminator sees as real."""
    member = augment.get(name) if isinstance(name, str) else name
    return member(member.reals(real, fake, random.fold_in(seed, 1)), seed)


def does_nothing(name, shape):
    """Square images only, three channels only, no colour in grey."""
    grey, square = shape[-1] == 1, shape[0] == shape[1]
    return ("rotate90" in name and not square) or (grey and any(one in name for one in ("hue", "saturation")))


def test_every_augmentation_is_listed_here():
    assert {name.split("(")[0] for name in MEMBERS} == set(augment.AUGMENTATIONS) | set(POLICIES)


@pytest.mark.parametrize("shape", [(8, 12, 3), (8, 8, 3), (9, 9, 1), (1, 5, 2)])
def test_shape_dtype_seed_and_each_sample_for_itself(shape):
    one, fake = images(1, shape), images(24, shape, seed=1)
    real = tf.repeat(one, 24, 0)
    for name in MEMBERS:
        check_sampling(name, real, fake)


def check_sampling(name, real, fake):
    member, shape = augment.get(name), tuple(real.shape[1:])
    seen = shown(member, real, fake)
    assert seen.shape == real.shape and seen.dtype == real.dtype and np.isfinite(seen).all()
    np.testing.assert_array_equal(seen, shown(member, real, fake))
    if does_nothing(name, shape):
        np.testing.assert_array_equal(seen, real)
    elif min(shape[:2]) > 1:
        assert not np.array_equal(seen, shown(member, real, fake, random.key(4)))
        assert len({sample.tobytes() for sample in seen.numpy()}) > 1


def test_one_draw_serves_every_batch_of_a_round():
    real, fake = images(), images(seed=1)
    for name in MEMBERS:
        member = augment.get(name)
        seen = member.drawn(real, SEED)
        for batch in (real, fake):
            np.testing.assert_array_equal(seen(batch), member(batch, SEED), err_msg=name)


@pytest.mark.parametrize("shape", [(8, 12, 3), (9, 9, 1)])
def test_at_zero_images_are_the_same_to_the_bit(shape):
    real = images(shape=shape)
    for name in AT_ZERO:
        np.testing.assert_array_equal(shown(name, real, -real), real, err_msg=name)


@pytest.mark.parametrize("name", MEMBERS)
def test_gradients_reach_the_generator_and_are_right_to_second_order(name):
    """Through generator and critic in float64; a penalty on the critic's gradient at what the generator made."""
    member = augment.get(name)
    rng = np.random.default_rng(0)
    z = tf.constant(rng.normal(size=(4, 3)))
    g = keras.Variable(rng.normal(size=(3, 6 * 6 * 3)) * 0.3, dtype="float64")
    d = keras.Variable(rng.normal(size=(6 * 6 * 3, 2)) * 0.3, dtype="float64")

    def critic(x):
        return tf.reduce_sum(tf.sin(tf.reshape(member(x, SEED), [4, -1]) @ d.value), 1)

    def fakes():
        return tf.reshape(tf.tanh(z @ g.value), [4, 6, 6, 3])

    def loss():
        return tf.reduce_sum(critic(fakes()))

    def penalty():
        x = fakes()
        with tf.GradientTape() as inner:
            inner.watch(x)
            logits = tf.reduce_sum(critic(x))
        return tf.reduce_sum(inner.gradient(logits, x) ** 2)

    for value in (loss, penalty):
        with tf.GradientTape() as tape:
            tape.watch([g.value, d.value])
            result = value()
        found = tape.gradient(result, [g.value, d.value])
        assert float(tf.norm(found[0])) > 1e-3
        directions = [rng.normal(size=v.shape) for v in (g, d)]
        expected = numeric.directional(value, [g, d], directions)
        along = sum(float(tf.reduce_sum(f * u)) for f, u in zip(found, directions, strict=True))
        assert along == pytest.approx(expected, rel=1e-6, abs=1e-6)


def hashed(shape, seed):
    """Numbers in [0, 1) that are no draw: TensorFlow draws others under XLA."""
    place = tf.range(tf.reduce_prod(shape)) + seed[0] % 1009
    return tf.reshape(tf.cast((place * 40503) % 65536, "float32") / 65536.0, shape)


@pytest.mark.parametrize("name", WHOLE)
def test_the_same_under_xla_and_with_a_batch_of_unknown_size(name, monkeypatch):
    monkeypatch.setattr(random, "uniform", hashed)
    monkeypatch.setattr(random, "normal", lambda shape, seed: tf.math.ndtri(0.01 + 0.98 * hashed(shape, seed)))
    real, fake = images(6), images(6, seed=1)
    member = augment.get(name)
    unknown = [tf.TensorSpec((None, 8, 12, 3))] * 2

    def with_gradient(real, fake):
        with tf.GradientTape() as tape:
            tape.watch(real)
            seen = shown(member, real, fake)
            square = tf.reduce_sum(seen**2)
        return seen, tape.gradient(square, real)

    expected = with_gradient(real, fake)
    assert not np.array_equal(expected[0], real)
    for function in (
        tf.function(with_gradient, jit_compile=True, autograph=False),
        tf.function(with_gradient, input_signature=unknown, autograph=False),
    ):
        for a, b in zip(function(real, fake), expected, strict=True):
            np.testing.assert_allclose(a, b, atol=5e-5)


def test_made_again_from_its_config():
    real, fake = images(), images(seed=1)
    for name in MEMBERS:
        member = augment.get(name)
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(member))
        assert type(again) is type(member) and again.get_config() == member.get_config()
        np.testing.assert_array_equal(shown(again, real, fake), shown(member, real, fake), err_msg=name)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_float32_under_mixed_precision(policy):
    plain = [shown(name, images(), images(seed=1)) for name in WHOLE]
    keras.config.set_dtype_policy(policy)
    mixed = [shown(name, images(), images(seed=1)) for name in WHOLE]
    for a, b in zip(plain, mixed, strict=True):
        assert b.dtype == "float32"
        np.testing.assert_array_equal(a, b)


def test_a_schedule_in_place_of_a_number():
    from kgan.schedules import at

    falling = keras.optimizers.schedules.PolynomialDecay(1.0, 4, 0.0)
    real = images()
    for part in (augment.InstanceNoise(falling), augment.Pipe("brightness", falling)):
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(part))
        for step, same in ((0, False), (4, True)):
            seen = at(again, tf.constant(step))(real, SEED)
            np.testing.assert_array_equal(seen, at(part, step)(real, SEED))
            assert np.array_equal(seen, real) == same


@pytest.mark.slow
def test_two_replicas_draw_what_one_does():
    script = pathlib.Path(__file__).with_name("replicas_script.py")
    python(script, *WHOLE)


def test_names():
    get = augment.get
    assert get("color, cutout").policy == "color, cutout" and get("cutout").policy == "cutout"
    assert get("diffaugment").policy == "color,translation,cutout"
    assert get("ada(target=0.5, pipe='bg')").get_config() == {
        "pipe": "bg",
        "target": 0.5,
        "interval": 4,
        "kimg": 500,
        "p": 0.0,
    }
    mine = augment.Augmentation()
    real = images()
    assert get(mine) is mine and mine(real, SEED) is real and mine.reals(real, -real, SEED) is real
    assert mine.observe(tf.constant(0.5), 64) == {}


def test_bad_input():
    for make, message in [
        (lambda: augment.get("colour"), "augment: unknown name 'colour'; did you mean 'color'"),
        (lambda: augment.get("adaa"), "augment: unknown name 'adaa'; did you mean 'ada'"),
        (lambda: augment.get("color,translaton"), "policy: unknown name 'translaton'; did you mean 'translation'"),
        (lambda: augment.get(lambda x, seed: x), "an object with __call__, drawn, beside, reals, observe, got"),
        (lambda: augment.get("diffaugment(policy=3)"), "policy: wanted names with commas between them, got 3"),
        (lambda: augment.get("ada(pipe='bgx')"), "pipe: unknown name 'bgx'; did you mean 'bg"),
        (lambda: augment.get("ada(pipe='xflip,scail')"), "pipe: unknown name 'scail'; did you mean 'scale'"),
        (lambda: augment.Pipe(3), "pipe: wanted names with commas between them, or names to shares of p, got 3"),
        (lambda: augment.Pipe({"xflip": 1.5}), r"pipe: wanted a number in \[0, 1\], got 1.5"),
        (lambda: augment.Pipe({"hew": 1.0}), "pipe: unknown name 'hew'; did you mean 'hue'"),
        (lambda: augment.Pipe(p=1.5), r"p: wanted a number in \[0, 1\], got 1.5"),
        (lambda: augment.ADA(p=-0.1), "p: wanted a number from 0 on, got -0.1"),
        (lambda: augment.ADA(target=1.2), r"target: wanted a number in \[-1, 1\], got 1.2"),
        (lambda: augment.ADA(interval=0), "interval: wanted a whole number from 1 on, got 0"),
        (lambda: augment.APA(kimg=0), "kimg: wanted a number above 0, got 0"),
        (lambda: augment.InstanceNoise(-1), "std: wanted a number from 0 on, got -1"),
        (lambda: augment.ADA()(tf.ones((4, 2)), SEED), r"augment: wanted images .*, got shape \(4, 2\)"),
        (lambda: augment.DiffAugment()(tf.ones((4, 2)), SEED), r"augment: wanted images .*, got shape \(4, 2\)"),
    ]:
        with pytest.raises(InputError, match=message):
            make()
