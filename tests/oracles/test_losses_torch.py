"""Losses equal PyTorch's own on the same logits, gradients included."""

import numpy as np
import pytest
import tensorflow as tf

from kgan import losses

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402

bce = functional.binary_cross_entropy_with_logits


def label(x, y):
    return bce(x, torch.full_like(x, y))


# D's loss, G's loss
THEIRS = {
    "non_saturating": (lambda r, f: label(r, 1.0) + label(f, 0.0), lambda r, f: label(f, 1.0)),
    "minimax": (lambda r, f: label(r, 1.0) + label(f, 0.0), lambda r, f: -label(f, 0.0)),
    "least_squares": (
        lambda r, f: 0.5 * functional.mse_loss(r, torch.ones_like(r)) + 0.5 * functional.mse_loss(f, 0 * f),
        lambda r, f: 0.5 * functional.mse_loss(f, torch.ones_like(f)),
    ),
    "hinge": (
        lambda r, f: (
            functional.margin_ranking_loss(r, 0 * r, torch.ones_like(r), margin=1.0)
            + functional.margin_ranking_loss(f, 0 * f, -torch.ones_like(f), margin=1.0)
        ),
        lambda r, f: -f.mean(),
    ),
    "relativistic": (
        lambda r, f: functional.soft_margin_loss(r - f, torch.ones_like(r)),
        lambda r, f: label(f - r, 1.0),
    ),
    "relativistic(hinge)": (
        lambda r, f: functional.margin_ranking_loss(r, f, torch.ones_like(r), margin=1.0),
        lambda r, f: functional.margin_ranking_loss(f, r, torch.ones_like(r), margin=1.0),
    ),
    "relativistic_average": (
        lambda r, f: label(r - f.mean(), 1.0) + label(f - r.mean(), 0.0),
        lambda r, f: label(f - r.mean(), 1.0) + label(r - f.mean(), 0.0),
    ),
    "label_smoothing(real=0.9, fake=0.1)": (lambda r, f: label(r, 0.9) + label(f, 0.1), lambda r, f: label(f, 1.0)),
    "top_k(share=0.25)": (
        lambda r, f: label(r, 1.0) + label(f, 0.0),
        lambda r, f: label(torch.topk(f[:, 0], 2).values, 1.0),
    ),
}


@pytest.mark.parametrize("name", THEIRS)
def test_equal_to_pytorch(name):
    loss = losses.get(name)
    real, fake = 2 * np.random.default_rng(1).normal(size=(2, 8, 1))
    for ours, theirs in zip((loss.discriminator, loss.generator), THEIRS[name], strict=True):
        r, f = torch.tensor(real, requires_grad=True), torch.tensor(fake, requires_grad=True)
        wanted = theirs(r, f)
        gradients = torch.autograd.grad(wanted, [r, f], allow_unused=True)
        with tf.GradientTape() as tape:
            logits = [tf.constant(real), tf.constant(fake)]
            tape.watch(logits)
            value = ours(*logits)
        assert float(value) == pytest.approx(wanted.item(), rel=1e-12)
        for mine, other in zip(tape.gradient(value, logits, unconnected_gradients="zero"), gradients, strict=True):
            np.testing.assert_allclose(mine, 0.0 if other is None else other, atol=1e-12)
