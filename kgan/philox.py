"""Whole numbers of the Philox generator (Salmon et al. 2011) as functions of a seed, an int32 or int64 tensor (2,).

They are those of `tf.random.stateless_uniform(..., alg="philox")` and `stateless_fold_in`, to the bit, on every device
and under XLA. Those scramble the seed in eighteen operations: of eight seeds in a round, a sixth of all operations in
the round of a small game, and most of the time in which a few samples are drawn. Here they are four.
"""

from collections.abc import Sequence

import tensorflow as tf

PHILOX = 1  # as TensorFlow numbers its generators
SCRAMBLER = 0x02461E293EC8F720  # the key with which TensorFlow scrambles seeds


def fold_in(seed: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
    """A new seed, int32 (2,), from a seed and a whole number, of which 32 bits count."""
    number = tf.cast(number, "int32")
    key, counter = begin(seed)
    drawn = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=tf.constant([], "int32"), key=key, counter=counter, alg=PHILOX, dtype=tf.int32
    )
    return tf.stack([drawn, number])


def below(bits: int, shape: Sequence, seed: tf.Tensor, dtype: str) -> tf.Tensor:
    """Whole numbers in [0, 2^bits), int32 or int64, of a shape, a list of numbers and scalar tensors."""
    key, counter = begin(seed)
    low, high = tf.constant(0, dtype), tf.constant(2**bits, dtype)
    return tf.raw_ops.StatelessRandomUniformIntV2(
        shape=tf.convert_to_tensor(shape, "int32"), key=key, counter=counter, alg=PHILOX, minval=low, maxval=high
    )


def begin(seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """(key, counter) of a seed's numbers, two words of its own: TensorFlow draws four halves, and joins them.

    Not by its `StatelessRandomGetKeyCounter`, which gives others under XLA where a seed is negative.
    """
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
        shape=[2],
        key=tf.constant([SCRAMBLER], "uint64"),
        counter=tf.cast(seed, "uint64"),
        alg=PHILOX,
        dtype=tf.uint64,
    )
    key, high = tf.split(words, 2)  # two slices would be eight operations
    return key, tf.concat([tf.constant([0], "uint64"), high], 0)
