"""One device, several, several machines: the strategy, and who writes files.

This is the only file of kgan that touches private Keras API (`sublayers`, `untrack`, `functional`, `virtual_step`).
"""

import json
import os
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer

from kgan.checks import InputError, lookup


def strategy(name: str = "auto") -> tf.distribute.Strategy:
    """The distribution strategy called `name`. Make it before anything else of TensorFlow, and once a process.

    Args:
        name: "one" device; "mirrored" over all local GPUs (over all logical CPUs without one); "multi_worker" over
            the machines in the environment's TF_CONFIG; "auto" picks the last if TF_CONFIG names several workers,
            the second if there are several GPUs, else the first.

    Raises:
        InputError: for an unknown name, a TF_CONFIG that is no JSON or whose task is not in its cluster, "multi_worker"
            without one, or another name in a process that would keep nothing, since it is not the cluster's chief.
    """
    cluster = _tf_config().get("cluster", {})
    workers = len(cluster.get("worker", [])) + len(cluster.get("chief", []))
    if name == "auto":
        name = "multi_worker" if workers > 1 else "one"
        if name == "one" and len(tf.config.list_logical_devices("GPU")) > 1:
            name = "mirrored"
    if name == "multi_worker" and not workers:
        raise InputError("strategy: 'multi_worker' wants the environment variable TF_CONFIG with a cluster of workers")
    make = lookup("strategy", name, {"one": _one, "mirrored": _mirrored, "multi_worker": _multi_worker})
    if name != "multi_worker" and not is_chief():
        raise InputError(f"strategy: {name!r} trains alone, and by TF_CONFIG another writes the files; unset it")
    return make()


def _one() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def _mirrored() -> tf.distribute.Strategy:
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])


def _multi_worker() -> tf.distribute.Strategy:
    return tf.distribute.MultiWorkerMirroredStrategy()


def is_chief() -> bool:
    """Whether this process is the one that writes files: the only one, or TF_CONFIG's chief, else its first worker."""
    config = _tf_config()
    task = config.get("task", {})
    chief = "chief" if config.get("cluster", {}).get("chief") else "worker"
    return task.get("type", chief) == chief and task.get("index", 0) == 0


def _tf_config() -> dict:
    text = os.environ.get("TF_CONFIG") or "{}"
    example = '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        known = all(isinstance(host, str) for hosts in cluster.values() for host in _list(hosts))
        kind, index = task.get("type", "worker"), task.get("index", 0)
        known = known and isinstance(kind, str) and isinstance(index, int) and not isinstance(index, bool)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"TF_CONFIG: wanted JSON such as {example}, got {text!r}") from error
    if not known:
        raise InputError(f"TF_CONFIG: wanted JSON such as {example}, got {text!r}")
    if cluster and not 0 <= index < len(cluster.get(kind, [])):
        tasks = ", ".join(f"{name} 0 to {len(hosts) - 1}" for name, hosts in cluster.items() if hosts) or "nobody"
        raise InputError(f"TF_CONFIG: the task {kind} {index} is not in its cluster, which has {tasks}")
    return config


def _list(hosts: Any) -> list:
    if not isinstance(hosts, list):
        raise TypeError
    return hosts


def share(batch: Any) -> Any:
    """This replica's rows of a batch that every replica has whole; what cannot be split evenly is left out."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1:
        return batch
    replica = tf.distribute.get_replica_context().replica_id_in_sync_group

    def mine(rows: tf.Tensor) -> tf.Tensor:
        size = tf.shape(rows)[0] // replicas
        return rows[replica * size : (replica + 1) * size]

    return tf.nest.map_structure(mine, batch)


def mean_over_replicas(value: tf.Tensor) -> tf.Tensor:
    """The mean of `value` over replicas: of a batch's mean, the whole batch's, in its gradient too.

    Not within a branch of `tf.cond`.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return value
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.MEAN, value)


def of_all_replicas(rows: tf.Tensor) -> tf.Tensor:
    """The rows of all replicas, in the order of the global batch. Not within a branch of `tf.cond`."""
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return rows
    return tf.distribute.get_replica_context().all_gather(rows, axis=0)


def sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """The layer and every layer in it, at any depth."""
    return list(layer._flatten_layers(include_self=True, recursive=True))


def untrack(layer: keras.layers.Layer, part: keras.layers.Layer) -> None:
    """Lets go of a layer that an attribute held before: Keras would go on counting its variables as the layer's."""
    layer._tracker.untrack(part)


def functional(optimizer: type[keras.optimizers.Optimizer]) -> type[keras.optimizers.Optimizer]:
    """A Keras optimizer class whose steps can be differentiated.

    Keras's TensorFlow optimizers assign to raw `tf.Variable`s, for the sake of distribution. This subclass assigns
    to Keras variables, which a `keras.StatelessScope` can stand in for. Outside of such a scope, one device only.
    """
    return type(optimizer.__name__, (optimizer, _Functional), {})


class _Functional(keras.optimizers.Optimizer):
    """In a class's bases after an optimizer: comes between it and what TensorFlow's optimizers have in common."""

    def assign(self, variable, value):  # noqa: ANN001
        variable.assign(value)

    def assign_add(self, variable, value):  # noqa: ANN001
        variable.assign(variable + value)

    def assign_sub(self, variable, value):  # noqa: ANN001
        variable.assign(variable - value)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):  # noqa: ANN001
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def _apply_weight_decay(self, variables):  # noqa: ANN001
        BaseOptimizer._apply_weight_decay(self, variables)

    def _var_key(self, variable):  # noqa: ANN001
        return id(variable)


def virtual_step(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[tf.Tensor],
    values: Sequence[tf.Tensor],
    state: Sequence[tf.Tensor],
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """What a step of a built optimizer would make of the values of what it moves, and of its own variables'.

    Nothing is assigned, and the result can be differentiated by `gradients`, `values` and `state`. Gradients are the
    whole batch's, also under several replicas.

    Args:
        optimizer: of Keras, without a loss scale, gradient accumulation or an average of its own.
        gradients, values: a tensor for each variable that the optimizer was built for.
        state: one for each of `optimizer.variables`.

    Returns:
        (values, state) after the step.
    """
    moved, kept = optimizer._trainable_variables, optimizer.variables
    twin = object.__new__(functional(type(optimizer)))
    vars(twin).update(vars(optimizer), _trainable_variables_indices={id(v): i for i, v in enumerate(moved)})
    # The root of a second moment that is 0 has no derivative: 0 * infinity, for a weight that gets no gradient.
    state = [tf.where(s == 0, tf.cast(1e-30, s.dtype), s) if s.dtype.is_floating else s for s in state]
    mapping = [*zip(moved, values, strict=True), *zip(kept, state, strict=True)]
    with keras.StatelessScope(state_mapping=mapping) as scope:
        twin.apply(gradients, moved)
    return [scope.get_current_value(v) for v in moved], [scope.get_current_value(v) for v in kept]
