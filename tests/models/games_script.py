"""A few rounds of games on one device and on two: -m tests.models.games_script FOLDER writes GAME-DEVICES.npz."""

import sys

import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from tests.models.games import GAMES, dataset, made  # noqa: E402

mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
SHARED = ("gan", "ac_gan", "pix2pix", "mixgan", "chekhov")  # others in tests.distribution_script
for game in SHARED:
    case = GAMES[game]
    for devices, strategy in ((1, tf.distribute.get_strategy()), (2, mirrored)):
        with strategy.scope():
            # Adam's first step is the gradient's sign, to which a rounding error of a small one is as much as the rest.
            model = made(case, d_optimizer="sgd", g_optimizer="sgd")
        logs = model.fit(dataset(case), steps_per_epoch=2, epochs=1, verbose=0).history
        state = {f"{number:03d}": np.asarray(v) for number, v in enumerate(model.state)}
        np.savez(f"{sys.argv[1]}/{game}-{devices}.npz", **{k: np.array(v) for k, v in logs.items()}, **state)
