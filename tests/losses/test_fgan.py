"""f-GAN members against the functions f that they come from, and in training."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

import kgan
from kgan import losses

# name: f, and the conjugate as the paper's tables print it
F = {
    "kl": (lambda u: u * np.log(u), lambda t: np.exp(t - 1)),
    "reverse_kl": (lambda u: -np.log(u), lambda t: -1 - np.log(-t)),
    "pearson_chi2": (lambda u: (u - 1) ** 2, lambda t: t**2 / 4 + t),
    "neyman_chi2": (lambda u: (1 - u) ** 2 / u, lambda t: 2 - 2 * np.sqrt(1 - t)),
    "squared_hellinger": (lambda u: (np.sqrt(u) - 1) ** 2, lambda t: t / (1 - t)),
    "jensen_shannon": (
        lambda u: u * np.log(u) - (u + 1) * np.log((1 + u) / 2),
        lambda t: -np.log(2 - np.exp(t)),
    ),
    "gan": (lambda u: u * np.log(u) - (u + 1) * np.log(u + 1), lambda t: -np.log(1 - np.exp(t))),
}
RATIOS = np.array([0.05, 0.3, 1.0, 2.5, 20.0])
member = pytest.mark.parametrize("name", losses.DIVERGENCES)


def slope(f, u, h=1e-6):
    """f'(u) by central differences."""
    return (f(u * (1 + h)) - f(u * (1 - h))) / (2 * h * u)


def best_logit(divergence, f, u):
    """The v of g_f(v) = f'(u), by bisection."""
    low, high = np.full(np.shape(u), -60.0), np.full(np.shape(u), 60.0)
    for _ in range(50):
        middle = (low + high) / 2
        below = divergence.activation(tf.constant(middle)).numpy() < slope(f, u)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


@member
def test_conjugate_and_activation(name):
    """f*(f'(u)) = u f'(u) - f(u), and what the loss computes is f*(g_f(v))."""
    divergence, (f, conjugate) = losses.DIVERGENCES[name], F[name]
    u = RATIOS
    wanted = u * slope(f, u) - f(u)
    np.testing.assert_allclose(conjugate(slope(f, u)), wanted, rtol=1e-6, atol=1e-6)
    v = tf.constant(best_logit(divergence, f, u))
    np.testing.assert_allclose(divergence.activation(v), slope(f, u), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(divergence.conjugate(v), wanted, rtol=1e-5, atol=1e-6)
    assert divergence.boundary == pytest.approx(best_logit(divergence, f, 1.0), abs=1e-6)


@member
def test_the_best_discriminator_finds_the_divergence(name):
    """D's least loss is -D_f, here of two Gaussians by quadrature, and G at that D minimises D_f."""
    loss, (f, _) = losses.FGAN(name), F[name]
    x = np.linspace(-9, 9.5, 301)
    p, q = stats.norm.pdf(x, 0.5), stats.norm.pdf(x)
    v = tf.constant(best_logit(loss.divergence, f, p / q))
    d_loss = integrate.simpson(p * loss.real_term(v) + q * loss.fake_term(v), x=x)
    assert d_loss == pytest.approx(-integrate.simpson(q * f(p / q), x=x), rel=1e-5)
    closed = {"kl": 0.125, "reverse_kl": 0.125, "pearson_chi2": np.expm1(0.25), "neyman_chi2": np.expm1(0.25)}
    closed["squared_hellinger"] = 2 - 2 * np.exp(-(0.5**2) / 8)
    if name in closed:
        assert d_loss == pytest.approx(-closed[name], rel=1e-5)


def test_non_saturating_is_the_other_half():
    logits = tf.constant([[-3.0], [0.5]])
    for name in losses.DIVERGENCES:
        loss = losses.FGAN(name, non_saturating=True)
        assert loss.generator(None, logits) == -tf.reduce_mean(loss.divergence.activation(logits))
        assert losses.FGAN(name).generator(None, logits) == -tf.reduce_mean(loss.divergence.conjugate(logits))


class Shift(keras.layers.Layer):
    def build(self, shape):
        self.shift = self.add_weight(shape=(1,), initializer="zeros", name="shift")

    def call(self, latents):
        return latents + self.shift


@member
def test_recovers_a_mean_shift_in_training(name):
    generator = keras.Sequential([keras.Input((1,)), Shift()])
    discriminator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    gan = kgan.GAN(generator, discriminator, latent_dim=1)
    sgd = keras.optimizers.SGD
    gan.compile(loss=losses.FGAN(name), d_optimizer=sgd(0.05), g_optimizer=sgd(0.05), ema_decay=None)
    data = 1.0 + np.random.default_rng(0).normal(size=(8192, 1)).astype("float32")
    gan.fit(data, batch_size=256, epochs=12, verbose=0)
    assert float(generator.layers[0].shift.numpy()[0]) == pytest.approx(data.mean(), abs=0.1)
    assert float(discriminator.layers[0].kernel.numpy()[0, 0]) == pytest.approx(0.0, abs=0.1)
