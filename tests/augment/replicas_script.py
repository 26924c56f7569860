"""What two replicas do to a batch is what one does: run by test_augmentations.py in a process of its own.

python replicas_script.py AUGMENTATION ...
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

from kgan import augment, random


def main(*names):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 3)).astype("float32")

    def step(member, real):
        logs = member.observe(tf.constant(0.9), 8)
        return member(member.reals(real, -real, random.key(1)), random.key(2)), logs

    for name in names:
        single = augment.get(name)
        with strategy.scope():
            double = augment.get(name)
        halves = strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(np.split(images, 2)[context.replica_id_in_sync_group])
        )
        both = tf.function(lambda member=double, halves=halves: strategy.run(step, (member, halves)), autograph=False)
        one = tf.function(lambda member=single: step(member, tf.constant(images)), autograph=False)
        for _ in range(5):  # one step of a controller is among them
            expected, expected_logs = one()
            seen, logs = both()
        np.testing.assert_allclose(tf.concat(strategy.experimental_local_results(seen), 0), expected, atol=1e-5)
        for key, value in expected_logs.items():
            for mine in strategy.experimental_local_results(logs[key]):
                np.testing.assert_array_equal(mine, value)


if __name__ == "__main__":
    main(*sys.argv[1:])
