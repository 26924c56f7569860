"""The fit loop: one device, several or several machines, one call.

Stock Keras 3 `fit` fails under MultiWorkerMirroredStrategy, and under MirroredStrategy with steps_per_execution > 1;
it also knows no round that takes several batches, and no place to go on from. This loop does, and talks to callbacks
as Keras's does.
"""

import dataclasses
import functools
import itertools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.bits import exact
from kgan.checks import InputError, whole


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where training stands: `step` rounds of epoch `epoch` are done, and their logs add up to `totals`."""

    epoch: int = 0
    step: int = 0
    totals: dict = dataclasses.field(default_factory=dict)

    def added(self, rounds: int, logs: dict) -> dict:
        """`totals` with those of `rounds` more rounds."""
        return {name: self.totals.get(name, 0.0) + rounds * value for name, value in logs.items()}


class FitLoop:
    """`fit` and `evaluate` for a `keras.Model` whose `train_step` takes a list of batches; a mixin before it.

    The model defines `train_step(batches)`, `test_step(batch, number)`, `check_batch(batch)`, `rounds_needed` (the
    batches that the next round takes; at most `most_batches`), `adapt()`, called between two executions, and the
    variables `step` and `batches`, which count rounds and batches over all of the model's life.

    Attributes:
        progress: a `Progress`. A callback that sets it (a checkpoint that is restored, at the beginning or in
            the middle) makes the loop go on from there, with the data at the position that `step` says.
        memory: arrays by name, what callbacks remember from one execution to the next and would miss if the run were
            stopped in between; a part of every checkpoint. Empty when `fit` begins.
    """

    progress = Progress()
    memory: Mapping[str, np.ndarray] = types.MappingProxyType({})

    @exact()
    def fit(
        self,
        x: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_data: tf.data.Dataset | None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
    ) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit` does. A step is a round: it takes `n_critic` fresh batches.

        The batch with which a round begins is a function of the model's `batches`, so that a run which was stopped
        goes on with the data that it would have seen. `kgan.data.load` gives any batch at once; any other dataset
        is repeated, and its first batches are skipped one by one (exact if it is shuffled by a seed, in a new process).

        With the same first weights, data, seed and number of cores, runs on CPUs of one kind end in the same bits, idle
        or loaded. For that, TensorFlow's graph rewriter is off while `fit`, `evaluate` or `train_on_batch` run, for
        all of the process, and sums are made in a fixed order; see `kgan.bits`, also for what breaks it: XLA, a GPU.

        Args:
            x: a `tf.data.Dataset` of (global) batches: samples, or (samples, labels); or an array of samples.
            batch_size: with an array, samples in a batch (32); not with a dataset, which has its own.
            epochs: train up to this epoch.
            verbose: 0 silent, 1 progress bar, 2 a line an epoch, "auto" a bar.
            callbacks: of Keras or of kgan. Batch logs are means over the epoch so far. Those with a true attribute
                `goes_first` (`Checkpoint`) are called before the others, wherever they stand: what the others find at
                the beginning is then the run as it was left. `stop_training` inside an epoch ends it, as in Keras:
                `on_epoch_end` is called; a run that goes on later plays the rest of the epoch, and calls it again.
            validation_data: a finite dataset; its mean logs are added to the epoch's as val_NAME.
            initial_epoch: the epoch to begin with, from 0.
            steps_per_epoch: rounds in an epoch; default: as many as the data has batches for.
            validation_steps: batches of the validation data to look at; default all.

        Returns:
            The `History`, whose `history` holds the means of the logs over each epoch.

        Raises:
            InputError: for data that does not fit the model, an unknown length of the epoch, or a
                `steps_per_execution` that does not divide it.
        """
        self._check_compiled()
        whole("epochs", epochs, least=0)
        whole("initial_epoch", initial_epoch, least=0)
        if validation_data is not None:
            _check_dataset("validation_data", validation_data)
        feed, batches = _feed(x, batch_size, self.seed)
        if steps_per_epoch is None:
            steps_per_epoch = self._steps_per_epoch(batches)
        whole("steps_per_epoch", steps_per_epoch)
        if steps_per_epoch % self.steps_per_execution:
            raise InputError(
                f"steps_per_execution: {self.steps_per_execution} does not divide the epoch's {steps_per_epoch} steps; "
                "steps_per_epoch shortens the epoch"
            )
        self._check_data(feed(0, 1))
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = keras.callbacks.CallbackList(
                callbacks,
                add_history=True,
                add_progbar=verbose != 0,
                verbose=1 if verbose == "auto" else verbose,
                epochs=epochs,
                steps=steps_per_epoch,
                model=self,
            )
        callbacks.callbacks.sort(key=lambda callback: not getattr(callback, "goes_first", False))
        self.stop_training = False
        self.progress, self.memory = Progress(initial_epoch), {}
        callbacks.on_train_begin()
        self._check_place(steps_per_epoch)
        held_out = functools.partial(self._held_out, validation_data, validation_steps)
        logs = {}
        while self.progress.epoch < epochs and not self.stop_training:
            iterator = self._iterate(feed(int(self.batches.numpy()), None))
            logs = self._play(iterator, epochs, steps_per_epoch, callbacks, held_out)
        callbacks.on_train_end(logs)
        return self.history

    def _play(
        self,
        iterator: Iterator,
        epochs: int,
        steps_per_epoch: int,
        callbacks: keras.callbacks.CallbackList,
        held_out: Callable[[], dict],
    ) -> dict:
        """Plays from `progress` to the last epoch, to a stop, or until a callback has set `progress`."""
        here, rounds, means = self.progress, self.steps_per_execution, {}
        while here.epoch < epochs and not self.stop_training:
            epoch = here.epoch
            if here.step == 0 or not means:  # also where it goes on in the middle: the progress bar begins here
                callbacks.on_epoch_begin(epoch)
            callbacks.on_train_batch_begin(here.step)
            self.adapt()
            logs = {name: float(value) for name, value in self.make_train_function()(iterator).items()}
            end, totals = here.step + rounds, here.added(rounds, logs)
            means = {name: total / end for name, total in totals.items()}
            here = self.progress = Progress(epoch, end, totals) if end < steps_per_epoch else Progress(epoch + 1)
            callbacks.on_train_batch_end(end - 1, means)
            if (here.step == 0 or self.stop_training) and self.progress is here:
                means |= held_out()
                callbacks.on_epoch_end(epoch, means)
            if self.progress is not here:
                break
        return means

    def _check_place(self, steps_per_epoch: int) -> None:
        step, rest = self.progress.step, steps_per_epoch - self.progress.step
        if step and (rest <= 0 or rest % self.steps_per_execution):
            raise InputError(
                f"steps_per_epoch: the run stopped after step {step} of an epoch, and this one has {steps_per_epoch}, "
                f"{self.steps_per_execution} an execution; wanted those that it had"
            )

    def _held_out(self, data: tf.data.Dataset | None, steps: int | None) -> dict:
        logs = {} if data is None else self.evaluate(data, steps=steps)
        return {f"val_{name}": value for name, value in logs.items()}

    @exact()
    def evaluate(
        self, x: tf.data.Dataset, steps: int | None = None, verbose: str | int = 0, **ignored: Any
    ) -> dict[str, float]:
        """The means of `test_step`'s logs over the samples of a finite dataset of batches, or of its first `steps`.

        Raises:
            InputError: if `x` is no dataset, is empty, or does not fit the model.
        """
        self._check_compiled()
        _check_dataset("x", x)
        self._check_data(x.take(1), split=False)
        self.make_test_function()
        iterator = self._iterate(x if steps is None else x.take(whole("steps", steps)))
        totals, samples = {}, 0.0
        for number in itertools.count():
            try:
                sums, size = self.test_function(iterator, tf.constant(number))
            except (StopIteration, tf.errors.OutOfRangeError):
                break
            samples += float(size)
            totals = {name: totals.get(name, 0.0) + float(value) for name, value in sums.items()}
        return {name: total / samples for name, total in totals.items()}

    @exact()
    def train_on_batch(self, *batches: Any) -> dict[str, float]:
        """One round on the given batches, as many as a round needs (`n_critic`); returns its logs."""
        self._check_compiled()
        if len(batches) != self.rounds_needed:
            raise InputError(f"batches: a round takes {self.rounds_needed}, got {len(batches)}")
        logs = self.replicated(self.train_step)(list(batches))
        return {name: float(value) for name, value in logs.items()}

    def make_train_function(self, force: bool = False) -> Callable:
        """The compiled function that plays `steps_per_execution` rounds from an iterator; returns mean logs."""
        if self.train_function is None or force:
            self.train_function = {}  # by how many batches a round takes
        needed = self.rounds_needed
        if needed not in self.train_function:
            run, repeats = self.replicated(self.train_step), self.steps_per_execution

            def once(iterator: Iterator) -> dict:
                return run([next(iterator) for _ in range(needed)])

            def function(iterator: Iterator) -> dict:
                logs = once(iterator)
                if repeats > 1:
                    add = lambda i, sums: (i + 1, tf.nest.map_structure(tf.add, sums, once(iterator)))  # noqa: E731
                    # Not unrolled: the graph stays that of one round.
                    _, logs = tf.while_loop(lambda i, _: i < repeats, add, (tf.constant(1), logs))
                return {name: value / repeats for name, value in logs.items()}

            self.train_function[needed] = self._graph(function)
        return self.train_function[needed]

    def make_test_function(self, force: bool = False) -> Callable:
        """The compiled function of an iterator and a batch's number: its logs, summed over samples; how many."""
        if self.test_function is None or force:

            def sums(batch: Any, number: tf.Tensor) -> tuple[dict, tf.Tensor]:
                size = tf.cast(tf.shape(tf.nest.flatten(batch)[0])[0], "float32")
                logs = self.test_step(batch, number)
                # A replica that is left without samples at the end has means that are NaN, and weigh nothing.
                return {name: tf.math.multiply_no_nan(value, size) for name, value in logs.items()}, size

            run = self.replicated(sums, "SUM")
            self.test_function = self._graph(lambda iterator, number: run(next(iterator), number))
        return self.test_function

    def _graph(self, function: Callable) -> Callable:
        if self.run_eagerly:
            return function
        return tf.function(tf.autograph.experimental.do_not_convert(function), reduce_retracing=True)

    def replicated(self, step: Callable, reduce: str = "MEAN") -> Callable:
        """`step` on every replica, with the mean, or the "SUM", over them of the tensors it returns."""
        strategy = self.distribute_strategy
        if strategy.num_replicas_in_sync == 1:
            if self.jit_compile and not self.run_eagerly:
                return tf.function(step, jit_compile=True, reduce_retracing=True)
            return step

        def run(*args: Any) -> Any:
            result = strategy.run(step, args=args)
            return tf.nest.map_structure(lambda value: strategy.reduce(reduce, value, axis=None), result)

        return run

    def _iterate(self, dataset: tf.data.Dataset) -> Iterator:
        if self.distribute_strategy.num_replicas_in_sync > 1:
            dataset = self.distribute_strategy.experimental_distribute_dataset(dataset)
        return iter(dataset)

    def _steps_per_epoch(self, batches: int | None) -> int:
        if batches is None:
            raise InputError("steps_per_epoch: wanted, because the data's length is unknown or infinite")
        steps = batches // self.most_batches
        if steps == 0:
            raise InputError(f"data: {batches} batches, and one round takes {self.most_batches} (n_critic)")
        return steps

    def _check_data(self, dataset: tf.data.Dataset, split: bool = True) -> None:
        batch = next(iter(dataset), None)
        if batch is None:
            raise InputError("data: the dataset is empty")
        self.check_batch(batch)
        size = tf.nest.flatten(batch)[0].shape[0]
        replicas = self.distribute_strategy.num_replicas_in_sync
        if split and size % replicas:
            raise InputError(f"batch_size: {size} cannot be split evenly over {replicas} replicas")

    def _check_compiled(self) -> None:
        if not self.compiled:
            raise InputError("compile: call compile() before training or evaluating")


def _feed(x: Any, batch_size: int | None, seed: int) -> tuple[Callable, int | None]:
    """(feed, batches): `feed(start, stop)` is the data from global batch `start` on; `batches` an epoch has."""
    if isinstance(x, tf.data.Dataset):
        if batch_size is not None:
            raise InputError(f"batch_size: a dataset has its own batches, got {batch_size!r} beside it")
        if hasattr(x, "stream"):
            return x.stream.batches, x.stream.batches_per_epoch
        batches = x.cardinality().numpy()
    else:
        if isinstance(x, tuple | list) or not hasattr(x, "shape"):
            raise InputError(f"x: wanted a dataset of batches or an array of samples, got a {type(x).__name__}")
        x, batch_size = np.asarray(x), 32 if batch_size is None else whole("batch_size", batch_size)
        batches = len(x) // batch_size
        if batches == 0:
            raise InputError(f"batch_size: {batch_size} is more than the {len(x)} samples")
        x = tf.data.Dataset.from_tensor_slices(x)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread can keep fit waiting for seconds when it lets go of the iterator
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA

    def feed(start: int, stop: int | None) -> tf.data.Dataset:
        data = x
        if batch_size is not None:  # shuffled only here: another reader of a shuffled dataset sees another order
            data = x.shuffle(x.cardinality(), seed=seed).batch(batch_size, drop_remainder=True)
        data = data.with_options(options).repeat().skip(start)
        return (data if stop is None else data.take(stop - start)).prefetch(2)

    return feed, batches if batches > 0 else None


def _check_dataset(name: str, value: Any) -> None:
    if not isinstance(value, tf.data.Dataset):
        raise InputError(f"{name}: wanted a tf.data.Dataset of batches, got a {type(value).__name__}")
