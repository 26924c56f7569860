"""The gradients that TensorFlow's operations have: how to put others in their place; and those without zeros.

This file alone touches TensorFlow's registry of gradients, which is private.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops

# Of the gradient of what is linear in pieces, the inputs for which it is zero wherever it is defined.
# `ReluGrad(dy, y)` is dy where y is positive: it changes with dy, and not with y.
ZEROS = {
    "ReluGrad": (1,),
    "Relu6Grad": (1,),
    "LeakyReluGrad": (1,),
    "MaxPoolGrad": (0, 1),
    "MaxPoolGradV2": (0, 1),
    "MaxPoolGradGrad": (0, 1),
    "MaxPool3DGrad": (0, 1),
    "MaxPool3DGradGrad": (0, 1),
    "Sign": (0,),  # in the gradient of the absolute value
}


@contextlib.contextmanager
def without_zeros() -> Iterator[None]:
    """A context, and a decorator, in which no zeros go back through what is linear in pieces, a user's layers included.

    The slope of a ReLU, of max pooling, of the absolute value does not change with its input. TensorFlow sends zeros
    back for that, through all the layers below: under a gradient penalty, convolutions of zeros with nearly every
    kernel of the critic, and more of them at each further derivative. Here nothing is sent back, and the result is the
    same, to the bit.

    What depends on its variables by such a slope alone has the gradient None then, as anything unconnected has, where
    TensorFlow has zeros: `tape.gradient(..., unconnected_gradients="zero")` makes them the same.

    It holds for the whole process while it lasts. A function that was traced before keeps its zeros.
    """
    before = {name: registered(name) for name in ZEROS}
    for name, gradient in before.items():
        register(name, _without(gradient, ZEROS[name]))
    try:
        yield
    finally:
        for name, gradient in before.items():
            register(name, gradient)


def _without(gradient: Callable, zeros: tuple[int, ...]) -> Callable:
    def shorter(op: Any, *above: Any) -> list:
        below = gradient(op, *above)
        below = below if isinstance(below, list | tuple) else [below]
        return [None if number in zeros else one for number, one in enumerate(below)]

    return shorter


def registered(name: str) -> Callable:
    """The gradient function of the operations called `name`: (operation, gradients of outputs) -> those of inputs."""
    return ops.gradient_registry.lookup(name)


def register(name: str, gradient: Callable) -> None:
    """Puts `gradient` in the place of the one that operations called `name` have, in all of the process."""
    ops.gradient_registry._registry[name]["type"] = gradient


def until_its_graph_ends(result: tf.Tensor) -> None:
    """Lets TensorFlow forget the gradient of a result of `tf.custom_gradient` when the graph that it is in is let go.

    It keeps such functions, and what they refer to, a game and its weights say, as long as the process lives. Outside
    of graphs there is nothing to forget.
    """
    if tf.executing_eagerly():
        return
    name, graph = result.op.get_attr("_gradient_op_type").decode(), result.op.graph
    if not hasattr(graph, "gradients_of_kgan"):
        graph.gradients_of_kgan = {}
    graph.gradients_of_kgan[name] = registered(name)
    register(name, lambda op, *above: op.graph.gradients_of_kgan[name](op, *above))
