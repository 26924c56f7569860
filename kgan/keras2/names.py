"""Names that Keras 2 has not, or has elsewhere."""

import types
from typing import Any

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.mixed_precision import policy

from kgan.keras2.optimizers import LossScaleOptimizer
from kgan.keras2.seeds import SeedGenerator, normal, uniform
from kgan.keras2.variables import StatelessScope, Variable


class PyDataset(keras.utils.Sequence):
    """`keras.utils.PyDataset`: the `Sequence` of Keras 2, which may also have no end."""

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None without end."""
        return len(self) if hasattr(self, "__len__") else None


def _hard_tanh(x: Any) -> tf.Tensor:
    """`keras.activations.hard_tanh`."""
    return tf.clip_by_value(x, -1.0, 1.0)


def _clear_session(free_memory: bool = True) -> None:
    """Forgets the names so far, and the precision policy too: the next one is that of `floatx`."""
    backend.clear_session()
    policy.set_global_policy(None)


def give() -> None:
    """Puts them where Keras 3 has them."""
    keras.activations.hard_tanh = keras.saving.get_custom_objects()["hard_tanh"] = _hard_tanh
    _hard_tanh.__name__ = "hard_tanh"
    keras.Variable, keras.StatelessScope = Variable, StatelessScope
    nest = tf.nest
    keras.tree = types.SimpleNamespace(
        map_structure=nest.map_structure, flatten=nest.flatten, pack_sequence_as=nest.pack_sequence_as
    )
    keras.ops = types.SimpleNamespace(
        convert_to_numpy=lambda x: tf.convert_to_tensor(x).numpy(),
        softmax=tf.nn.softmax,
        std=tf.math.reduce_std,
        sum=tf.reduce_sum,
        unstack=tf.unstack,
    )
    keras.random = types.SimpleNamespace(SeedGenerator=SeedGenerator, normal=normal, uniform=uniform)
    keras.config = types.SimpleNamespace(
        floatx=backend.floatx,
        set_floatx=backend.set_floatx,
        dtype_policy=keras.mixed_precision.global_policy,
        set_dtype_policy=keras.mixed_precision.set_global_policy,
    )
    keras.mixed_precision.dtype_policy = keras.mixed_precision.global_policy
    keras.DTypePolicy = keras.mixed_precision.Policy
    keras.dtype_policies = types.SimpleNamespace(serialize=policy.serialize)
    keras.utils.PyDataset = PyDataset
    keras.utils.clear_session = _clear_session
    keras.optimizers.LossScaleOptimizer = LossScaleOptimizer
