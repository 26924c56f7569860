"""What an exported generator can be asked for: one function a signature, of TensorFlow's ops only.

TensorFlow Serving with batching joins requests along the first axis and splits the answers, and refuses scalars
(tensorflow/serving #494, #1682): so every signature has inputs and outputs with one row a sample, and a row of an
answer is a function of the same row of the request. `sample` alone has scalars, for who loads the model himself.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import priors, random
from kgan.checks import InputError, lookup
from kgan.export import requests
from kgan.sampling import BATCH, LAYERS, Sampler

SERVE = "serving_default"
HALVES = {"float32": None, "float16": tf.float16, "bfloat16": tf.bfloat16}


class Served(tf.Module):
    """What is saved: the networks' weights, and the signatures.

    Args:
        sampler: how one samples from the game.
        about: JSON that `describe` answers with.
        weights: "float32"; "float16" or "bfloat16" to keep them in half the room. Computing is in float32.

    Raises:
        InputError: for unknown `weights`, or weights that are too large for them; for samples that are structures.
    """

    def __init__(self, sampler: Sampler, about: Callable[["Served"], str], weights: str = "float32") -> None:
        super().__init__()
        half = lookup("weights", weights, HALVES)
        shape = sampler.sample_shape
        if not isinstance(shape, tuple) or not all(size is None or isinstance(size, int) for size in shape):
            raise InputError(f"gan: wanted samples that are one tensor of a known shape, got sample_shape={shape!r}")
        states = [variable for variable in sampler.variables if random.is_seed(variable)]
        known = [variable for variable in sampler.variables if not random.is_seed(variable)]
        self.weights = [variable.value if half is None else _halved(variable, half) for variable in known]
        self.stochastic = bool(states)
        self.sampler, self.most_rows = sampler, requests.most_rows(shape)
        halved = [] if half is None else [pair for pair in zip(known, self.weights, strict=True) if _floats(pair[0])]

        def run(inputs: dict[str, tf.Tensor], seed: tf.Tensor) -> tf.Tensor:
            """The samples; what layers draw is a function of the seed, and no variable is assigned."""
            cast = [(variable, tf.cast(value, "float32")) for variable, value in halved]
            with keras.StatelessScope(state_mapping=cast):
                random.reseed([sampler], seed)
                return sampler.run(inputs)

        self._run = run
        self.endpoints: dict[str, Any] = {}
        self._row_signatures()
        if sampler.free:
            scalars = [tf.TensorSpec((), tf.int32, name) for name in ("num", "seed")]
            sample = tf.function(self._sample, scalars, autograph=False)
            self.endpoints["sample"] = sample.get_concrete_function()
        self.about = about(self)

        def describe(rows: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"about": tf.fill(tf.shape(rows), self.about)}

        self._add("describe", describe, {"rows": _spec("rows", "int64")})

    def _row_signatures(self) -> None:
        sampler, laws = self.sampler, self.sampler.laws
        told = {name: spec for name, spec in sampler.spec.items() if name in sampler.given}

        def serve(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs = requests.checked(inputs, laws, self.most_rows)
            return {"images": self._images(inputs, tf.zeros(_rows(inputs), "int64"))}

        self._add(SERVE, serve, sampler.spec)
        if not sampler.free:
            if set(laws) == {"images"}:
                self._add("translate", serve, sampler.spec)
            return
        seeds = {"seeds": _spec("seeds", "int64"), **told}
        if any(isinstance(law, priors.Normal) for law in laws.values()):
            seeds["truncation"] = _spec("truncation", "float32")

        def generate(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs = requests.checked(inputs, laws, self.most_rows)
            return {"images": self._images(sampler.seeded(**{"truncation": 1.0, **inputs}), inputs["seeds"])}

        def generate_png(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"png_bytes": tf.io.encode_png(_pixels(generate(**inputs)["images"]))}

        def interpolate(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs = requests.checked(inputs, laws, self.most_rows)
            return {"images": self._images(sampler.between(**inputs), inputs["seeds_from"])}

        self._add("generate", generate, seeds)
        if len(sampler.sample_shape) == 3 and sampler.sample_shape[-1] in (1, 3):
            self._add("generate_png", generate_png, seeds)
        ends = {name: _spec(name, "int64") for name in ("seeds_from", "seeds_to")}
        self._add("interpolate", interpolate, {**ends, "position": _spec("position", "float32"), **told})

    def _images(self, inputs: dict[str, tf.Tensor], seeds: tf.Tensor) -> tf.Tensor:
        """The samples of rows of inputs; what layers draw for a row is a function of its seed."""
        seed = lambda one: random.fold_in(random.key(one), LAYERS, 0)  # noqa: E731
        if not self.stochastic:
            return requests.finite(self._run(inputs, seed(0)))
        # One at a time: what layers draw for a batch depends on a row's place in it.
        row = lambda x: self._run({n: v[None] for n, v in x[0].items()}, seed(x[1]))[0]  # noqa: E731
        return requests.finite(tf.map_fn(row, (inputs, seeds), fn_output_signature="float32"))

    def _sample(self, num: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        most = self.most_rows
        right = tf.logical_and(num >= 0, num <= most)
        with tf.control_dependencies([requests.wanted(right, f"num: wanted a number from 0 to {most}, got", num)]):
            num = tf.identity(num)
        inputs = self.sampler.inputs(num, seed)
        chunks = (num + BATCH - 1) // BATCH

        def more(chunk: tf.Tensor, parts: tf.TensorArray) -> tuple:
            start = chunk * BATCH
            part = {name: rows[start : start + BATCH] for name, rows in inputs.items()}
            return chunk + 1, parts.write(chunk, self._run(part, random.fold_in(random.key(seed), LAYERS, start)))

        parts = tf.TensorArray(tf.float32, chunks, element_shape=(None, *self.sampler.sample_shape))
        _, parts = tf.while_loop(lambda chunk, _: chunk < chunks, more, (tf.constant(0), parts))
        return {"images": requests.finite(parts.concat())}

    def _add(self, name: str, function: Callable, specs: dict[str, tf.TensorSpec]) -> None:
        self.endpoints[name] = tf.function(function, autograph=False).get_concrete_function(**specs)


def table(endpoints: dict[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """The signatures in words: name -> "inputs" and "outputs" -> name -> "float32 (n, 100)"."""

    def words(specs: dict[str, Any]) -> dict[str, str]:
        sizes = lambda shape: ", ".join("n" if size is None else str(size) for size in shape)  # noqa: E731
        text = lambda spec: f"({sizes(spec.shape)}{',' if spec.shape.rank == 1 else ''})"  # noqa: E731
        return {name: f"{spec.dtype.name} {text(spec)}" for name, spec in specs.items()}

    return {
        name: {"inputs": words(arguments(function)), "outputs": words(function.structured_outputs)}
        for name, function in endpoints.items()
    }


def arguments(function: Any) -> dict[str, tf.TensorSpec]:
    """The inputs of a signature by name."""
    positional, named = function.structured_input_signature
    return {spec.name: spec for spec in positional} | named


def _spec(name: str, dtype: str) -> tf.TensorSpec:
    return tf.TensorSpec((None,), dtype, name)


def _rows(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.shape(next(iter(inputs.values())))[:1]


def _pixels(images: tf.Tensor) -> tf.Tensor:
    """uint8, as `kgan.pictures.grid` makes it of [-1, 1]."""
    return tf.cast(tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * 127.5), "uint8")


def _floats(variable: keras.Variable) -> bool:
    return tf.as_dtype(variable.dtype).is_floating


def _halved(variable: keras.Variable, half: tf.DType) -> tf.Variable:
    if not _floats(variable):
        return variable.value
    value = tf.cast(variable.value, half)
    if not np.isfinite(tf.cast(value, "float32")).all():
        largest = float(tf.reduce_max(tf.abs(variable.value)))
        raise InputError(f"weights: {variable.path} holds {largest:g}, too large for {half.name}; wanted bfloat16")
    return tf.Variable(value, trainable=False)
