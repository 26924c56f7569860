"""One training run of several games, whatever the devices: run by test_distribute.py in processes of their own.

    python -m tests.distribution_script OUT LOGICAL_DEVICES STRATEGY STEPS_PER_EXECUTION

Under two workers the environment's TF_CONFIG says which one this is. Writes all that the run ends with to OUT: each
game's variables and logs, and how many numbers each collective operation in a round of the first one sums.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

import kgan
from tests.models.games import GAMES, dataset, made

CASES = ("projection", "several", "cyclegan")


def main(out, devices, strategy, steps_per_execution):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = kgan.distribute.strategy(strategy)
    results = {"replicas": strategy.num_replicas_in_sync}
    results |= wasserstein(strategy, int(steps_per_execution))
    for name in CASES:
        results |= {f"{name}_{key}": value for key, value in game(strategy, GAMES[name]).items()}
    np.savez(out, **results)


def wasserstein(strategy, steps_per_execution):
    """WGAN-GP with spectral and batch normalisation, an average, Adam, ADA; evaluated, too."""
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
            ema_decay=0.9,
            steps_per_execution=steps_per_execution,
            seed=3,
        )
    held_out = kgan.data.load("digits", batch_size=16, resolution=8, seed=9).take(3)
    data = kgan.data.load("digits", batch_size=16, resolution=8)
    history = gan.fit(data, epochs=2, steps_per_epoch=6, verbose=0).history
    uneven = tf.data.Dataset.from_tensor_slices(np.concatenate(list(held_out))[:33]).batch(16)
    gan.fit(uneven, steps_per_epoch=6, verbose=0)
    history |= gan.evaluate(uneven) | kgan.metrics.duality_gap(gan, held_out, steps=3)
    sizes = {f"{p.name}_size": sum(v.shape.num_elements() for v in p.variables) for p in gan.game.players}
    return {**state(gan, history), "samples": gan.sample(4), "collectives": collectives(gan), **sizes}


def game(strategy, case):
    with strategy.scope():
        # Adam's first step is the gradient's sign, to which a rounding error of a small one is as much as the rest.
        model = made(case, d_optimizer="sgd", g_optimizer="sgd")
    return state(model, model.fit(dataset(case, 8), steps_per_epoch=2, epochs=2, verbose=0).history)


def state(model, history):
    variables = {f"{number:03d}": np.array(v) for number, v in enumerate(model.state)}
    return variables | {f"log_{name}": np.array(values) for name, values in history.items()}


def collectives(model):
    """How many numbers each collective operation in a round sums, on the first device."""
    traced = model.make_train_function()._list_all_concrete_functions()[0]  # one of each kind of data
    graphs = [traced.graph, *(function.graph for function in functions(traced.graph, {}).values())]
    operations = [op for graph in graphs for op in graph.get_operations() if op.type.startswith("CollectiveReduce")]
    return sorted(op.outputs[0].shape.num_elements() for op in operations if op.device.endswith("CPU:0"))


def functions(graph, found):
    """All the functions that a graph calls, at any depth, by name."""
    for name, function in graph._functions.items():
        if name not in found and getattr(function, "graph", None) is not None:
            found[name] = function
            functions(function.graph, found)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
