"""The fit loop: one device, several or several machines, one call.

Stock Keras 3 `fit` fails under MultiWorkerMirroredStrategy, and under MirroredStrategy with steps_per_execution > 1;
it also knows no round that takes several batches, and no place to go on from. This loop does, and talks to callbacks
as Keras's does.
"""

import dataclasses
import functools
import itertools
import operator
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import batches, idioms
from kgan.bits import exact
from kgan.checks import InputError, whole
from kgan.derivatives import without_zeros
from kgan.distribute import plain_errors
from kgan.graphs import Graphs
from kgan.pace import Fixed, Pace


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where training stands: `step` rounds of epoch `epoch` are done, and their logs add up to `totals`."""

    epoch: int = 0
    step: int = 0
    totals: dict = dataclasses.field(default_factory=dict)

    def added(self, logs: dict[str, np.ndarray]) -> dict[str, float]:
        """`totals` with those of more rounds, of which `logs` has a vector by name: one by one, however many.

        Not by `sum`, which is more exact in Python 3.12: it would tell who came together.
        """
        so_far = {name: self.totals.get(name, 0.0) for name in logs}
        return {name: functools.reduce(operator.add, rounds.tolist(), so_far[name]) for name, rounds in logs.items()}


class FitLoop(Graphs):
    """`fit` and `evaluate` for a `keras.Model` whose `train_step` takes a list of batches; a mixin before it.

    The model defines `train_step(batches)`, `test_step(batch, number)`, `check_batch(batch)`, `rounds_needed` (the
    batches that the next round takes; at most `most_batches`), `adapt()`, called between two executions, `paced`,
    whether it is chosen here how many rounds an execution has (see `kgan.pace`), and the variables `step` and
    `batches`, which count rounds and batches over all of the model's life.

    Attributes:
        progress: a `Progress`. A callback that sets it (a checkpoint that is restored, at the beginning or in
            the middle) makes the loop go on from there, with the data at the position that `step` says.
        memory: arrays by name, what callbacks remember from one execution to the next and would miss if the run were
            stopped in between; a part of every checkpoint. Empty when `fit` begins.
    """

    progress = Progress()
    memory: Mapping[str, np.ndarray] = types.MappingProxyType({})

    @plain_errors()
    @exact()
    @without_zeros()
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: None = None,
        sample_weight: None = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> keras.callbacks.History:
        """Trains, as `keras.Model.fit` does. A step is a round: it takes `n_critic` fresh batches.

        The batch with which a round begins is a function of the model's `batches`, so that a run which was stopped
        goes on with the data that it would have seen. `kgan.data.load`, arrays and PyDatasets give any batch at once;
        any other dataset is repeated, and its first batches are skipped one by one (exact if it is shuffled by a seed,
        in a new process). All batches are of one size: others, at an epoch's end, are left out with a warning.

        With the same first weights, data, seed and number of cores, runs on CPUs of one kind end in the same bits, idle
        or loaded. For that, TensorFlow's graph rewriter is off while `fit`, `evaluate` or `train_on_batch` run, for
        all of the process, and sums are made in a fixed order; see `kgan.bits`, also for what breaks it: XLA, a GPU.

        Args:
            x: a `tf.data.Dataset` of (global) batches: samples, or (samples, labels); a `keras.utils.PyDataset` of
                them; or an array of samples.
            y: labels, or what else is given with samples that are an array.
            batch_size: with arrays, samples in a batch (32); not with a dataset, which has its own.
            epochs: train up to this epoch.
            verbose: 0 silent, 1 progress bar, 2 a line an epoch, "auto" a bar.
            callbacks: of Keras or of kgan. Batch logs are means over the epoch so far; a log with the name of a
                `keras.metrics.Metric` of the model's is that metric's result. Those with a true attribute
                `goes_first` (`Checkpoint`) are called before the others, wherever they stand: what the others find at
                the beginning is then the run as it was left. `stop_training` inside an epoch ends it, as in Keras:
                `on_epoch_end` is called; a run that goes on later plays the rest of the epoch, and calls it again.
            validation_split: the share of arrays, at their ends, to evaluate on instead of training.
            validation_data: what `evaluate` takes, or (samples, labels); its logs are added to the epoch's as val_NAME.
            shuffle: arrays, in another order each epoch. A dataset says itself whether it is.
            class_weight: None; a game weighs no classes.
            sample_weight: None; a game weighs no samples.
            initial_epoch: the epoch to begin with, from 0.
            steps_per_epoch: rounds in an epoch; default: as many as the data has batches for.
            validation_steps: batches of the validation data to look at; default all.
            validation_batch_size: of validation data that are arrays; default `batch_size`.
            validation_freq: evaluate each that many epochs, or after those in the list (from 1).

        Returns:
            The `History`, whose `history` holds the means of the logs over each epoch.

        Raises:
            InputError: for data that does not fit the model, an unknown length of the epoch, a
                `steps_per_execution` that does not divide it, or a callback of Keras's that cannot work in a game.
            WorkerLost: if another of several machines ends.
        """
        self._check_compiled()
        whole("epochs", epochs, least=0)
        whole("initial_epoch", initial_epoch, least=0)
        idioms.refuse_weights(class_weight=class_weight, sample_weight=sample_weight)
        if validation_split:
            if validation_data is not None:
                raise InputError(f"validation_split: wanted 0 beside validation_data, got {validation_split!r}")
            (x, y), validation_data = batches.split(x, y, validation_split)
        held_out, due = None, idioms.due(validation_freq)
        if validation_data is not None:
            pair = validation_data if isinstance(validation_data, tuple | list) else (validation_data,)
            rows = validation_batch_size or (None if batches.batched(pair[0]) else batch_size)
            held_out = batches.finite("validation_data", *batches.unpack(pair), rows)
            held_out = self._held_out("validation_data", held_out, "validation_steps", validation_steps)
        feed = batches.feed(x, y, batch_size, shuffle, self.seed)
        if steps_per_epoch is None:
            steps_per_epoch = self._steps_per_epoch(feed.an_epoch)
        whole("steps_per_epoch", steps_per_epoch)
        if steps_per_epoch % self.steps_per_execution:  # 1, if they are chosen here
            raise InputError(
                f"steps_per_execution: {self.steps_per_execution} does not divide the epoch's {steps_per_epoch} steps; "
                "steps_per_epoch shortens the epoch"
            )
        self._check_split(feed.first)
        self.check_batch(feed.first)
        if idioms.trainable(self) != self.frozen_as:
            warnings.warn("layers were frozen or thawed since compile(), and train as they were then", stacklevel=2)
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
        idioms.check_callbacks(callbacks.callbacks, validated=held_out is not None)

        def validate(epoch: int) -> dict:
            if held_out is None or not due(epoch + 1):
                return {}
            return {f"val_{name}": value for name, value in self._evaluate(held_out, callbacks).items()}

        callbacks.callbacks.sort(key=lambda callback: not getattr(callback, "goes_first", False))
        self.stop_training = False
        self.progress, self.memory = Progress(initial_epoch), {}
        callbacks.on_train_begin()
        self._check_place(steps_per_epoch)
        pace = self._pace(callbacks.callbacks)
        logs = {}
        while self.progress.epoch < epochs and not self.stop_training:
            begin = int(self.batches.numpy())
            iterator = self._iterate(feed.batches(begin), feed.own and functools.partial(feed.own, begin))
            logs = self._play(iterator, epochs, steps_per_epoch, callbacks, validate, pace)
        callbacks.on_train_end(logs)
        return self.history

    def _play(
        self,
        iterator: Iterator,
        epochs: int,
        steps_per_epoch: int,
        callbacks: keras.callbacks.CallbackList,
        validate: Callable[[int], dict],
        pace: Pace | Fixed,
    ) -> dict:
        """Plays from `progress` to the last epoch, to a stop, or until a callback has set `progress`."""
        here, step, means = self.progress, int(self.step.numpy()), {}
        while here.epoch < epochs and not self.stop_training:
            epoch, first = here.epoch, not means
            if here.step == 0:
                self.reset_metrics()
            if here.step == 0 or first:  # also where it goes on in the middle: the progress bar begins here
                callbacks.on_epoch_begin(epoch)
            callbacks.on_train_batch_begin(here.step)
            self.adapt()
            begun, rounds = time.perf_counter(), pace.rounds(step, steps_per_epoch - here.step)
            logs = self.make_train_function()(iterator, tf.constant(rounds))
            logs = {name: values.numpy() for name, values in logs.items()}
            played = len(next(iter(logs.values())))
            pace.took(played, time.perf_counter() - begun)
            if first:
                idioms.check_monitors(callbacks.callbacks, logs)
            step, end, totals = step + played, here.step + played, here.added(logs)
            means = self._measured({name: total / end for name, total in totals.items()})
            here = self.progress = Progress(epoch, end, totals) if end < steps_per_epoch else Progress(epoch + 1)
            callbacks.on_train_batch_end(end - 1, means)
            if (here.step == 0 or self.stop_training) and self.progress is here:
                means |= validate(epoch)
                callbacks.on_epoch_end(epoch, means)
            if self.progress is not here:
                break
        return means

    def _pace(self, callbacks: Sequence[keras.callbacks.Callback]) -> Pace | Fixed:
        """How many rounds are played at a time, as `compile` was told."""
        return Pace([self, *callbacks]) if self.paced else Fixed(self.steps_per_execution)

    def _check_place(self, steps_per_epoch: int) -> None:
        step, rest = self.progress.step, steps_per_epoch - self.progress.step
        if step and (rest <= 0 or rest % self.steps_per_execution):
            raise InputError(
                f"steps_per_epoch: the run stopped after step {step} of an epoch, and this one has {steps_per_epoch}, "
                f"{self.steps_per_execution} an execution; wanted those that it had"
            )

    def _measured(self, means: dict[str, float]) -> dict[str, float]:
        """`means`, with its own result for a log that is a Keras metric of the model's, which is a mean already."""
        mine = keras.layers.Layer.metrics.fget(self)  # without those that Keras makes for a loss it does not have
        return means | {metric.name: float(metric.result()) for metric in mine if metric.name in means}

    @plain_errors()
    @exact()
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = 0,
        sample_weight: None = None,
        steps: int | None = None,
        callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None = None,
        return_dict: bool = True,
    ) -> dict[str, float] | list[float]:
        """The means of `test_step`'s logs over the samples of finite data, or of its first `steps` batches.

        Args:
            x: a dataset of batches, a `keras.utils.PyDataset` or an array of samples, as in `fit`.
            y: what is given with the samples of an array.
            batch_size: with arrays, samples in a batch (32).
            verbose: 0 silent; anything else a progress bar.
            sample_weight: None; a game weighs no samples.
            steps: batches to look at; default all.
            callbacks: of Keras or of kgan.
            return_dict: False for the values alone.

        Raises:
            InputError: for data that is empty, endless, or does not fit the model.
        """
        self._check_compiled()
        idioms.refuse_weights(sample_weight=sample_weight)
        data = self._held_out("x", batches.finite("x", x, y, batch_size), "steps", steps)
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks = keras.callbacks.CallbackList(callbacks, add_progbar=verbose != 0, verbose=1, model=self)
        logs = self._evaluate(data, callbacks)
        return logs if return_dict else list(logs.values())

    def _evaluate(self, data: tf.data.Dataset, callbacks: keras.callbacks.CallbackList) -> dict[str, float]:
        self.reset_metrics()
        callbacks.on_test_begin()
        function, iterator = self.make_test_function(), self._iterate(data)
        totals, samples, logs = {}, 0.0, {}
        for number in itertools.count():
            callbacks.on_test_batch_begin(number)
            try:
                sums, size = function(iterator, tf.constant(number))
            except (StopIteration, tf.errors.OutOfRangeError):
                break
            samples += float(size)
            totals = {name: totals.get(name, 0.0) + float(value) for name, value in sums.items()}
            logs = self._measured({name: total / samples for name, total in totals.items()})
            callbacks.on_test_batch_end(number, logs)
        callbacks.on_test_end(logs)
        return logs

    def _held_out(self, argument: str, data: tf.data.Dataset, limit: str, steps: int | None) -> tf.data.Dataset:
        """The first `steps` batches of data to evaluate on, after a look at one."""
        if steps is None and int(data.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise InputError(f"{limit}: wanted, because {argument} has no end")
        first = next(iter(data.take(1)), None)
        if first is None:
            raise InputError(f"{argument}: the dataset is empty")
        batches.rows(first)
        self.check_batch(first)
        return data if steps is None else data.take(whole(limit, steps))

    @plain_errors()
    @exact()
    @without_zeros()
    def train_on_batch(self, *rounds: Any, return_dict: bool = True) -> dict[str, float] | list[float]:
        """One round, compiled, on the given batches, as many as a round needs (`rounds_needed`).

        Args:
            *rounds: (global) batches: samples, or (samples, labels). Equal shapes are compiled once.
            return_dict: False for the values alone.

        Returns:
            The round's logs.

        Raises:
            InputError: for another number of batches, or one that does not fit the model.
        """
        self._check_compiled()
        self.adapt()
        if len(rounds) != self.rounds_needed:
            hint = "; labels go with their samples, ((x, y))" if self.rounds_needed == 1 else ""
            raise InputError(f"batches: a round takes {self.rounds_needed}, got {len(rounds)}{hint}")
        run = self.cached("round", lambda: self._whole(self.train_step))
        logs = run([self._batch(batch) for batch in rounds])
        self.adapt()  # so that `rounds_needed` is the next round's
        return _returned(logs, return_dict)

    @plain_errors()
    @exact()
    def test_on_batch(self, x: Any, y: Any = None, return_dict: bool = True) -> dict[str, float] | list[float]:
        """`test_step`'s logs on one batch, which moves nothing: `x`, or `(x, y)`; as `train_on_batch`."""
        self._check_compiled()
        run = self.cached("test", lambda: self._whole(self.test_step))
        return _returned(run(self._batch(x if y is None else (x, y))), return_dict)

    def _batch(self, batch: Any) -> Any:
        """A batch of arrays or tensors as tensors, looked at."""
        batches.check_keys("data", batch)
        batch = tf.nest.map_structure(tf.convert_to_tensor, batch)
        self._check_split(batch)
        self.check_batch(batch)
        return batch

    def _steps_per_epoch(self, batches: int | None) -> int:
        if batches is None:
            raise InputError("steps_per_epoch: wanted, because the data's length is unknown or infinite")
        steps = batches // self.most_batches
        if steps == 0:
            raise InputError(f"data: {batches} batches, and one round takes {self.most_batches} (n_critic)")
        return steps

    def _check_split(self, batch: Any) -> None:
        size, replicas = batches.rows(batch), self.distribute_strategy.num_replicas_in_sync
        if size % replicas:
            raise InputError(f"batch_size: {size} cannot be split evenly over {replicas} replicas")

    def _check_compiled(self) -> None:
        if not self.compiled:
            raise InputError("compile: call compile() before training or evaluating")


def _returned(logs: dict, return_dict: bool) -> dict[str, float] | list[float]:
    logs = {name: float(value) for name, value in logs.items()}
    return logs if return_dict else list(logs.values())
