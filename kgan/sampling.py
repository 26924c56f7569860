"""Sampling from a game: the one face that a generator has outside of training."""

import functools
import json
import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import memory, priors, random
from kgan.bits import exact
from kgan.checks import InputError, unknown, whole
from kgan.feed import as_float32, feed

LAYERS = 4  # what a draw is for: a key of its seed
BATCH = 256  # samples that are made at a time: bounds the memory that a request for many takes
ONE_CALL = 1 << 20  # numbers of a request up to which it is one call of a graph; a longer one can be stopped in between


class Compiled:
    """A function of a batch of inputs by name, compiled once for batches of any size, at its first call.

    What cannot be compiled, a network of the user's that looks at its inputs in NumPy say, is run as it is.

    Args:
        function: of a dict of tensors.
        spec: what they are, by name.
        draw: (num, seed), int32 and int64 -> the inputs of so many samples.
    """

    def __init__(self, function: Callable[[dict], Any], spec: Mapping[str, tf.TensorSpec], draw: Callable) -> None:
        self._function, self._spec, self._draw = function, dict(spec), draw

    @exact()
    def __call__(self, inputs: dict) -> Any:
        return self.graph(inputs)

    @exact()
    def drawn(self, num: int, seed: int, rows: int) -> Any:
        """`num` samples, made `rows` at a time, in one call: what `__call__` makes of the batches of `draw`.

        Not of what cannot be compiled.
        """
        return self.whole(tf.constant(num), tf.constant(seed, "int64"), tf.constant(rows))

    @property
    @exact()
    def possible(self) -> bool:
        """Whether it can be compiled; to know that, it is."""
        return self.graph is not self._function

    @functools.cached_property
    def graph(self) -> Callable:
        """The `tf.function`."""
        graph = tf.function(self._function, input_signature=[self._spec], autograph=False)
        try:
            graph.get_concrete_function()
        except Exception:  # whatever a user's layer raises; if it is a fault, it is raised again as it is run
            return self._function
        return graph

    @functools.cached_property
    def whole(self) -> Callable:
        """All of a request, around `graph`: a concrete function, which is called sooner than a `tf.function`."""
        sample = self.graph.get_concrete_function()

        def samples(num: tf.Tensor, seed: tf.Tensor, rows: tf.Tensor) -> Any:
            inputs = self._draw(num, seed)
            # Of ranks and kinds that are known, and of any number of rows.
            parts = tf.nest.map_structure(
                lambda spec: tf.TensorArray(
                    spec.dtype, (num - 1) // rows + 1, infer_shape=False, element_shape=(None, *spec.shape[1:])
                ),
                sample.structured_outputs,
            )

            def make(number: tf.Tensor, parts: Any) -> tuple:
                made = self.graph({name: value[number * rows :][:rows] for name, value in inputs.items()})
                return number + 1, tf.nest.map_structure(lambda part, rows: part.write(number, rows), parts, made)

            more = lambda number, _: number * rows < num  # noqa: E731
            _, parts = tf.while_loop(more, make, (0, parts), parallel_iterations=1)
            return tf.nest.map_structure(lambda part: part.concat(), parts)

        number = tf.TensorSpec((), "int32")
        signature = [number, tf.TensorSpec((), "int64"), number]
        return tf.function(samples, signature, autograph=False).get_concrete_function()


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
        most_rows: that `run` takes at once; None for any number.
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
        self.most_rows: int | None = None
        self.laws = self.prior | self.given
        self.sample_shape, self.value_range, self.variables = sample_shape, value_range, list(variables)

    @classmethod
    def of(cls, network: keras.Model, prior: Any, given: Mapping[str, Any] | None = None, **about: Any) -> "Sampler":
        """The sampler that one network is: `run` feeds it all inputs, and gives float32."""

        def run(inputs: dict) -> Any:
            return as_float32(feed(network, inputs, training=False))

        sampler = cls(run, priors.named(prior), given, variables=network.variables, **about)
        sampler.network, sampler.compiled = network, Compiled(run, sampler.spec, sampler.inputs)
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
    def stochastic(self) -> bool:
        """Whether layers draw when it samples (dropout that stays on, noise)."""
        return self.network is not None and any(map(random.is_seed, self.variables))

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

    def inputs(self, num: int, seed: int | tf.Tensor = 0, truncation: Any = 1.0, **given: Any) -> dict[str, tf.Tensor]:
        """The inputs of `num` samples: drawn from the prior, and the conditions that are given.

        Args:
            num: how many.
            seed: of the draws.
            truncation: psi in [0, 1], by which normal latents are multiplied (`priors.truncated`); 1 leaves them.
            **given: conditions by name: a label or a picture for all, or several, which are repeated in their order up
                to `num`. Labels that are not given are drawn.

        Raises:
            InputError: for a condition that the game does not have, is missing, or out of its range; for a truncation
                out of its range, or where nothing is normal.
        """
        taken = self._taken(num, given)
        return self._whole({**self._draws(num, random.key(seed), taken), **taken}, truncation)

    def seeded(self, seeds: Any, truncation: Any = 1.0, **given: Any) -> dict[str, tf.Tensor]:
        """The inputs of one sample a seed: row i are those of `inputs(1, seeds[i])`, whatever the other rows are.

        Args:
            seeds: whole numbers (num,), of which the lowest 31 bits count; a tensor int64 in a graph.
            truncation, **given: as in `inputs`; the truncation may be one a row.

        Raises:
            InputError: as `inputs` does.
        """
        if not tf.is_symbolic_tensor(seeds):
            seeds = tf.constant([whole("seeds", one, 0, 2**63 - 1) for one in np.asarray(seeds).tolist()], "int64")
        taken = self._taken(tf.shape(seeds)[0], given)

        def one(seed: tf.Tensor) -> dict[str, tf.Tensor]:
            return {name: rows[0] for name, rows in self._draws(1, random.key(seed), taken).items()}

        kinds = {name: spec for name, spec in self.spec.items() if name not in taken}
        kinds = {name: tf.TensorSpec(spec.shape[1:], spec.dtype) for name, spec in kinds.items()}
        drawn = tf.map_fn(one, tf.cast(seeds, "int64"), fn_output_signature=kinds) if kinds else {}
        return self._whole({**drawn, **taken}, truncation)

    def between(self, seeds_from: Any, seeds_to: Any, position: Any, **given: Any) -> dict[str, tf.Tensor]:
        """The inputs on the way from the samples of some seeds to those of others (`priors.between`).

        Args:
            seeds_from, seeds_to: whole numbers (num,).
            position: numbers in [0, 1], (num,).
            **given: conditions by name, as in `inputs`; those that are drawn are the nearer end's.

        Raises:
            InputError: as `inputs` does; for another number of positions or one outside of [0, 1].
        """
        if not tf.is_symbolic_tensor(position):
            position = np.atleast_1d(np.asarray(position, "float32"))
            if not len(position) == len(seeds_from) == len(seeds_to) or not ((position >= 0) & (position <= 1)).all():
                raise InputError(f"position: wanted a number in [0, 1] for each pair of seeds, got {position.tolist()}")
        start, end = self.seeded(seeds_from, **given), self.seeded(seeds_to, **given)
        nearer = {name: tf.where(tf.less(position, 0.5), start[name], end[name]) for name in self.given}
        return {**priors.between(self.prior, start, end, position), **nearer}

    def _draws(self, num: Any, key: tf.Tensor, taken: Container) -> dict[str, tf.Tensor]:
        drawn = priors.draw(self.prior, num, key)
        for number, (name, condition) in enumerate(self.given.items()):
            if name not in taken:
                drawn[name] = condition.draw(num, random.fold_in(key, number, 1))
        return drawn

    def _taken(self, num: Any, given: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """The conditions that are given, repeated in their order; those that cannot be drawn have to be."""
        for name in given:
            if name not in self.given:
                if not self.given:
                    raise InputError(f"{name}: this generator is unconditional, got {name}={given[name]!r}")
                raise unknown("condition", name, self.given)
        taken = {}
        for name, condition in self.given.items():
            value = given.get(name)
            if value is not None:
                rows = value if tf.is_symbolic_tensor(value) else tf.constant(condition.take(name, value))
                taken[name] = tf.gather(rows, tf.range(num) % tf.shape(rows)[0])
            elif not hasattr(condition, "draw"):
                raise InputError(f"{name}: this generator wants {name}, got none")
        return taken

    def _whole(self, inputs: dict[str, tf.Tensor], truncation: Any) -> dict[str, tf.Tensor]:
        """All inputs, in their order, truncated."""
        if not tf.is_symbolic_tensor(truncation):
            if not (np.isfinite(truncation).all() and np.min(truncation) >= 0 and np.max(truncation) <= 1):
                raise InputError(f"truncation: wanted a number in [0, 1], got {truncation!r}")
            if np.all(np.equal(truncation, 1.0)):
                return {name: inputs[name] for name in self.laws}
            if not any(isinstance(law, priors.Normal | priors.Truncation) for law in self.laws.values()):
                raise InputError(f"truncation: wanted a prior with a normal law, this is {sorted(self.prior)}")
        return priors.truncated(self.laws, {name: inputs[name] for name in self.laws}, truncation)

    def __call__(self, **inputs: Any) -> Any:
        """The samples of inputs by name, float32 NumPy, one a row.

        Raises:
            InputError: for inputs that are missing, unknown, of another shape, or not one row each.
        """
        return _joined(list(self._parts(self._checked(inputs), BATCH)))

    def sample(
        self,
        num: int,
        seed: int = 0,
        batch_size: int = BATCH,
        progress: Callable[[int], Any] | None = None,
        **given: Any,
    ) -> Any:
        """`num` samples, float32 NumPy (num, ...), a function of the weights, the seed and what is given.

        What layers draw (dropout that stays on, noise) is a function of the seed and of `batch_size`.

        Args:
            num: how many.
            seed: of the draws.
            batch_size: that are made at a time.
            progress: called after each time, with their number.
            **given: truncation and conditions, as in `inputs`.
        """
        numbers = whole("num", num) * _numbers(self.sample_shape)
        memory.check("num", f"{num:,} samples", 2 * 4 * numbers)
        small = progress is None and not given and self.free and not self.stochastic and 0 < numbers <= ONE_CALL
        if small and num > whole("batch_size", batch_size) and self.compiled is not None and self.compiled.possible:
            seed = whole("seed", seed, 0, 2**63 - 1)
            return keras.tree.map_structure(np.asarray, self.compiled.drawn(num, seed, batch_size))
        parts = []
        for part in self.iter_samples(num, seed, batch_size, **given):
            parts.append(part)
            if progress is not None:
                progress(len(keras.tree.flatten(part)[0]))
        return _joined(parts)

    def of_seeds(self, seeds: Any, **more: Any) -> Any:
        """One sample a seed, float32 NumPy: row i is `sample(1, seeds[i])`, whatever the other rows are.

        Args:
            seeds: whole numbers (num,).
            **more: truncation and conditions, as in `seeded`.
        """
        inputs = self.seeded(seeds, **more)
        if not self.stochastic:
            return self(**inputs)
        rows = [{name: value[i : i + 1] for name, value in inputs.items()} for i in range(len(seeds))]
        return _joined([next(self._parts(row, 1, int(seed))) for row, seed in zip(rows, seeds, strict=True)])

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
            labels, done = inputs[self._labels].numpy(), 0
            for batch in batches:
                rows = len(keras.tree.flatten(batch)[0])
                yield batch, labels[done : done + rows]
                done += rows

    def _drawn(self, num: int, seed: int, batch_size: int, given: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        whole("num", num)
        whole("seed", seed, 0, 2**63 - 1)
        whole("batch_size", batch_size)
        numbers = sum(math.prod(size or 1 for size in law.shape) for law in self.laws.values())
        memory.check("num", f"the inputs of {num:,} samples", 4 * num * numbers)
        return self.inputs(num, seed, **given)

    def _parts(self, inputs: dict[str, tf.Tensor], batch_size: int, seed: int = 0) -> Iterator:
        num = int(next(iter(inputs.values())).shape[0])
        batch_size = min(batch_size, self.most_rows or batch_size)
        run = self.compiled if self.compiled is not None and num > batch_size else self.run  # one is made sooner as is
        stochastic = self.stochastic
        for i in range(0, num, batch_size):
            if stochastic:  # what its layers draw is a function of the seed too
                random.reseed([self.network], random.key(seed), LAYERS, i)
            rows = {name: value[i : i + batch_size] for name, value in inputs.items()}
            yield keras.tree.map_structure(np.asarray, run(rows))  # tensors, or a server's arrays

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
