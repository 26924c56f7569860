"""The order in which the examples of a data set come: a permutation an epoch, a function of the seed and the epoch."""

import tensorflow as tf

from kgan import philox


def permutation(size: int, seed: int, epoch: tf.Tensor) -> tf.Tensor:
    """0 .. size - 1 in the order of that epoch: int64 (size,). All bits of the seed and of the epoch count."""
    key, counter = philox.begin(tf.stack([tf.constant(seed, "int64"), tf.cast(epoch, "int64")]))
    # tf.random.experimental.stateless_shuffle, in half of its operations.
    places = tf.range(size, dtype="int64")
    return tf.raw_ops.StatelessShuffle(value=places, key=key, counter=counter, alg=philox.PHILOX)


def batches(
    size: int, batch_size: int, seed: int, start: int = 0, stop: int | None = None, shuffle: bool = True
) -> tf.data.Dataset:
    """Where the examples of batches number `start` to `stop` (excluded; None: for ever) stand: int64 (batch_size,).

    Batch number b takes its places in the permutation of epoch b // (size // batch_size), or in the stored order. What
    is left over at the end of an epoch is not served. A permutation is made once an epoch, so to begin in the midst
    of one costs no more than at its beginning.
    """
    per_epoch = size // batch_size
    first, skipped = divmod(start, per_epoch)

    @tf.autograph.experimental.do_not_convert
    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        order = permutation(size, seed, number) if shuffle else tf.range(size, dtype="int64")
        rows = tf.reshape(order[: per_epoch * batch_size], [per_epoch, batch_size])
        return tf.data.Dataset.from_tensor_slices(rows[tf.where(number == first, tf.constant(skipped, "int64"), 0) :])

    endless = tf.data.Dataset.range(first, tf.int64.max).flat_map(epoch)
    if stop is None:
        return endless.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    return endless.take(stop - start).apply(tf.data.experimental.assert_cardinality(stop - start))
