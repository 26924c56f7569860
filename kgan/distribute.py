"""One device, several, several machines: the strategy, and who writes files.

This is the only file of kgan that touches private Keras API (`sublayers`, `untrack`, `functional`,
`second_moments`, `virtual_step`, `step`).
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import cluster
from kgan.checks import InputError, lookup, number
from kgan.cluster import WorkerLost

BaseOptimizer = keras.optimizers.Optimizer.__bases__[-1]  # what Keras's optimizers have in common on all backends


def strategy(name: str = "auto", start_timeout: float = 300.0) -> tf.distribute.Strategy:
    """The distribution strategy called `name`. Make it before anything else of TensorFlow, and once a process.

    Several machines run the same script, and what starts them says which they are (`kgan.cluster`): TF_CONFIG by hand
    or by Ray Train, SLURM, or an indexed job of Kubernetes. Each prints the cluster and waits for the others.

    Args:
        name: "one" device; "mirrored" over all local GPUs (over all logical CPUs without one); "multi_worker" over
            the machines of the cluster; "tpu" over the cores of a TPU; "auto" is "multi_worker" if the environment
            tells of several workers, "mirrored" if there are several GPUs, else "one".
        start_timeout: seconds to wait for the other workers.

    Raises:
        InputError: for an unknown name, an environment that does not tell of a cluster as it should, "multi_worker"
            without one, another name in a process that would keep nothing, since it is not the cluster's chief; a
            worker that is not there in time; no TPU.
        WorkerLost: if one ends while TensorFlow connects them.
    """
    number("start_timeout", start_timeout, above=0.0)
    found = cluster.find(os.environ)
    if name == "auto":
        name = "multi_worker" if len(found.workers) > 1 else "one"
        if name == "one" and len(tf.config.list_logical_devices("GPU")) > 1:
            name = "mirrored"
    if name == "multi_worker" and not found.workers:
        raise InputError(
            "strategy: 'multi_worker' wants the environment variable TF_CONFIG with a cluster of workers, or to be "
            "started by srun or as an indexed job of Kubernetes, with several tasks"
        )
    known = {"one": _one, "mirrored": _mirrored, "multi_worker": _multi_worker, "tpu": _tpu}
    make = lookup("strategy", name, known)
    if name != "multi_worker" and not is_chief():
        raise InputError(f"strategy: {name!r} trains alone, and by {found.source} another writes the files; unset it")
    if name == "multi_worker" and len(found.workers) > 1:
        print(f"kgan: {found}", flush=True)
        cluster.meet(found, start_timeout)
    if name == "multi_worker":  # whoever said it: TensorFlow reads this
        os.environ["TF_CONFIG"] = found.tf_config()
    with plain_errors():
        return make()


def _one() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def _mirrored() -> tf.distribute.Strategy:
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])


def _multi_worker() -> tf.distribute.Strategy:
    return tf.distribute.MultiWorkerMirroredStrategy()


def _tpu() -> tf.distribute.Strategy:
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
        return tf.distribute.TPUStrategy(resolver)
    except (ValueError, RuntimeError, OSError, tf.errors.OpError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"strategy: 'tpu' wants a TPU that TensorFlow can reach: {reason}") from error


def is_chief() -> bool:
    """Whether this process is the one that writes files: the only one, or the first of its cluster."""
    return cluster.find(os.environ).index == 0


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Within it, what TensorFlow says in many words, and can be said in one line, is.

    Raises:
        WorkerLost: that names those of the other workers who are gone.
        InputError: one that was raised where tf.data calls Python, of a picture that cannot be read, say.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if told := re.search(r"\bInputError: (.*)", str(error)):
            raise InputError(told[1]) from error
        found = cluster.find(os.environ)
        if len(found.workers) < 2 or not isinstance(error, (*LOST, *PERHAPS)):
            raise
        gone = _gone(found, str(error))
        if not gone and isinstance(error, PERHAPS):
            raise
        who = ", ".join(f"worker {i} at {found.workers[i]}" for i in gone) or "another worker"
        alone = f"worker {found.index} of {len(found.workers)} cannot go on alone"
        what = f"{who} was lost, and {alone}; start all of them again, and they go on from the newest checkpoint"
        raise WorkerLost(what) from error


# What a collective operation ends with when a worker is gone, or its connection; and what may have other reasons.
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)
PERHAPS = (tf.errors.InternalError, tf.errors.FailedPreconditionError, tf.errors.UnknownError)


def _gone(found: cluster.Cluster, said: str) -> list[int]:
    """The other workers that TensorFlow says are gone; if it names none, those that cannot be reached any more."""
    others = set(range(len(found.workers))) - {found.index}
    named = {int(task) for task in re.findall(r"/job:worker/(?:replica:0/)?task:(\d+)", said)} & others
    return sorted(named) or [i for i in sorted(others) if cluster.unreachable(found.workers[i])]


def replicated(strategy: tf.distribute.Strategy, step: Callable, reduce: str) -> Callable:
    """`step` on every replica of several, with the "MEAN" or the "SUM" over them of the tensors that it returns.

    All those of a dtype cross the network together.
    """

    def run(*args: Any) -> Any:
        form = []

        def packed(*args: Any) -> list[tf.Tensor]:
            result = step(*args)
            leaves = [tf.convert_to_tensor(x) for x in tf.nest.flatten(result)]
            kinds = list(dict.fromkeys(x.dtype for x in leaves))
            form[:] = result, leaves, kinds
            return [tf.concat([tf.reshape(x, [-1]) for x in leaves if x.dtype == kind], 0) for kind in kinds]

        packs = strategy.run(packed, args)
        result, leaves, kinds = form
        parts = {}
        for kind, pack in zip(kinds, packs, strict=True):
            sizes = [x.shape.num_elements() for x in leaves if x.dtype == kind]
            parts[kind] = iter(tf.split(strategy.reduce(reduce, pack, axis=None), sizes))
        return tf.nest.pack_sequence_as(result, [tf.reshape(next(parts[x.dtype]), x.shape) for x in leaves])

    return run


def step(optimizer: keras.optimizers.Optimizer, gradients: Sequence[tf.Tensor], variables: Sequence) -> None:
    """One step of a Keras optimizer along gradients that are the whole batch's already, equal on all replicas.

    Keras would sum them over the replicas, and so send each across the network a second time.
    """
    vars(getattr(optimizer, "inner_optimizer", optimizer))["_all_reduce_sum_gradients"] = list
    optimizer.apply_gradients(zip(gradients, variables, strict=True))


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


def second_moments(adam: keras.optimizers.Adam) -> list[keras.Variable]:
    """The moving averages of squared gradients that a built Adam keeps, in the order of what it moves."""
    return list(adam._velocities)


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
    places = {id(v): i for i, v in enumerate(moved)}  # by the name that Keras 3 has for it, and Keras 2
    vars(twin).update(vars(optimizer), _trainable_variables_indices=places, _index_dict=places)
    # The root of a second moment that is 0 has no derivative: 0 * infinity, for a weight that gets no gradient.
    state = [tf.where(s == 0, tf.cast(1e-30, s.dtype), s) if s.dtype.is_floating else s for s in state]
    mapping = [*zip(moved, values, strict=True), *zip(kept, state, strict=True)]
    with keras.StatelessScope(state_mapping=mapping) as scope:
        twin.apply(gradients, moved)
    return [scope.get_current_value(v) for v in moved], [scope.get_current_value(v) for v in kept]
