"""Sampling from a game: the one face that a generator has outside of training."""

import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import memory, priors, random
from kgan.bits import exact
from kgan.checks import InputError, unknown, whole
from kgan.feed import feed

LAYERS = 4  # what a draw is for: a key of its seed
BATCH = 256  # samples that are made at a time: bounds the memory that a request for many takes


class Compiled:
    """A function of a batch of inputs by name, compiled once for batches of any size, at its first call.

    What cannot be compiled, a network of the user's that looks at its inputs in NumPy say, is run as it is.

    Args:
        function: of a dict of tensors.
        spec: what they are, by name.
    """

    def __init__(self, function: Callable[[dict], Any], spec: Mapping[str, tf.TensorSpec]) -> None:
        self._function, self._spec = function, dict(spec)

    @exact()
    def __call__(self, inputs: dict) -> Any:
        return self.graph(inputs)

    @functools.cached_property
    def graph(self) -> Callable:
        """The `tf.function`."""
        graph = tf.function(self._function, input_signature=[self._spec], autograph=False)
        try:
            graph.get_concrete_function()
        except Exception:  # whatever a user's layer raises; if it is a fault, it is raised again as it is run
            return self._function
        return graph


class Sampler:
    """Draws from the prior, takes conditions, and turns both into samples.

    Made by a live model (`model.sampler()`), by a run's checkpoint and by a SavedModel alike. A sample is a function of
    the weights, the seed and what is given.

    Args:
        run: a dict of tensors, the inputs by name, each with one row a sample -> samples, a tensor or a structure.
        prior: the laws that inputs are drawn from, by name (`kgan.priors`).
        given: the conditions, by name: `priors.Labels` or `priors.Pictures`.
        sample_shape: the shape of one sample (a structure of shapes, where samples are one).
        value_range: (lowest, highest) value of a sample; (-1, 1) for images.
        variables: what `run` reads, for an export.

    Attributes:
        laws: prior and conditions, by name: every input.
        network: the network that `run` is, where it is one; None otherwise.
        compiled: `run` compiled, where it is a network: for requests of several batches. Its numbers are those of
            `run`, but for their last bits; which one is taken depends on the request alone.
        version: of an exported model, a whole number; None otherwise.
    """

    def __init__(
        self,
        run: Callable[[dict], Any],
        prior: Mapping[str, Any],
        given: Mapping[str, Any] | None = None,
        sample_shape: Any = None,
        value_range: tuple[float, float] = (-1.0, 1.0),
        variables: Sequence = (),
    ) -> None:
        self.run, self.prior, self.given = run, dict(prior), dict(given or {})
        self.network: keras.Model | None = None
        self.compiled: Compiled | None = None
        self.version: int | None = None
        self.laws = self.prior | self.given
        self.sample_shape, self.value_range, self.variables = sample_shape, value_range, list(variables)

    @classmethod
    def of(cls, network: keras.Model, prior: Any, given: Mapping[str, Any] | None = None, **about: Any) -> "Sampler":
        """The sampler that one network is: `run` feeds it all inputs, and gives float32."""

        def run(inputs: dict) -> Any:
            return keras.tree.map_structure(lambda x: tf.cast(x, "float32"), feed(network, inputs, training=False))

        sampler = cls(run, priors.named(prior), given, variables=network.variables, **about)
        sampler.network, sampler.compiled = network, Compiled(run, sampler.spec)
        return sampler

    @property
    def free(self) -> bool:
        """Whether samples can be drawn without anything given: not of a generator that translates pictures."""
        return all(hasattr(law, "draw") for law in self.laws.values())

    @property
    def classes(self) -> int | None:
        """How many classes can be asked for; None of a generator that is told no labels."""
        name = self._labels
        return None if name is None else self.given[name].classes

    @property
    def _labels(self) -> str | None:
        return next((name for name, law in self.given.items() if isinstance(law, priors.Labels)), None)

    @property
    def latent_dim(self) -> int | None:
        """The dimension of the normal latents, where the prior has one such law; None otherwise."""
        normal = [law for law in self.prior.values() if isinstance(law, priors.Normal)]
        return math.prod(normal[0].shape) if len(normal) == 1 else None

    def of_latents(self, latents: Any, seed: int = 0) -> Any:
        """The samples of normal latents, (num, latent_dim); what else the generator is fed is drawn, by `seed`.

        Raises:
            InputError: for another shape, or if `latent_dim` is None.
        """
        if self.latent_dim is None:
            raise InputError(f"latents: wanted a prior with one normal law, this is {sorted(self.prior)}")
        name, law = next(item for item in self.prior.items() if isinstance(item[1], priors.Normal))
        latents = np.asarray(latents, "float32")
        if latents.ndim != 2 or latents.shape[1] != self.latent_dim or not len(latents):
            raise InputError(f"latents: wanted (num, {self.latent_dim}), got {latents.shape}")
        return self(**{**self.inputs(len(latents), seed), name: latents.reshape(-1, *law.shape)})

    @property
    def spec(self) -> dict[str, tf.TensorSpec]:
        """What `run` takes, by name: the first axis is the samples."""
        return {
            name: tf.TensorSpec((None, *law.shape), getattr(law, "dtype", "float32"), name)
            for name, law in self.laws.items()
        }

    def inputs(self, num: int, seed: int | tf.Tensor = 0, **given: Any) -> dict[str, tf.Tensor]:
        """The inputs of `num` samples: drawn from the prior, and the conditions that are given.

        Args:
            num: how many.
            seed: of the draws.
            **given: conditions by name: a label or a picture for all, or several, which are repeated in their order up
                to `num`. Labels that are not given are drawn.

        Raises:
            InputError: for a condition that the game does not have, is missing, or out of its range.
        """
        key = random.key(seed)
        taken = priors.draw(self.prior, num, key)
        for name in given:
            if name not in self.given:
                if not self.given:
                    raise InputError(f"{name}: this generator is unconditional, got {name}={given[name]!r}")
                raise unknown("condition", name, self.given)
        for number, (name, condition) in enumerate(self.given.items()):
            if given.get(name) is not None:
                rows = condition.take(name, given[name])
                taken[name] = tf.gather(tf.constant(rows), tf.range(num) % len(rows))
            elif hasattr(condition, "draw"):
                taken[name] = condition.draw(num, random.fold_in(key, number, 1))
            else:
                raise InputError(f"{name}: this generator wants {name}, got none")
        return taken

    def __call__(self, **inputs: Any) -> Any:
        """The samples of inputs by name, float32 NumPy, one a row.

        Raises:
            InputError: for inputs that are missing, unknown, of another shape, or not one row each.
        """
        return _joined(list(self._parts(self._checked(inputs), BATCH)))

    def sample(self, num: int, seed: int = 0, batch_size: int = BATCH, **given: Any) -> Any:
        """`num` samples, float32 NumPy (num, ...), a function of the weights, the seed and what is given.

        What layers draw (dropout that stays on, noise) is a function of the seed and of `batch_size`.
        """
        memory.check("num", f"{num:,} samples", 2 * 4 * whole("num", num) * _numbers(self.sample_shape))
        return _joined(list(self.iter_samples(num, seed, batch_size, **given)))

    def iter_samples(self, num: int, seed: int = 0, batch_size: int = BATCH, **given: Any) -> Iterator:
        """The samples of `sample` in batches: for more than memory holds."""
        yield from self._parts(self._drawn(num, seed, batch_size, given), batch_size, seed)

    def iter_labelled(self, num: int, seed: int = 0, batch_size: int = BATCH, **given: Any) -> Iterator:
        """The same as data have them: batches (samples, labels), int32, of a generator that is told labels."""
        inputs = self._drawn(num, seed, batch_size, given)
        batches = self._parts(inputs, batch_size, seed)
        if self._labels is None:
            yield from batches
        else:
            labels = inputs[self._labels].numpy()
            starts = range(0, num, batch_size)
            yield from ((batch, labels[i : i + batch_size]) for i, batch in zip(starts, batches, strict=True))

    def _drawn(self, num: int, seed: int, batch_size: int, given: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        whole("num", num)
        whole("seed", seed, 0, 2**63 - 1)
        whole("batch_size", batch_size)
        numbers = sum(math.prod(size or 1 for size in law.shape) for law in self.laws.values())
        memory.check("num", f"the inputs of {num:,} samples", 4 * num * numbers)
        return self.inputs(num, seed, **given)

    def _parts(self, inputs: dict[str, tf.Tensor], batch_size: int, seed: int = 0) -> Iterator:
        num = int(next(iter(inputs.values())).shape[0])
        run = self.compiled if self.compiled is not None and num > batch_size else self.run  # one is made sooner as is
        for i in range(0, num, batch_size):
            if self.network is not None:  # what its layers draw is a function of the seed too
                random.reseed([self.network], random.fold_in(random.key(seed), LAYERS, i))
            rows = {name: value[i : i + batch_size] for name, value in inputs.items()}
            yield keras.tree.map_structure(lambda x: x.numpy(), run(rows))

    def _checked(self, inputs: dict[str, Any]) -> dict[str, tf.Tensor]:
        if set(inputs) != set(self.laws):
            raise InputError(f"inputs: wanted {sorted(self.laws)}, got {sorted(inputs)}")
        tensors = {}
        for name, spec in self.spec.items():
            tensors[name] = value = tf.convert_to_tensor(inputs[name], spec.dtype)
            if not spec.shape.is_compatible_with(value.shape) or not value.shape[0]:
                wanted = ("num", *spec.shape[1:])
                raise InputError(f"{name}: wanted ({', '.join(map(str, wanted))}), got {tuple(value.shape)}")
        if len({value.shape[0] for value in tensors.values()}) > 1:
            raise InputError(f"inputs: wanted one row each, got { ({n: v.shape[0] for n, v in tensors.items()}) }")
        return tensors


def _numbers(shape: Any) -> int:
    """How many numbers a sample of a shape has, a structure of shapes too; of a size that is not known at least 1."""
    if isinstance(shape, Mapping):
        return sum(map(_numbers, shape.values()))
    if isinstance(shape, tuple) and all(size is None or isinstance(size, int) for size in shape):
        return math.prod(size or 1 for size in shape)
    return sum(map(_numbers, shape or ()))


def _joined(parts: list) -> Any:
    return keras.tree.map_structure(lambda *pieces: np.concatenate(pieces), *parts)


def describe(sampler: Sampler) -> str:
    """What a sampler is beside its networks, as JSON: prior, conditions, the samples' shape and range."""
    serialize = keras.saving.serialize_keras_object
    return json.dumps(
        {
            "prior": {name: serialize(law) for name, law in sampler.prior.items()},
            "given": {name: serialize(law) for name, law in sampler.given.items()},
            "sample_shape": sampler.sample_shape,
            "value_range": sampler.value_range,
        },
        indent=1,
    )


def described(text: str) -> dict[str, Any]:
    """The arguments of a `Sampler` that `describe` has written.

    Raises:
        ValueError: for another text.
    """
    about, read = json.loads(text), keras.saving.deserialize_keras_object
    laws = {part: {name: read(law) for name, law in about[part].items()} for part in ("prior", "given")}
    return {**laws, "sample_shape": _shape(about["sample_shape"]), "value_range": tuple(about["value_range"])}


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    return tuple(_shape(part) for part in value) if isinstance(value, list) else value
