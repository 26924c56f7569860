"""Stateless randomness: a draw is a function of its seed, never of a clock, a global or a replica count.

A seed is an int32 tensor of shape (2,). Under several replicas a draw is one draw for the global batch, of
which each replica takes its own rows, so the numbers do not depend on how many replicas there are. Where no replica
runs (sampling inside a strategy's scope), it is drawn whole.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf


def key(seed: int | tf.Tensor) -> tf.Tensor:
    """The root seed of a run, from an integer (its lowest 31 bits): int32 of shape (2,)."""
    return tf.stack([tf.cast(seed & 0x7FFFFFFF, tf.int32), 0x6B67])


def fold_in(seed: tf.Tensor, *data: int | tf.Tensor) -> tf.Tensor:
    """A new seed from `seed` and each of `data` (integers: a step, a player's number, a critic step) in turn."""
    for value in data:
        seed = tf.random.experimental.stateless_fold_in(seed, tf.cast(value, tf.int32))
    return seed


def _per_replica(draw: Callable[[list], tf.Tensor], shape: Sequence) -> tf.Tensor:
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    if replicas == 1 or tf.distribute.in_cross_replica_context():
        return draw(list(shape))
    batch = shape[0]
    replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int32)
    return draw([batch * replicas, *shape[1:]])[replica * batch : (replica + 1) * batch]


def normal(shape: Sequence, seed: tf.Tensor, dtype: str = "float32") -> tf.Tensor:
    """Standard normal numbers; `shape[0]` is this replica's batch."""
    return _per_replica(lambda s: tf.random.stateless_normal(s, seed, dtype=dtype), shape)


def uniform(shape: Sequence, seed: tf.Tensor, low: float = 0.0, high: float = 1.0, dtype: str = "float32") -> tf.Tensor:
    """Uniform numbers in [low, high); `shape[0]` is this replica's batch."""
    return _per_replica(lambda s: tf.random.stateless_uniform(s, seed, low, high, dtype=dtype), shape)
