"""A stream of batches in which batch number b is a function of b and the seed, so that resuming replays nothing."""

import copy
from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from kgan import order
from kgan.checks import InputError


class Source(Protocol):
    """Where examples come from. Elements are tuples: (x,) or, with labels, (x, label).

    `x` is uint8 (images, which the stream scales to [-1, 1]) or float32 (served as it is), or a nest of them; `label`
    is int32, from 0 to `num_classes` - 1. `num_classes` and `class_names` are None where they are not known. Why there
    are no labels, `unlabelled` says, if there is more to say.
    """

    size: int
    labelled: bool
    unlabelled: str
    num_classes: int | None
    class_names: tuple[str, ...] | None

    def examples(self, labels: bool) -> tf.data.Dataset:
        """Single examples in stored order."""

    def batches(self, stream: "Stream", start: int, stop: int | None) -> tf.data.Dataset:
        """The stream's batches number `start` to `stop` (None: for ever)."""


class Part(NamedTuple):
    """What one of several workers reads: of each batch the rows of its replicas, equally many for each.

    `worker` of `workers`, and how many `replicas` all of them have together.
    """

    worker: int
    workers: int
    replicas: int

    def of(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """A replica's rows of a batch at a time, and of each batch as many times as this worker has replicas."""
        each = self.replicas // self.workers
        first = self.worker * each

        @tf.autograph.experimental.do_not_convert
        def mine(*batch: tf.Tensor) -> tuple[tf.Tensor, ...]:
            shares = [tf.reshape(x, [self.replicas, x.shape[0] // self.replicas, *x.shape[1:]]) for x in batch]
            return tuple(share[first : first + each] for share in shares)

        parts = batches.map(mine).unbatch()
        if batches.cardinality() == tf.data.INFINITE_CARDINALITY:
            # Where they might end, TensorFlow would ask all workers in each step whether there is a batch left.
            parts = parts.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
        return parts


class Stream:
    """Batches of a source, numbered from 0 and without end.

    Batch number b lies in epoch e = b // batches_per_epoch, and takes its places in a permutation of the examples
    keyed by (seed, e), see `kgan.order`: each epoch has another order and holds an example at most once; the
    size % batch_size examples left over are other ones in each epoch.
    A source of records too large for memory is shuffled through a buffer instead, keyed in the same way.

    Attributes: `batch_size` and `batches_per_epoch` (size // batch_size), int.

    Raises:
      InputError: a batch size below 1 or above the number of examples, or labels that the source does not have.
    """

    def __init__(
        self, source: Source, batch_size: int, *, labels: bool = False, seed: int = 0, shuffle: bool = True
    ) -> None:
        if batch_size < 1:
            raise InputError(f"batch_size: got {batch_size}, wanted at least 1")
        if batch_size > source.size:
            raise InputError(f"batch_size: got {batch_size}, wanted at most {source.size}, the number of examples")
        check_labels(source, labels)
        self.source = source
        self.batch_size = batch_size
        self.batches_per_epoch = source.size // batch_size
        self.labels = labels
        self.seed = seed & 0x7FFFFFFF
        self.shuffle = shuffle
        self.part: Part | None = None

    def of_worker(self, worker: int, workers: int, replicas: int) -> "Stream":
        """This stream, of whose batches one worker reads its own `Part` only."""
        stream = copy.copy(self)
        stream.part = Part(worker, workers, replicas)
        return stream

    def batches(self, start: int = 0, stop: int | None = None) -> tf.data.Dataset:
        """Batches number `start` to `stop` (excluded; None: for ever), bitwise those of `batches()` at that place.

        Elements: x or, with labels, (x, labels). Images are float32 of shape (batch, height, width, channels) in
        [-1, 1], points float32 of shape (batch, dimensions); labels int32 of shape (batch,).

        Raises:
          InputError: a negative `start`, or a `stop` before it.
        """
        if start < 0:
            raise InputError(f"start: got {start}, wanted at least 0")
        if stop is not None and stop < start:
            raise InputError(f"stop: got {stop}, wanted at least start, {start}")
        return served(self.source.batches(self, start, stop))


def check_labels(source: Source, labels: bool) -> None:
    """An `InputError` if `labels` are asked of a source without them."""
    if labels and not source.labelled:
        reason = f" ({source.unlabelled})" if source.unlabelled else ""
        raise InputError(f"labels: got True, but this dataset has no labels{reason}; wanted False")


def index_batches(stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
    """The indices of batches number `start` to `stop`, for the sources that read an example by its index."""
    batches = order.batches(stream.source.size, stream.batch_size, stream.seed, start, stop, stream.shuffle)
    first = tf.autograph.experimental.do_not_convert(lambda *rows: rows[0])
    return batches if stream.part is None else stream.part.of(batches).map(first)


def served(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """A source's elements as a model wants them: images scaled to [-1, 1], fetched ahead, shardable."""

    def scaled(x: tf.Tensor) -> tf.Tensor:
        return tf.cast(x, tf.float32) / 127.5 - 1.0 if x.dtype == tf.uint8 else x

    @tf.autograph.experimental.do_not_convert
    def finish(x: Any, *labels: tf.Tensor) -> Any:
        x = tf.nest.map_structure(scaled, x)
        return (x, *labels) if labels else x

    options = tf.data.Options()
    # The autotuner can make fit wait for its next wake-up when it lets go of the iterator, so rates are fixed here.
    options.autotune.enabled = False
    # The default graph rewrites copy every captured array for the first iterator (seconds a GB) and gain nothing.
    options.experimental_optimization.apply_default_optimizations = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.map(finish, num_parallel_calls=2, deterministic=True).prefetch(4).with_options(options)
