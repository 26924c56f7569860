"""A generator as one file for another runtime: ONNX Runtime, or LiteRT (which was TensorFlow Lite)."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import files
from kgan.checks import InputError, lookup
from kgan.export.saved_model import as_sampler
from kgan.sampling import Sampler

ROWS = 4  # in the comparison with TensorFlow
NEAR = 1e-4  # how far a number may be from TensorFlow's
OPSET = 17  # of ONNX, which its runtime has since 1.12

Run = Callable[[dict[str, np.ndarray]], np.ndarray]


def save_as(format: str, gan: Any, path: str | os.PathLike) -> Path:
    """Writes the generator alone, from its inputs by name to images, and compares what the file computes.

    The inputs are those of the signature `serving_default`, any number of rows at once. What is asked for is not looked
    at, as a SavedModel's signatures do, and seeds, PNG and ways between samples are not there.

    Args:
        format: "onnx", by tf2onnx, run by ONNX Runtime (pip install 'kgan[onnx]'); "tflite", by TensorFlow's converter,
            run by LiteRT (pip install 'kgan[tflite]').
        gan: as `kgan.export.save_generator` takes it.
        path: of the file.

    Returns:
        The path.

    Raises:
        InputError: for an unknown format, one whose packages are not there, a file that exists, a generator that
            cannot be converted (as one whose layers draw), or whose samples are further than 1e-4 from TensorFlow's.
            Nothing is written then.
    """
    convert, load = lookup("format", format, FORMATS)
    sampler, path = as_sampler(gan), Path(path)
    if path.exists():
        raise InputError(f"out: {path} exists; wanted a new file")
    if sampler.stochastic:
        raise InputError(f"format: layers of this generator draw, which {format} cannot write; wanted a SavedModel")
    try:
        content = convert(sampler)
        run = load(content)
    except ImportError as error:
        raise InputError(f"format: {format} wants more packages, pip install 'kgan[{format}]': {error}") from error
    except Exception as error:  # each converter has its own
        raise InputError(f"format: this generator cannot be written as {format}: {error}") from error
    inputs = _example(sampler)
    theirs = sampler.run({name: tf.constant(value) for name, value in inputs.items()}).numpy()
    far = float(np.abs(run(inputs) - theirs).max())
    if not far <= NEAR:
        raise InputError(f"format: as {format} the samples are {far:.2g} from TensorFlow's; wanted at most {NEAR:g}")
    files.write(path, content)
    return path


def _example(sampler: Sampler) -> dict[str, np.ndarray]:
    if sampler.free:
        return {name: value.numpy() for name, value in sampler.inputs(ROWS).items()}
    rng = np.random.default_rng(0)
    shapes = {name: [ROWS, *(size or 64 for size in law.shape)] for name, law in sampler.laws.items()}
    return {name: rng.uniform(-1.0, 1.0, shape).astype("float32") for name, shape in shapes.items()}


def _function(sampler: Sampler) -> Any:
    def run(*inputs: tf.Tensor) -> tf.Tensor:  # without a name, which tf2onnx could take for an input's
        with keras.StatelessScope():  # no variable is assigned
            return sampler.run(dict(zip(sampler.spec, inputs, strict=True)))

    return tf.function(run, list(sampler.spec.values()), autograph=False)


def _to_onnx(sampler: Sampler) -> bytes:
    import tf2onnx

    model, _ = tf2onnx.convert.from_function(_function(sampler), list(sampler.spec.values()), opset=OPSET)
    return model.SerializeToString()


def _run_onnx(content: bytes) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)[0]


def _to_tflite(sampler: Sampler) -> bytes:
    function = _function(sampler).get_concrete_function()
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


def _run_tflite(content: bytes) -> Run:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)

    def run(inputs: dict[str, np.ndarray]) -> np.ndarray:
        places = {detail["name"]: detail["index"] for detail in interpreter.get_input_details()}
        for name, value in inputs.items():
            interpreter.resize_tensor_input(places[name], value.shape)
        interpreter.allocate_tensors()
        for name, value in inputs.items():
            interpreter.set_tensor(places[name], value)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return run


FORMATS: dict[str, tuple[Callable[[Sampler], bytes], Callable[[bytes], Run]]] = {
    "onnx": (_to_onnx, _run_onnx),
    "tflite": (_to_tflite, _run_tflite),
}
