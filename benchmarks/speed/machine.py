"""What the machine can do, and what a round asks of it."""

import os
import platform
import time

import numpy as np


def name() -> str:
    """Processor, cores and libraries, in a line."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.partition(":")[2].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    import keras
    import tensorflow as tf
    import torch

    cards = [
        tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in tf.config.list_physical_devices("GPU")
    ]
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}, PyTorch {torch.__version__.partition('+')[0]}"
    return f"{', '.join(cards) or f'{len(os.sched_getaffinity(0))} cores of {model}'}; {versions}"


def rates(size: int = 2048) -> dict[str, float]:
    """GFLOP/s of TensorFlow: a matrix product of `size`^3 and a 4 x 4 convolution of stride 2, in both precisions."""
    import tensorflow as tf

    found = {}
    for dtype in ("float32", "bfloat16"):
        a = tf.cast(tf.random.normal((size, size)), dtype)
        x = tf.cast(tf.random.normal((64, size // 128, size // 128, 64)), dtype)
        kernel = tf.cast(tf.random.normal((4, 4, 64, 128)), dtype)
        flops = 2 * 64 * (size // 256) ** 2 * 4 * 4 * 64 * 128
        product, convolution = (
            tf.function(lambda a=a: a @ a),
            tf.function(lambda x=x, k=kernel: tf.nn.conv2d(x, k, 2, "SAME")),
        )
        found[f"matmul {dtype}"] = 2 * size**3 / _seconds(product) / 1e9
        found[f"convolution {dtype}"] = flops / _seconds(convolution) / 1e9
    return found


def _seconds(function) -> float:
    times = []
    for _ in range(30):
        start = time.perf_counter()
        np.asarray(function()[..., :1])
        times.append(time.perf_counter() - start)
    return float(np.median(times[10:]))


def flops(setting) -> float:
    """Of the matrix products and convolutions in a round of kgan's, which are nearly all of it."""
    from benchmarks.speed.in_keras import Kgan

    gan = Kgan(setting).gan
    return sum(2.0 * products(op) for op in operations(gan.train_step, setting, gan.rounds_needed))


def operations(step, setting, batches) -> set:
    """What a round runs: the operations that the results of `step`, of so many batches, depend on."""
    import tensorflow as tf

    from kgan.bits import exact
    from kgan.derivatives import without_zeros

    batch = tf.constant(setting.data()[: setting.batch])
    with exact(), without_zeros():
        graph = tf.function(step, autograph=False).get_concrete_function([batch] * batches).graph
    todo, seen = [*graph.control_outputs, *(tensor.op for tensor in graph.outputs)], set()
    while todo:
        op = todo.pop()
        if op not in seen:
            seen.add(op)
            todo += [*op.control_inputs, *(tensor.op for tensor in op.inputs)]
    return seen


def products(op) -> float:
    """How many numbers an operation multiplies; 0 of what is neither a matrix product nor a convolution."""
    if op.type == "MatMul":
        inner = op.inputs[0].shape[0 if op.get_attr("transpose_a") else 1]
        return _size(op.outputs[0]) * inner
    places = {  # of the kernel, and of the map with a pixel for each place where the kernel is laid
        "Conv2D": lambda: (op.inputs[1], op.outputs[0]),
        "Conv2DBackpropInput": lambda: (op.inputs[1], op.inputs[2]),
        "Conv2DBackpropFilter": lambda: (op.outputs[0], op.inputs[2]),
    }
    if op.type not in places:
        return 0.0
    kernel, laid = places[op.type]()
    return _size(laid) * _size(kernel) / kernel.shape[-1]


def _size(tensor) -> float:
    return float(np.prod([int(size) for size in tensor.shape]))
