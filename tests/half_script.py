"""mixed_float16 on one device and on two, with an overflow: run by tests/models/test_half.py in a process of its own.

python half_script.py OUT
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

import kgan

RULES = {"alternating": "alternating", "optimistic": "optimistic", "unrolled": "unrolled(k=1)"}
RULES["competitive"] = "competitive(iterations=2)"


def build(rule):
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)]),
        latent_dim=2,
    )
    # A large epsilon: no step that a rounding can turn round.
    adam = lambda: keras.optimizers.Adam(1e-2, beta_1=0.0, beta_2=0.99, epsilon=1e-2)  # noqa: E731
    gan.compile(d_optimizer=adam(), g_optimizer=adam(), update=rule, seed=1)
    return gan


def main(out):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    keras.config.set_dtype_policy("mixed_float16")
    reals = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")
    reals[5] = 1e6  # in the second batch of three: infinite in float16
    data, found = tf.data.Dataset.from_tensor_slices(reals).batch(4), {}
    for devices, strategy in ((1, tf.distribute.get_strategy()), (2, tf.distribute.MirroredStrategy())):
        for name, rule in RULES.items():
            with strategy.scope():
                gan = build(rule)
            before = [np.array(v) for v in gan.trainable_variables]
            gan.fit(data, epochs=1, verbose=0)
            after = [np.array(v) for v in gan.trainable_variables]
            found[f"{name}/{devices}/moved"] = np.concatenate(
                [np.ravel(a - b) for a, b in zip(after, before, strict=True)]
            )
            found[f"{name}/{devices}/scales"] = [float(p.optimizer.dynamic_scale.numpy()) for p in gan.game.players]
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
