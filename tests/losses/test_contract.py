"""The contract of losses: each member against its formula, where it rests, and what it asks of the players."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import losses, random
from kgan.checks import InputError
from kgan.schedules import Linear
from tests import numeric

softplus = lambda x: np.logaddexp(0.0, x)  # noqa: E731
relu = lambda x: np.maximum(0.0, x)  # noqa: E731


def separable(real, fake, generator):
    """The NumPy pair (D's loss, G's loss) of three terms."""
    return lambda r, f: real(r).mean() + fake(f).mean(), lambda r, f: generator(f).mean()


def fgan(activation, conjugate, saturating=True):
    """The pair as eq. 6 of Nowozin et al. 2016 spells it, from g_f and f* of the paper's tables."""
    value = lambda v: conjugate(activation(v))  # noqa: E731
    return separable(lambda r: -activation(r), value, lambda f: -value(f) if saturating else -activation(f))


def ranked(terms, k):
    """The mean of `terms` of the samples with the k highest mean logits."""
    flat = lambda f: f.reshape(len(f), -1)  # noqa: E731
    return lambda r, f: terms(flat(f)[np.argsort(-flat(f).mean(1))[:k]]).mean()


minimax = separable(lambda r: softplus(-r), softplus, lambda f: -softplus(f))
non_saturating = separable(lambda r: softplus(-r), softplus, lambda f: softplus(-f))
hinge = separable(lambda r: relu(1 - r), lambda f: relu(1 + f), lambda f: -f)
smooth = separable(
    lambda r: 0.9 * softplus(-r) + 0.1 * softplus(r),
    lambda f: 0.2 * softplus(-f) + 0.8 * softplus(f),
    lambda f: softplus(-f),
)
# name: (the papers' formulas in NumPy, the logit of equilibrium, the losses of D and G there)
MEMBERS = {
    "minimax": (minimax, 0.0, 2 * np.log(2), -np.log(2)),
    "non_saturating": (non_saturating, 0.0, 2 * np.log(2), np.log(2)),
    "hinge": (hinge, 0.0, 2.0, 0.0),
    "least_squares": (
        separable(lambda r: (r - 1) ** 2 / 2, lambda f: f**2 / 2, lambda f: (f - 1) ** 2 / 2),
        *(0.5, 0.25, 0.125),
    ),
    "least_squares(a=-1, b=1, c=0)": (
        separable(lambda r: (r - 1) ** 2 / 2, lambda f: (f + 1) ** 2 / 2, lambda f: f**2 / 2),
        *(0.0, 1.0, 0.0),
    ),
    "wasserstein": (separable(lambda r: -r, lambda f: f, lambda f: -f), 0.0, 0.0, 0.0),
    "wasserstein(drift=0.001)": (
        separable(lambda r: -r + 1e-3 * r**2, lambda f: f, lambda f: -f),
        *(0.0, 0.0, 0.0),
    ),
    "fgan(divergence='kl')": (fgan(lambda v: v, lambda t: np.exp(t - 1)), 1.0, 0.0, -1.0),
    "fgan(divergence='reverse_kl')": (fgan(lambda v: -np.exp(-v), lambda t: -1 - np.log(-t)), 0.0, 0.0, 1.0),
    "fgan(divergence='pearson_chi2')": (fgan(lambda v: v, lambda t: t**2 / 4 + t), 0.0, 0.0, 0.0),
    "fgan(divergence='neyman_chi2')": (fgan(lambda v: 1 - np.exp(-v), lambda t: 2 - 2 * np.sqrt(1 - t)), 0, 0, 0),
    "fgan(divergence='squared_hellinger')": (fgan(lambda v: 1 - np.exp(-v), lambda t: t / (1 - t)), 0.0, 0.0, 0.0),
    "fgan(divergence='jensen_shannon')": (
        fgan(lambda v: np.log(2) - np.log(1 + np.exp(-v)), lambda t: -np.log(2 - np.exp(t))),
        *(0.0, 0.0, 0.0),
    ),
    "fgan(divergence='gan')": (
        fgan(lambda v: -np.log(1 + np.exp(-v)), lambda t: -np.log(1 - np.exp(t))),
        *(0.0, 2 * np.log(2), -np.log(2)),
    ),
    "fgan(divergence='kl', non_saturating=True)": (
        fgan(lambda v: v, lambda t: np.exp(t - 1), saturating=False),
        *(1.0, 0.0, -1.0),
    ),
    "relativistic": (
        (lambda r, f: softplus(f - r).mean(), lambda r, f: softplus(r - f).mean()),
        *(0.0, np.log(2), np.log(2)),
    ),
    "relativistic(hinge)": (
        (lambda r, f: relu(1 + f - r).mean(), lambda r, f: relu(1 + r - f).mean()),
        *(0.0, 1.0, 1.0),
    ),
    "relativistic(wasserstein)": (
        (lambda r, f: f.mean() - r.mean(), lambda r, f: r.mean() - f.mean()),
        *(0.0, 0.0, 0.0),
    ),
    "relativistic_average": (
        (
            lambda r, f: softplus(f.mean() - r).mean() + softplus(f - r.mean()).mean(),
            lambda r, f: softplus(r.mean() - f).mean() + softplus(r - f.mean()).mean(),
        ),
        *(0.0, 2 * np.log(2), 2 * np.log(2)),
    ),
    "relativistic_average(least_squares(a=-1, b=1))": (
        (
            lambda r, f: ((r - f.mean() - 1) ** 2).mean() / 2 + ((f - r.mean() + 1) ** 2).mean() / 2,
            lambda r, f: ((f - r.mean() - 1) ** 2).mean() / 2 + ((r - f.mean() + 1) ** 2).mean() / 2,
        ),
        *(0.0, 1.0, 1.0),
    ),
    "label_smoothing(fake=0.2)": (smooth, np.log(0.55 / 0.45), None, None),  # sigma(D) = (real + fake) / 2
    "noisy_labels(real=(0.9, 0.9), fake=(0.2, 0.2))": (smooth, np.log(0.55 / 0.45), None, None),
    "flipped_labels(hinge, share=0)": (hinge, 0.0, 2.0, 0.0),
    "top_k": ((non_saturating[0], ranked(lambda f: softplus(-f), 3)), 0.0, 2 * np.log(2), np.log(2)),
    "top_k(hinge, share=0.34)": ((hinge[0], ranked(lambda f: -f, 2)), 0.0, 2.0, 0.0),
}
member = pytest.mark.parametrize("name", MEMBERS)


def test_every_loss_is_listed_here():
    assert {name.split("(")[0] for name in MEMBERS} == set(losses.LOSSES)
    assert {f"fgan(divergence={name!r})" for name in losses.DIVERGENCES} <= MEMBERS.keys()


@member
def test_values_and_gradients_are_the_formulas(name):
    loss, formulas = losses.get(name), MEMBERS[name][0]
    for shape in ((6, 1), (6, 2, 2, 1)):  # one logit a sample, or patches
        real, fake = 2 * np.random.default_rng(0).normal(size=(2, *shape))
        for method, formula in zip((loss.discriminator, loss.generator), formulas, strict=True):
            with tf.GradientTape() as tape:
                r, f = tf.constant(real), tf.constant(fake)
                tape.watch([r, f])
                value = method(r, f)
            assert value.shape == ()
            assert float(value) == pytest.approx(formula(real, fake), rel=1e-10)
            gradients = tape.gradient(value, [r, f], unconnected_gradients="zero")
            wanted = numeric.gradient(lambda both, formula=formula: formula(*both), [real, fake])
            np.testing.assert_allclose(gradients, wanted, rtol=1e-7, atol=1e-8)


@member
def test_at_equilibrium(name):
    """Its values; and there D wants reals up and fakes down or, on both at once, to stay; G wants fakes up."""
    loss, (_, logit, d_value, g_value) = losses.get(name), MEMBERS[name]
    eps, logits = 1e-3, tf.fill((4, 1), tf.constant(logit, "float64"))
    here = float(loss.discriminator(logits, logits))
    if d_value is not None:
        assert here == pytest.approx(d_value, abs=1e-12)
        assert float(loss.generator(logits, logits)) == pytest.approx(g_value, abs=1e-12)
    assert loss.discriminator(logits + eps, logits) < here and loss.discriminator(logits, logits - eps) < here
    for moved in (logits + eps, logits - eps):
        assert loss.discriminator(moved, moved) > here - 1e-10
    if "c=0" not in name:  # whose generator is content at 0
        assert loss.generator(logits, logits + eps) < loss.generator(logits, logits)


def test_float32_under_xla():
    parts = {name: losses.get(name) for name in MEMBERS}

    def values(real, fake):
        return {name: (loss.discriminator(real, fake), loss.generator(real, fake)) for name, loss in parts.items()}

    logits = tf.constant([[1.5], [-0.5], [0.0]]), tf.constant([[0.2], [3.0], [-1.0]])
    compiled, eager = tf.function(values, jit_compile=True, autograph=False)(*logits), values(*logits)
    for name in MEMBERS:
        assert all(value.dtype == tf.float32 and value.shape == () for value in compiled[name])
        np.testing.assert_allclose(compiled[name], eager[name], rtol=1e-5, err_msg=name)


def test_finite_at_extreme_logits():
    exponential = ("'kl'", "reverse_kl", "neyman", "hellinger")
    for name in MEMBERS:
        size = 80.0 if any(word in name for word in exponential) else 1e4
        extreme, loss = tf.constant([[size], [-size]]), losses.get(name)
        assert np.isfinite(loss.discriminator(extreme, -extreme)) and np.isfinite(loss.generator(extreme, -extreme))


class Constant:
    """A loss of a user's: an object with the two methods."""

    def __init__(self):
        self.weight = Linear(0.0, 1.0, 4)

    def discriminator(self, real_logits, fake_logits):
        return self.weight

    generator = discriminator


def test_at_evaluates_schedules_through_all_wrappers():
    loss = losses.Relativistic(losses.LabelSmoothing(losses.Wasserstein(drift=Linear(1.0, 0.0, 4)), Linear(1, 0.8, 4)))
    there = losses.at(loss, tf.constant(2, "int64"), random.key(0))
    assert float(there.base.real) == pytest.approx(0.9) and float(there.base.base.drift) == 0.5
    assert isinstance(loss.base.real, Linear) and isinstance(loss.base.base.drift, Linear)
    real, fake = tf.constant([[1.0], [2.0]]), tf.constant([[0.5], [-1.0]])
    wanted = losses.get("relativistic(label_smoothing(wasserstein(drift=0.5), real=0.9))")
    assert float(there.discriminator(real, fake)) == pytest.approx(float(wanted.discriminator(real, fake)))
    assert float(losses.at(losses.get(Constant()), 1, random.key(0)).discriminator(None, None)) == 0.25
    plain = losses.Hinge()
    assert plain.at(3, random.key(0)) is plain


def test_a_base_may_be_a_name_or_an_object():
    for base in ("hinge", losses.Hinge()):
        for wrapper in (losses.Relativistic, losses.LabelSmoothing, losses.TopK):
            assert isinstance(wrapper(base).base, losses.Hinge)
    assert losses.get("label_smoothing(least_squares)").boundary == 0.5
    assert losses.Relativistic(Constant()).boundary == 0.0


BAD = [
    (lambda: losses.get("hing"), "loss: unknown name 'hing'; did you mean 'hinge'"),
    (lambda: losses.get("hinge(x=1)"), r"loss: 'hinge\(x=1\)': .*takes no arguments"),
    (lambda: losses.get(lambda r, f: 0), "wanted a name or an object with discriminator, generator"),
    (lambda: losses.get("hinge("), "cannot read 'hinge\\('"),
    (lambda: losses.get("wasserstein(drift=-1)"), "drift: wanted a number from 0 on, got -1"),
    (lambda: losses.get("fgan(divergence='lk')"), "divergence: unknown name 'lk'; did you mean 'kl'"),
    (lambda: losses.get("relativistic(hing)"), "did you mean 'hinge'"),
    (
        lambda: losses.get("top_k(relativistic)"),
        "base: .* for each logit, Relativistic has no real_term",
    ),
    (lambda: losses.get("label_smoothing(top_k)"), "base: .* for each logit, TopK has no real_term"),
    (lambda: losses.get("label_smoothing(real=1.1)"), r"real: wanted a number in \[0, 1\], got 1.1"),
    (
        lambda: losses.get("noisy_labels(real=(0.7, 1.2))"),
        r"real: wanted \(low, high\) in \[0, 1\], got",
    ),
    (lambda: losses.NoisyLabels(real=(None, 1)), r"real: wanted \(low, high\) in \[0, 1\], got \(None, 1\)"),
    (lambda: losses.NoisyLabels(fake=0.3), r"fake: wanted \(low, high\) in \[0, 1\], got 0.3"),
    (lambda: losses.LeastSquares(a="x"), "a: wanted a number, got 'x'"),
    (lambda: losses.LeastSquares(c=float("nan")), "c: wanted a number, got nan"),
    (lambda: losses.FGAN(["kl"]), r"divergence: unknown name \['kl'\]; did you mean 'kl'"),
    (lambda: losses.get("flipped_labels(share=-1)"), "share: wanted a number from 0 on, got -1"),
    (lambda: losses.get("top_k(share=0)"), "share: wanted a number above 0, got 0"),
    (lambda: losses.get("top_k(share=2)"), r"share: wanted a number in \(0, 1\], got 2"),
    (
        lambda: losses.Relativistic().discriminator(tf.zeros((4, 1)), tf.zeros((1, 1))),
        r"logits: wanted pairs, got reals \(4, 1\) and fakes \(1, 1\)",
    ),
]


def test_bad_input():
    for make, message in BAD:
        with pytest.raises(InputError, match=message):
            make()
