"""Stateless randomness: a draw is a function of its seed, never of a clock, a global or a replica count.

A seed is an int32 tensor of shape (2,). Under several replicas a draw is one draw for the global batch, of
which each replica takes its own rows, so the numbers do not depend on how many replicas there are. Where no replica
runs (sampling inside a strategy's scope), it is drawn whole.

They are made from whole numbers of the Philox generator (Salmon et al. 2011), which are the same on every device and
under XLA; TensorFlow's own uniform and normal numbers are other ones under XLA. So `uniform` gives the same there, and
`normal` the same up to rounding.
"""

import math
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from kgan import philox

PHILOX = "philox"
BITS = {"float32": ("int32", 23), "float64": ("int64", 52)}  # what whole numbers, plus a half, are exact in each type


def key(seed: int | tf.Tensor) -> tf.Tensor:
    """The root seed of a run, from an integer (its lowest 31 bits): int32 of shape (2,)."""
    return tf.stack([tf.cast(seed & 0x7FFFFFFF, tf.int32), 0x6B67])


def fold_in(seed: tf.Tensor, *data: int | tf.Tensor) -> tf.Tensor:
    """A new seed from `seed` and each of `data` (integers: a step, a player's number, a critic step) in turn."""
    for value in data:
        seed = philox.fold_in(seed, value)
    return seed


def uniform(shape: Sequence, seed: tf.Tensor, low: float = 0.0, high: float = 1.0, dtype: str = "float32") -> tf.Tensor:
    """Uniform numbers in [low, high), float32 or float64; `shape[0]` is this replica's batch."""
    whole, bits = _whole(shape, seed, dtype)
    return low + (high - low) * (tf.cast(whole, dtype) / 2.0**bits)


def normal(shape: Sequence, seed: tf.Tensor, dtype: str = "float32") -> tf.Tensor:
    """Standard normal numbers, float32 or float64; `shape[0]` is this replica's batch.

    By the inverse of their distribution function; float32 ones lie within 5.3 of 0, a bound that one in ten million
    would pass.
    """
    whole, bits = _whole(shape, seed, dtype)
    centred = (tf.cast(whole, dtype) + 0.5) / 2.0 ** (bits - 1) - 1.0  # in (-1, 1)
    return math.sqrt(2.0) * tf.math.erfinv(centred)


def _whole(shape: Sequence, seed: tf.Tensor, dtype: str) -> tuple[tf.Tensor, int]:
    """Whole numbers from 0 on, and the number of their bits."""
    kind, bits = BITS[tf.as_dtype(dtype).name]
    return _per_replica(lambda shape: philox.below(bits, shape, seed, kind), shape), bits


def _per_replica(draw: Callable[[list], tf.Tensor], shape: Sequence) -> tf.Tensor:
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1 or tf.distribute.in_cross_replica_context():
        return draw(list(shape))
    batch = shape[0]
    replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int32)
    return draw([batch * replicas, *shape[1:]])[replica * batch : (replica + 1) * batch]


def reseed(networks: Sequence[keras.layers.Layer], seed: tf.Tensor, *data: int | tf.Tensor) -> None:
    """Makes what the layers in `networks` draw next (dropout, noise) a function of `seed`, and of nothing before.

    `data` are folded into the seed, as by `fold_in`, if there are such layers.
    It sets the state of each `keras.random.SeedGenerator` in them. Each replica draws numbers of its own, so that
    what layers draw, unlike `normal` and `uniform` here, does depend on how many replicas there are. A layer of the
    user's own has to draw from a `SeedGenerator` that is its attribute: what it takes from `tf.random` or without a
    seed stays out of reach.
    """
    states = [v for network in networks for v in network.variables if is_seed(v)]
    if not states:
        return
    seed = fold_in(seed, *data)
    if tf.distribute.get_strategy().num_replicas_in_sync > 1 and not tf.distribute.in_cross_replica_context():
        seed = fold_in(seed, tf.distribute.get_replica_context().replica_id_in_sync_group)
    for number, state in enumerate(states):
        state.assign(tf.cast(fold_in(seed, number), state.dtype))


def is_seed(variable: keras.Variable) -> bool:
    """Whether a variable is the state of a `keras.random.SeedGenerator`."""
    # Keras has no public way to a layer's generators but the name of their variables.
    return "seed_generator_state" in variable.name
