"""Equal to the bit: the same weights, data and seed give the same run in every process, idle or loaded.

This file touches private TensorFlow API (`gen_math_ops`), as `derivatives.py` does.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator

import tensorflow as tf
from tensorflow.python.ops import gen_math_ops

REWRITER = "disable_meta_optimizer"


@contextlib.contextmanager
def exact() -> Iterator[None]:
    """A context, and a decorator, in which a function that TensorFlow traces and runs always rounds alike.

    Rounded sums depend on their order, and two things leave that to chance:

    - TensorFlow's graph rewriter (Grappler) makes another graph in each process of the same function, as it goes
      through tables that are ordered by addresses. It is off here.
    - `AddN`, by which gradients are added up where a tensor is used several times, begins with whichever of its inputs
      nobody else holds at that moment: a race of threads. Here it adds two at a time, the first and the second, then
      the third, and so on: a sum of two is the same from either end.

    Both hold for the whole process while the context lasts, so for other functions that are run in it too, and are as
    before when it ends. A function that was traced before keeps its sums.
    It cannot answer for what others choose: XLA (`jit_compile`), the kernels of a GPU, another machine or version of
    TensorFlow, another number of cores or of replicas. There, runs agree up to rounding.
    """
    before, sum_at_once = tf.config.optimizer.get_experimental_options(), gen_math_ops.add_n
    tf.config.optimizer.set_experimental_options({REWRITER: True})
    gen_math_ops.add_n = _in_pairs(sum_at_once)  # `tf.add_n`, tapes, tf.cond and tf.while_loop all come by here
    try:
        yield
    finally:
        gen_math_ops.add_n = sum_at_once
        tf.config.optimizer.set_experimental_options({REWRITER: before[REWRITER]})


def _in_pairs(add: Callable) -> Callable:
    def add_n(inputs: list, name: str | None = None) -> tf.Tensor:
        if len(inputs) <= 2:
            return add(inputs, name)
        return functools.reduce(lambda total, one: add([total, one]), inputs)

    return add_n
