"""Equality with PyTorch on the same weights: what we did not write."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.layers import SpectralNormalization

torch = pytest.importorskip("torch")


# (e)
def test_spectral_norm_equals_pytorchs_parametrisation_on_the_same_w_u_v():
    rng = np.random.default_rng(0)
    w, x, target = rng.normal(size=(5, 7)), rng.normal(size=(3, 7)), rng.normal(size=(3, 5))
    theirs = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(7, 5, bias=False).double())
    theirs.parametrizations.weight.original.data = torch.tensor(w)
    power = theirs.parametrizations.weight[0]

    ours = SpectralNormalization(keras.layers.Dense(5, use_bias=False, dtype="float64"))
    ours(x)
    ours.kernel.assign(w.T)
    power._u.data, power._v.data = torch.tensor(ours.u.numpy()), torch.tensor(ours.v.numpy())

    theirs.train()  # one power iteration of u, then v, before the forward pass
    y = theirs(torch.tensor(x))
    ours.u.assign(power._u.numpy())
    ours.v.assign(power._v.numpy())
    np.testing.assert_allclose(ours(x), y.detach(), rtol=1e-12)

    ((y - torch.tensor(target)) ** 2).sum().backward()
    with tf.GradientTape() as tape:
        tape.watch(ours.kernel.value)
        loss = tf.reduce_sum((ours(x) - target) ** 2)
    gradient = tape.gradient(loss, ours.kernel.value)
    np.testing.assert_allclose(gradient.numpy().T, theirs.parametrizations.weight.original.grad, rtol=1e-10, atol=1e-12)

    # The iteration itself, in their order: u from v, then v from u.
    w_t = torch.tensor(w)
    for _ in range(3):
        theirs(torch.tensor(x))
    v = w.T @ power._u.numpy()
    np.testing.assert_allclose(power._v.numpy(), v / np.linalg.norm(v), rtol=1e-10)
    ours.u.assign(power._u.numpy())
    ours.power_iteration(200)
    assert float(torch.linalg.matrix_norm(w_t, 2)) == pytest.approx(
        float(ours.v.numpy() @ ours.kernel.numpy() @ ours.u.numpy()), rel=1e-10
    )


def torch_dcgan(model):
    """The same convolutions in PyTorch, with the Keras model's weights (SN kernels divided as they stand)."""
    modules = []
    for layer in model.layers:
        inner = getattr(layer, "layer", layer)
        if isinstance(inner, keras.layers.Conv2D):
            kernel, bias = layer.kernel.numpy(), inner.bias.numpy()
            conv = torch.nn.Conv2d(kernel.shape[2], kernel.shape[3], 4, stride=2, padding=1).double()
            conv.weight.data = torch.tensor(kernel.transpose(3, 2, 0, 1).copy())
            conv.bias.data = torch.tensor(bias)
            modules.append(conv)
        elif isinstance(inner, keras.layers.LeakyReLU):
            # TensorFlow's slope is the float32 nearest to 0.2, also in float64.
            modules.append(torch.nn.LeakyReLU(float(np.float32(0.2))))
        elif isinstance(inner, keras.layers.Flatten):
            modules.append(ChannelsLast())
        elif isinstance(inner, keras.layers.Dense):
            kernel = layer.kernel.numpy()
            linear = torch.nn.Linear(*kernel.shape).double()
            linear.weight.data, linear.bias.data = torch.tensor(kernel.T.copy()), torch.tensor(inner.bias.numpy())
            modules.append(linear)
    return torch.nn.Sequential(*modules)


class ChannelsLast(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


@pytest.mark.parametrize("name", ["gradient_penalty", "gradient_penalty(one_sided=True)", "r1(gamma=3)", "r2"])
def test_penalties_and_their_gradients_equal_pytorchs_through_the_dcgan_critic(name):
    keras.config.set_floatx("float64")
    critic = kgan.networks.dcgan_discriminator((16, 16, 2), width=4)
    rng = np.random.default_rng(0)
    for v in critic.trainable_variables:  # large enough weights for gradients around the target norm of 1
        v.assign(rng.normal(size=v.shape) * 0.3)
    real, fake = rng.uniform(-1, 1, (2, 3, 16, 16, 2))
    penalty, seed = kgan.penalties.get(name), kgan.random.key(5)
    with tf.GradientTape() as tape:
        values = [v.value for v in critic.trainable_variables]
        tape.watch(values)
        ours = penalty(lambda x: critic(x, training=True), tf.constant(real), tf.constant(fake), seed)
    ours_gradients = tape.gradient(ours, values, unconnected_gradients="zero")

    module = torch_dcgan(critic)
    alpha = kgan.random.uniform([3, 1, 1, 1], seed, dtype="float64").numpy()
    at = {"g": alpha * real + (1 - alpha) * fake, "r1": real, "r2": fake}[name[:2] if name[0] == "r" else "g"]
    x = torch.tensor(at.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    (gradient,) = torch.autograd.grad(module(x).sum(), x, create_graph=True)
    if name.startswith("gradient"):
        excess = gradient.flatten(1).norm(dim=1) - 1
        theirs = 10 * ((excess.clamp(min=0) if "one" in name else excess) ** 2).mean()
    else:
        theirs = (1.5 if "3" in name else 5.0) * (gradient.flatten(1) ** 2).sum(1).mean()
    assert float(ours) == pytest.approx(theirs.item(), rel=1e-9) and float(ours) > 1e-3
    theirs.backward()
    kernels = [p.grad for p in module.parameters()]
    for mine, other in zip(ours_gradients, kernels, strict=True):
        if other is None:  # the last bias
            np.testing.assert_array_equal(mine, 0.0)
            continue
        other = other.numpy()
        other = other.transpose(2, 3, 1, 0) if other.ndim == 4 else other.T
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("preset", "least"), [("wgan", 1e-5), ("r3gan", 1e-6)])
def test_optimizers_step_as_the_authors_do(preset, least):
    """PyTorch's defaults are theirs. Gradients down to where Keras's own epsilon is seen: 300 times and by a tenth."""
    generator, critic = kgan.networks.mlp_generator((2,), 2, width=4), kgan.networks.mlp_discriminator((2,), width=4)
    gan = (kgan.WGAN if preset == "wgan" else kgan.R3GAN)(generator, critic, 2)
    gan.compile()
    ours, theirs = keras.Variable(np.ones(4, "float32")), torch.nn.Parameter(torch.ones(4))
    other = (
        torch.optim.RMSprop([theirs], 5e-5) if preset == "wgan" else torch.optim.Adam([theirs], 2e-4, (0.0, 0.9), 1e-8)
    )
    optimizer = gan.d_optimizer.from_config(gan.d_optimizer.get_config())  # unbuilt
    if preset == "r3gan":
        optimizer.warming, optimizer._learning_rate = lambda step: 0.9, 2e-4  # held where the schedules begin
    for scales in np.random.default_rng(0).normal(size=(20, 4)):
        gradient = (scales * [1.0, 1e-3, 1e-4, least]).astype("float32")
        optimizer.apply_gradients([(tf.constant(gradient), ours)])
        theirs.grad = torch.tensor(gradient)
        other.step()
    moved, expected = ours.numpy() - 1.0, theirs.detach().numpy() - 1.0
    np.testing.assert_allclose(moved, expected, rtol=0.03, atol=2e-6)
