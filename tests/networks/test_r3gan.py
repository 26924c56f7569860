"""R3GAN's networks: grouped convolutions, second-order gradients, the initialisation and the sizes of the paper."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.networks.r3gan_layers import Basis, GroupedConv2D
from tests import numeric

torch = pytest.importorskip("torch")

make_generator, make_discriminator = kgan.networks.NETWORKS["r3gan"]


def shaken(model, rng):
    """`model` with every weight moved: at its start the residual branches are zero, and would test nothing."""
    for v in model.trainable_variables:
        v.assign(v.numpy() + 0.3 * rng.normal(size=v.shape))
    return model


def grouped(model):
    return [layer for layer in model.layers if isinstance(layer, GroupedConv2D)]


def penalty(critic, x):
    """E ||grad_x D(x)||^2, and its gradient by `critic`'s weights."""
    variables = [v.value for v in critic.trainable_variables]
    with tf.GradientTape() as outer:
        outer.watch(variables)
        with tf.GradientTape() as inner:
            inner.watch(x)
            logits = tf.reduce_sum(critic(x, training=True))
        gradient = tf.cast(inner.gradient(logits, x), x.dtype)
        value = tf.reduce_mean(tf.reduce_sum(gradient**2, [1, 2, 3]))
    return value, outer.gradient(value, variables, unconnected_gradients="zero")


def test_second_order_gradient_of_the_whole_critic_agrees_with_finite_differences():
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(0)
    critic = shaken(make_discriminator((8, 8, 1), width=16), rng)
    x = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 1)))
    value = tf.function(lambda: penalty(critic, x)[0], autograph=False)
    _, gradients = penalty(critic, x)
    variables = critic.trainable_variables
    everywhere = [rng.normal(size=v.shape) for v in variables]
    one_by_one = [[d if i == j else 0.0 * d for j, d in enumerate(everywhere)] for i in range(len(variables))]
    for directions in [everywhere, *one_by_one]:
        found = sum(float(tf.reduce_sum(g * d)) for g, d in zip(gradients, directions, strict=True))
        expected = numeric.directional(value, variables, directions, h=1e-7)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_grouped_convolution_equals_pytorchs_up_to_second_order(groups):
    rng = np.random.default_rng(0)
    x, kernel, bias = rng.normal(size=(2, 5, 6, 8)), rng.normal(size=(3, 3, 8 // groups, 12)), rng.normal(size=12)
    layer = GroupedConv2D(12, 3, groups, dtype="float64")
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    layer.bias.assign(bias)
    inputs, weights = tf.constant(x), layer.kernel.value
    with tf.GradientTape() as outer:
        outer.watch(weights)
        with tf.GradientTape() as inner:
            inner.watch(inputs)
            y = layer(inputs)
            first = tf.reduce_sum(y**3)
        gradient = inner.gradient(first, inputs)
        second = tf.reduce_sum(gradient**2)

    theirs = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
    w = torch.tensor(kernel.transpose(3, 2, 0, 1), requires_grad=True)
    out = torch.nn.functional.conv2d(theirs, w, torch.tensor(bias), padding=1, groups=groups)
    (slope,) = torch.autograd.grad((out**3).sum(), theirs, create_graph=True)
    (slope**2).sum().backward()
    np.testing.assert_allclose(y, out.detach().numpy().transpose(0, 2, 3, 1), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(
        outer.gradient(second, weights), w.grad.numpy().transpose(2, 3, 1, 0), rtol=1e-9, atol=1e-6
    )


@pytest.mark.parametrize("compiled", [False, True])
def test_runs_in_a_graph_and_under_xla_as_eagerly(compiled):
    rng = np.random.default_rng(0)
    critic = shaken(make_discriminator((8, 8, 1), width=16), rng)
    x = tf.constant(rng.uniform(-1, 1, (2, 8, 8, 1)), "float32")
    value, gradients = penalty(critic, x)
    again, others = tf.function(lambda x: penalty(critic, x), jit_compile=compiled, autograph=False)(x)
    assert float(again) == pytest.approx(float(value), rel=1e-4)
    for one, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * float(tf.reduce_max(tf.abs(one))))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    generator, critic = make_generator((8, 8, 1), width=16), make_discriminator((8, 8, 1), width=16)
    latents = tf.random.stateless_normal((2, 64), [0, 0])
    assert generator(latents).dtype == policy.removeprefix("mixed_")
    assert {v.dtype for v in generator.variables + critic.variables} == {"float32"}
    value, gradients = penalty(critic, tf.cast(generator(latents), "float32"))
    assert np.isfinite(float(value)) and all(np.isfinite(g).all() for g in gradients)


def test_starts_as_its_transitions_alone():
    """Every residual branch is zero, so that the critic and, before its tanh, the generator are linear maps."""
    rng = np.random.default_rng(0)
    critic, generator = make_discriminator((16, 16, 3)), make_generator((16, 16, 3), latent_dim=6)
    for function, (a, b) in (
        (critic, rng.uniform(-1, 1, (2, 4, 16, 16, 3))),
        (lambda z: np.arctanh(np.float64(generator(z))), 0.1 * rng.normal(size=(2, 4, 6))),
    ):
        found, expected = np.asarray(function(a + b)), np.asarray(function(a)) + np.asarray(function(b))
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert np.abs(expected).max() > 0.01


def test_initial_deviations():
    """gain / sqrt(fan-in), in a block's two first layers times sqrt(2 / 1.04) L^(-1/4); 3 stages of 2 blocks: L = 6."""
    model = make_discriminator((16, 16, 3), width=64, blocks=2)
    block = (2 / 1.04) ** 0.5 * 6**-0.25
    wide = grouped(model)
    assert len(wide) == 6 and {layer.groups for layer in wide} == {8}
    kernels = {(1, 1, 3): (1, 1 / 3**0.5), (1, 1, 64): (6, block / 8), (1, 1, 128): (6, 0.0), (4, 4, 64): (1, 0.25)}
    kernels |= {(3, 3, 16): (6, block / 12), (64, 1): (1, 1 / 8)}
    for shape, (number, deviation) in kernels.items():
        found = [v.numpy() for v in model.trainable_variables if tuple(v.shape)[: len(shape)] == shape]
        assert len(found) == number
        for kernel in found:
            assert kernel.std() == pytest.approx(deviation, rel=4 / kernel.size**0.5)
    biases = [v for v in model.trainable_variables if len(v.shape) == 1]
    assert len(biases) == 12 and not any(v.numpy().any() for v in biases)


def test_published_sizes():
    """The authors' settings for CIFAR-10: 768 maps, 96 groups, 4 stages of 2 blocks, 64 latents."""
    block = 768 * 1536 + 1536 + 3 * 3 * (1536 // 96) * 1536 + 1536 + 1536 * 768
    generator = 64 * 768 + 4 * 4 * 768 + 8 * block + 768 * 3
    discriminator = 3 * 768 + 8 * block + 4 * 4 * 768 + 768
    for make, expected in ((make_generator, generator), (make_discriminator, discriminator)):
        assert make((32, 32, 3), width=768, blocks=2).count_params() == expected


def test_width_halves_beyond_32_x_32():
    convs = grouped(make_generator((128, 128, 3), width=32))
    assert [(layer.output.shape[1], layer.filters, layer.groups) for layer in convs] == [
        (4, 64, 4),
        (8, 64, 4),
        (16, 64, 4),
        (32, 64, 4),
        (64, 32, 2),
        (128, 16, 1),
    ]


def test_basis_scales_a_map_a_channel():
    layer = Basis(2, 3)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    np.testing.assert_allclose(layer(x), np.einsum("bc,hwc->bhwc", x, layer.basis), rtol=1e-6)


def test_bad_input():
    for number in range(3):
        arguments = [4, 3, 2]
        arguments[number] = "a"
        with pytest.raises(InputError, match=r"(filters|kernel_size|groups): wanted a whole number from 1 on, got 'a'"):
            GroupedConv2D(*arguments)
    with pytest.raises(InputError, match="groups: wanted a divisor of the 6 filters, got 4"):
        GroupedConv2D(6, 3, 4)
    with pytest.raises(InputError, match="groups: wanted a divisor of the input's 6 channels, got 4"):
        GroupedConv2D(8, 3, 4)(np.zeros((1, 4, 4, 6), "float32"))
