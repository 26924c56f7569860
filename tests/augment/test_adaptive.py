"""The controller of ADA and APA, and what APA shows as real; instance noise."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import random
from kgan.augment import ADA, APA, InstanceNoise


@pytest.fixture(params=[ADA, APA])
def make(request):
    return request.param


def test_a_step_every_interval_by_the_sign_of_the_mean(make):
    """Rounds of 50, interval 2, 1 kimg: steps of 0.1."""
    part = make(target=0.6, interval=2, kimg=1, p=0.25)
    logs = [part.observe(tf.constant(r), 50) for r in (0.9, 0.5, 0.9, 0.1, 0.6, 0.6, 0.0, 0.0, 0.0, 0.0)]
    p = [float(log["aug_p"]) for log in logs]
    #                  mean 0.7    mean 0.5   on target   below ...
    assert p == pytest.approx([0.25, 0.35, 0.35, 0.25, 0.25, 0.25, 0.25, 0.15, 0.15, 0.05], abs=1e-6)
    assert float(logs[1]["r_t"]) == 0.5 and logs[1]["r_t"].dtype == "float32"
    for r, end in ((-1.0, 0.0), (1.0, 1.0)):
        for _ in range(24):
            part.observe(tf.constant(r), 50)
        assert float(part.p) == end


def test_the_paper_s_speed(make):
    """From 0 to 1 in 500 000 reals."""
    part = make()
    for _ in range(8):
        logs = part.observe(tf.constant(1.0), 64)
    assert float(logs["aug_p"]) == pytest.approx(8 * 64 / 500_000)


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_settles_at_its_target_on_an_overfitting_discriminator(make, start):
    """A discriminator that knows its reals the less, the more is augmented: r_t = 0.95 - 0.6 p, so 0.6 at p = 0.583."""
    part = make(kimg=20, p=start)
    step = 64 * 4 / 20_000
    settled = (0.95 - 0.6) / 0.6

    @tf.function
    def rounds(number):
        path = tf.TensorArray("float32", number)
        for i in tf.range(number):
            part.observe(0.95 - 0.6 * part.p.value, 64)
            path = path.write(i, part.p.value)
        return path.stack()

    path = rounds(600).numpy()
    toward = np.diff(path[: int(4 * abs(settled - start) / step)])
    assert (toward * np.sign(settled - start) >= 0).all() and abs(toward).max() > 0  # straight there
    assert abs(path[-200:] - settled).max() <= step + 1e-6
    assert abs(0.95 - 0.6 * path[-200:] - 0.6).max() <= 0.6 * step + 1e-6


def test_settles_when_r_t_is_a_noisy_mean_of_signs():
    part = ADA(kimg=20)
    rng = np.random.default_rng(0)
    observe = tf.function(part.observe)
    path = []
    for _ in range(1200):
        logits = rng.normal(size=64) + 1.6 - 1.3 * float(part.p)  # erf: E sign = 0.6 where the mean is 0.8416
        path.append(float(observe(tf.constant(np.sign(logits).mean(), "float32"), 64)["aug_p"]))
    assert np.mean(path[600:]) == pytest.approx((1.6 - 0.8416) / 1.3, abs=0.03)


def test_state_is_saved_with_a_model(make, tmp_path):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.augment = make(interval=3, p=0.1)
            self.built = True

    first, second = Model(), Model()
    for r in (1.0, 1.0, 1.0, 0.7):
        first.augment.observe(tf.constant(r), 1000)
    assert len(first.variables) == 3 and not first.trainable_variables
    first.save_weights(tmp_path / "a.weights.h5")
    second.load_weights(tmp_path / "a.weights.h5")
    values = [float(v) for v in (second.augment.p, second.augment.signs, second.augment.rounds)]
    assert values == pytest.approx([0.1 + 3 / 500, 0.7, 1.0])
    assert second.augment.get_config()["p"] == 0.1


def test_ada_augments_more_as_p_grows():
    part, x = ADA("brightness"), tf.zeros((2000, 2, 2, 1))
    for p in (0.0, 0.4, 1.0):
        part.p.assign(p)
        changed = part(x, random.key(0)).numpy().any((1, 2, 3)).mean()
        assert changed == pytest.approx(p, abs=0.04)


@pytest.mark.parametrize("shape", [(2,), (4, 4, 1)])
def test_apa_shows_fakes_as_reals_with_probability_p_and_holds_them_constant(shape):
    real, fake = tf.zeros((4000, *shape)), tf.Variable(tf.ones((4000, *shape)))
    part = APA(p=0.3)
    with tf.GradientTape() as tape:
        tape.watch(real)
        seen = part.reals(real, fake, random.key(0))
        total = tf.reduce_sum(seen)
    by_real, by_fake = tape.gradient(total, [real, fake])
    assert by_fake is None
    of_fakes = seen.numpy().reshape(4000, -1)
    assert (of_fakes == of_fakes[:, :1]).all()  # whole samples
    assert of_fakes[:, 0].mean() == pytest.approx(0.3, abs=0.03)
    np.testing.assert_array_equal(by_real, 1 - seen)
    assert part(real, random.key(0)) is real


@pytest.mark.parametrize("shape", [(2,), (4, 4, 3)])
def test_instance_noise_for_samples_of_any_shape(shape):
    seen = InstanceNoise(0.3)(tf.ones((5000, *shape)), random.key(0)).numpy() - 1
    assert seen.shape == (5000, *shape)
    assert seen.mean() == pytest.approx(0.0, abs=0.015) and seen.std() == pytest.approx(0.3, rel=0.03)
    flat = seen.reshape(5000, -1)
    assert abs(np.corrcoef(flat[:, 0], flat[:, 1])[0, 1]) < 0.06
