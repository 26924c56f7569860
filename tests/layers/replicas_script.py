"""Batch normalisation under one or several replicas: run by test_replicas.py in a process of its own.

    python replicas_script.py OUT LOGICAL_DEVICES

Writes to OUT, for one global batch of twelve samples: the gradients of a loss and of a gradient penalty with respect
to the layer's variables, that of the loss with respect to each sample, and the moving statistics; and how many
all-reduces a replica waits for in a call of the layer and in its first gradient.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import kgan


def main(out, devices):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = kgan.distribute.strategy("mirrored" if int(devices) > 1 else "one")
    with strategy.scope():
        layer = kgan.layers.BatchNormalization(dtype="float64")
        layer.build((None, 3, 4))
    data = np.random.default_rng(0).normal(size=(12, 3, 4))
    parts = np.split(data, strategy.num_replicas_in_sync)

    @tf.function(autograph=False)
    def step(x):
        variables = [v.value for v in layer.trainable_variables]
        with tf.GradientTape(persistent=True) as outer:
            outer.watch([*variables, x])
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.sin(2.0 * layer(x, training=True)))
            slope = inner.gradient(loss, x)
            penalty = tf.reduce_sum(tf.square(slope))
        total = lambda g: tf.distribute.get_replica_context().all_reduce("SUM", g)  # noqa: E731
        return slope, outer.gradient(penalty, x), *map(total, outer.gradient(penalty, variables))

    values = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )
    results = [strategy.experimental_local_results(r) for r in strategy.run(step, args=(values,))]
    rows = [np.concatenate([part.numpy() for part in result]) for result in results[:2]]
    moving = [
        part.numpy() for v in layer.non_trainable_variables for part in strategy.experimental_local_results(v.value)
    ]
    calls, reduce = [], tf.distribute.ReplicaContext.all_reduce
    tf.distribute.ReplicaContext.all_reduce = lambda *args, **more: calls.append(args) or reduce(*args, **more)

    @tf.function(autograph=False)
    def first_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.sin(layer(x, training=True))
        return tape.gradient(y, x)

    strategy.run(first_gradient, args=(values,))
    about = {"all_reduces": len(calls) / strategy.num_replicas_in_sync}
    np.savez(out, *rows, *(result[0].numpy() for result in results[2:]), np.stack([moving[0], moving[-1]]), **about)


if __name__ == "__main__":
    main(*sys.argv[1:])
