"""No zeros go back through what is linear in pieces, and the derivatives are the same, of every order."""

import functools
import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import derivatives
from kgan.updates import competitive
from tests import numeric

WINDOW = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": "VALID"}
WINDOW_3D = {"ksize": [1, 1, 2, 2, 1], "strides": [1, 1, 2, 2, 1], "padding": "VALID"}


def pooled(*shapes):
    return [tf.random.stateless_normal(shape, (1, number)) for number, shape in enumerate(shapes)]


def pooling(operation, *shapes, **settings):
    return lambda x, y, dy: operation(orig_input=x, orig_output=y, grad=dy, **settings), pooled(*shapes)


LARGE, SMALL = (1, 4, 4, 2), (1, 2, 2, 2)
LARGE_3D, SMALL_3D = (1, 2, 4, 4, 2), (1, 2, 2, 2, 2)
V2 = {**{key: tf.constant(WINDOW[key]) for key in ("ksize", "strides")}, "padding": "VALID"}
OPERATIONS = {
    "ReluGrad": (lambda dy, y: tf.raw_ops.ReluGrad(gradients=dy, features=y), pooled((5,), (5,))),
    "Relu6Grad": (lambda dy, y: tf.raw_ops.Relu6Grad(gradients=dy, features=y), pooled((5,), (5,))),
    "LeakyReluGrad": (lambda dy, y: tf.raw_ops.LeakyReluGrad(gradients=dy, features=y), pooled((5,), (5,))),
    "MaxPoolGrad": pooling(tf.raw_ops.MaxPoolGrad, LARGE, SMALL, SMALL, **WINDOW),
    "MaxPoolGradV2": pooling(tf.raw_ops.MaxPoolGradV2, LARGE, SMALL, SMALL, **V2),
    "MaxPoolGradGrad": pooling(tf.raw_ops.MaxPoolGradGrad, LARGE, SMALL, LARGE, **WINDOW),
    "MaxPool3DGrad": pooling(tf.raw_ops.MaxPool3DGrad, LARGE_3D, SMALL_3D, SMALL_3D, **WINDOW_3D),
    "MaxPool3DGradGrad": pooling(tf.raw_ops.MaxPool3DGradGrad, LARGE_3D, SMALL_3D, LARGE_3D, **WINDOW_3D),
    "Sign": (lambda x: tf.raw_ops.Sign(x=x), pooled((5,))),
}


@pytest.mark.parametrize("name", derivatives.ZEROS)
def test_what_is_left_out_is_zero(name):
    """Also says when TensorFlow's registry moves: there would be zeros, then."""
    operation, inputs = OPERATIONS[name]

    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = operation(*inputs)
        return tape.gradient(y, inputs)

    before = gradients()
    with derivatives.without_zeros():
        within = gradients()
    for number, (full, short) in enumerate(zip(before, within, strict=True)):
        if number in derivatives.ZEROS[name]:
            assert short is None and not np.any(full)
        else:
            np.testing.assert_array_equal(short, full)
    assert all(gradient is not None for gradient in gradients())  # as before when it ends


class Critic:
    """Something of every kind, in float64, of points that are fixed."""

    def __init__(self):
        rng = np.random.default_rng(0)
        shapes = (3, 3, 2, 3), (3, 3, 3, 4), (4, 1)
        self.weights = [keras.Variable(rng.normal(size=shape) / 2, dtype="float64") for shape in shapes]
        self.x = keras.Variable(rng.normal(size=(3, 6, 6, 2)), dtype="float64")

    def logits(self):
        first, second, last = (w.value for w in self.weights)
        y = tf.nn.max_pool2d(tf.nn.leaky_relu(tf.nn.conv2d(self.x.value, first, 1, "SAME")), 2, 2, "VALID")
        y = tf.nn.relu6(tf.nn.conv2d(tf.sin(y), second, 1, "SAME"))
        y = tf.abs(tf.reduce_mean(y, [1, 2]) - 0.3) + tf.reduce_mean(tf.nn.relu(y - 0.2), [1, 2])
        return tf.reduce_sum(tf.sin(y @ last))

    def penalty(self):
        """|d logits / d x|^2."""
        return tf.reduce_sum(tf.square(self.slope(self.logits, [self.x])[0]))

    def energy(self):
        """|d penalty / d w|^2, as in consensus optimization."""
        return tf.add_n([tf.reduce_sum(tf.square(g)) for g in self.slope(self.penalty, self.weights)])

    @staticmethod
    def slope(function, variables):
        values = [v.value for v in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            y = function()
        return tape.gradient(y, values, unconnected_gradients="zero")


@pytest.mark.parametrize("order, function", enumerate(("logits", "penalty", "energy"), start=1))
def test_derivatives_of_every_order(order, function):
    """Against differences; and the same as with the zeros, to the bit."""
    critic = Critic()
    variables = [critic.x, *critic.weights]
    rng = np.random.default_rng(order)
    directions = [rng.normal(size=v.shape) for v in variables]

    def gradients():
        return critic.slope(getattr(critic, function), variables)

    with_zeros = gradients()
    with derivatives.without_zeros():
        found = gradients()
        expected = numeric.directional(getattr(critic, function), variables, directions)
    along = sum(np.sum(g.numpy() * d) for g, d in zip(found, directions, strict=True))
    assert abs(along - expected) < 1e-6 * abs(expected)
    for one, other in zip(found, with_zeros, strict=True):
        np.testing.assert_array_equal(one, other)


def game():
    keras.utils.set_random_seed(0)
    gan = kgan.WGANGP(
        kgan.networks.dcgan_generator((16, 16, 1), 3, width=4),
        kgan.networks.dcgan_discriminator((16, 16, 1), width=4),
        latent_dim=3,
    )
    gan.compile(n_critic=1)
    return gan


PICTURES = np.random.default_rng(0).uniform(-1, 1, (12, 16, 16, 1)).astype("float32")


def convolutions(gan):
    """How many convolutions the critic's gradient takes."""

    def gradients():
        return gan.game.gradients(gan.game.players[0], gan.round(tf.constant(PICTURES[:4])))[0]

    graph = tf.function(gradients, autograph=False).get_concrete_function().graph
    todo, seen = [tensor.op for tensor in graph.outputs], set()
    while todo:
        operation = todo.pop()
        if operation not in seen:
            seen.add(operation)
            todo += [*operation.control_inputs, *(tensor.op for tensor in operation.inputs)]
    return sum(operation.type.startswith("Conv2D") for operation in seen)


def test_a_critic_step_is_without_those_of_zeros_and_moves_the_same(monkeypatch):
    gan = game()
    with_zeros = convolutions(gan)
    with derivatives.without_zeros():
        assert convolutions(gan) == with_zeros - 3  # both of its own by their kernels, and the second by its input
    gan.fit(PICTURES, batch_size=4, verbose=0)
    monkeypatch.setattr(derivatives, "ZEROS", {})
    other = game()
    other.fit(PICTURES, batch_size=4, verbose=0)
    for mine, theirs in zip(gan.state, other.state, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=mine.path)


def test_a_gradient_of_a_users_kind_in_a_graph_is_right_and_let_go_with_it():
    """Of the competitive rule, whose solution of a linear system has a gradient of its own."""
    a, w = tf.constant([[2.0, 1.0], [-1.0, 3.0]]), tf.constant([1.0, 2.0])

    class Held:
        def product(self, point):
            return {"x": [tf.linalg.matvec(a, point["x"][0])]}

        def transposed(self, point):
            return {"x": [tf.linalg.matvec(a, point["x"][0], transpose_a=True)]}

    def gradient(held, right):
        with tf.GradientTape() as tape:
            tape.watch(right)
            solution = competitive._solve(held.product, held.transposed, {"x": [right]}, 2)["x"][0]
            y = tf.reduce_sum(w * solution)
        return solution, tape.gradient(y, right)

    held, right = Held(), tf.constant([0.5, -1.0])
    function = tf.function(functools.partial(gradient, held), autograph=False)
    for solution, by_right in (function(right), gradient(held, right)):
        np.testing.assert_allclose(solution, np.linalg.solve(a, right), rtol=1e-5)
        np.testing.assert_allclose(by_right, np.linalg.solve(np.transpose(a), w), rtol=1e-5)
    held = weakref.ref(held)
    assert held() is not None
    del function
    gc.collect()
    assert held() is None
