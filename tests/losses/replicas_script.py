"""Losses that look at a whole batch, on one replica or two: run by test_replicas.py in a process of its own."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

from kgan import losses, random

NAMES = ("relativistic_average", "top_k(hinge, share=0.375)", "noisy_labels", "relativistic(flipped_labels(share=0.5))")


def main(out):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    logits = np.random.default_rng(0).normal(size=(2, 8, 1)).astype("float32")
    parts = [losses.get(name).at(0, random.key(5)) for name in NAMES]

    @tf.function(autograph=False)
    def play(real, fake):
        values = []
        for part in parts:
            for method in (part.discriminator, part.generator):
                with tf.GradientTape() as tape:
                    tape.watch([real, fake])
                    value = method(real, fake)
                values.append((value, tape.gradient(value, [real, fake], unconnected_gradients="zero")))
        return values

    def shard(array, context):
        i = context.replica_id_in_sync_group
        return tf.constant(array[4 * i : 4 * i + 4])

    shards = [mirrored.experimental_distribute_values_from_function(lambda c, a=a: shard(a, c)) for a in logits]
    two = mirrored.run(play, args=shards)
    results = {}
    for i, (value, gradients) in enumerate(play(*map(tf.constant, logits))):
        results[f"one{i}"], results[f"one{i}_gradient"] = value, np.array(gradients)
        value, gradients = two[i]
        results[f"two{i}"] = np.mean(mirrored.experimental_local_results(value))
        # A replica's loss is a mean over half the batch: its gradients count half.
        by_logits = [np.concatenate(mirrored.experimental_local_results(g)) / 2 for g in gradients]
        results[f"two{i}_gradient"] = np.array(by_logits)
    np.savez(out, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
