"""One training run, whatever the devices: run by test_distribute.py in processes of their own.

    python distribution_script.py OUT LOGICAL_DEVICES STRATEGY STEPS_PER_EXECUTION

Under two workers the environment's TF_CONFIG says which one this is. Writes every variable of the run to OUT.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

import kgan


def main(out, devices, strategy, steps_per_execution):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = kgan.distribute.strategy(strategy)
    keras.utils.set_random_seed(0)
    with strategy.scope():
        gan = kgan.WGANGP(
            kgan.networks.mlp_generator((8, 8, 1), 4, width=16, normalization="batch"),
            kgan.networks.mlp_discriminator((8, 8, 1), width=16, normalization="spectral"),
            latent_dim=4,
        )
        gan.compile(
            d_optimizer=keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9, global_clipnorm=0.1),
            augment="ada(pipe='xflip', kimg=1, p=0.2)",
            n_critic=2,
            steps_per_execution=int(steps_per_execution),
            seed=3,
        )
    held_out = kgan.data.load("digits", batch_size=16, resolution=8, seed=9).take(3)
    history = gan.fit(
        kgan.data.load("digits", batch_size=16, resolution=8),
        epochs=2,
        steps_per_epoch=6,
        verbose=0,
    ).history
    uneven = tf.data.Dataset.from_tensor_slices(np.concatenate(list(held_out))[:33]).batch(16)
    gan.fit(uneven, steps_per_epoch=6, verbose=0)
    history |= gan.evaluate(uneven) | kgan.metrics.duality_gap(gan, held_out, steps=3)
    logs = {f"log_{name}": values for name, values in history.items()}
    np.savez(
        out, *[np.array(v) for v in gan.state], samples=gan.sample(4), replicas=strategy.num_replicas_in_sync, **logs
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
