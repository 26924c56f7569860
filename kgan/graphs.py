"""What of a game is compiled, on one replica or several, and for how long."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from kgan import batches, distribute


class Graphs:
    """Compiled rounds and evaluations of a `keras.Model` with `train_step(batches)` and `test_step(batch, number)`.

    A mixin before `keras.Model`. Each is compiled at its first use, and again after `compile` or where `graph_key`
    is another.

    Attributes:
        graphs: what is compiled, by its name and the `graph_key`.
    """

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """As `keras.Model.compile`. What was compiled of the game before is let go."""
        self.graphs = {}
        super().compile(*args, **kwargs)

    def make_train_function(self, force: bool = False) -> Callable:
        """The compiled function of an iterator and a number of rounds to play: their logs, each a float64 vector.

        It plays fewer if a round's logs are not all finite: that one is the last.
        """
        if force:
            self.graphs.clear()
        return self.cached("rounds", self._rounds)

    def _rounds(self) -> Callable:
        run, needed = self.replicated(self.train_step), self.rounds_needed
        names = []

        def one(iterator: Iterator) -> tf.Tensor:
            logs = run([next(iterator) for _ in range(needed)])
            names[:] = logs
            return tf.stack([tf.reshape(tf.cast(value, "float64"), []) for value in logs.values()])

        def many(iterator: Iterator, rounds: tf.Tensor) -> tf.Tensor:
            # A call, and not the round's thousands of operations each in the loop's frame: 0.75 to 0.85 of the time
            # where networks are small.
            call = one if self.run_eagerly else compiled(one, experimental_attributes={"_noinline": True})

            def play(number: tf.Tensor, table: tf.TensorArray, _: tf.Tensor) -> tuple:
                row = call(iterator)
                return number + 1, table.write(number, row), tf.reduce_all(tf.math.is_finite(row))

            table = tf.TensorArray("float64", size=0, dynamic_size=True)
            goes_on = lambda number, _, finite: (number < rounds) & finite  # noqa: E731
            # Not unrolled: the graph is that of one round, whatever their number.
            _, table, _ = tf.while_loop(goes_on, play, (0, table, True), parallel_iterations=1)
            return table.stack()

        single = self.steps_per_execution == 1 and not self.paced

        def function(iterator: Iterator, rounds: tf.Tensor) -> dict[str, tf.Tensor]:
            table = one(iterator)[tf.newaxis] if single else many(iterator, rounds)
            return dict(zip(names, tf.unstack(table, num=len(names), axis=1), strict=True))

        return self._graph(function)

    def make_test_function(self, force: bool = False) -> Callable:
        """The compiled function of an iterator and a batch's number: its logs, summed over samples; how many."""
        if force:
            self.graphs.clear()
        return self.cached("batches", self._sums)

    def _sums(self) -> Callable:
        def sums(batch: Any, number: tf.Tensor) -> tuple[dict, tf.Tensor]:
            size = tf.cast(batches.rows(batch), "float32")
            logs = self.test_step(batch, number)
            # A replica that is left without samples at the end has means that are NaN, and weigh nothing.
            return {name: tf.math.multiply_no_nan(value, size) for name, value in logs.items()}, size

        run = self.replicated(sums, "SUM")
        return self._graph(lambda iterator, number: run(next(iterator), number))

    def graph_key(self) -> Any:
        """What of the game, beside its variables, a compiled round depends on; a game that grows adds its stage."""
        return self.rounds_needed

    def cached(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make()` returned the first time, for this `name` and `graph_key`, since `compile`."""
        key = (name, self.graph_key())
        if key not in self.graphs:
            self.graphs[key] = make()
        return self.graphs[key]

    def _whole(self, step: Callable) -> Callable:
        """`step` compiled, with every replica given its rows of whole batches."""
        run = self.replicated(lambda batch: step(distribute.share(batch)))
        return self._graph(lambda batch: run(batch))

    def _graph(self, function: Callable) -> Callable:
        if self.run_eagerly:
            return function
        return compiled(function, reduce_retracing=True)

    def replicated(self, step: Callable, reduce: str = "MEAN") -> Callable:
        """`step` on every replica, with the mean, or the "SUM", over them of the tensors it returns."""
        strategy = self.distribute_strategy
        if strategy.num_replicas_in_sync == 1:
            if self.jit_compile and not self.run_eagerly:
                step = tf.function(step, autograph=False, jit_compile=True, reduce_retracing=True)

            def alone(*args: Any) -> Any:
                # Within the scope of a strategy with one replica, optimizers want to be in that.
                return strategy.run(step, args=args) if tf.distribute.in_cross_replica_context() else step(*args)

            return alone

        return distribute.replicated(strategy, step, reduce)

    def _iterate(self, dataset: tf.data.Dataset, own: Callable | None = None) -> Iterator:
        """Over global batches; of several machines each makes what it needs itself, if `own` says how."""
        strategy = self.distribute_strategy
        if own is not None and isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            dataset = strategy.distribute_datasets_from_function(own)
        elif strategy.num_replicas_in_sync > 1:
            dataset = strategy.experimental_distribute_dataset(dataset)
        return iter(dataset)


def compiled(function: Callable, **settings: Any) -> Callable:
    """`tf.function` of what is written in TensorFlow's operations, and not to be rewritten by AutoGraph."""
    return tf.function(function, autograph=False, **settings)
