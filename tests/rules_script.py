"""Every update rule on an MLP GAN and the 8-mode ring: run by tests/updates/test_rules.py in processes of their own.

    python rules_script.py OUT LOGICAL_DEVICES [RUNS STOP_AT]

Trains with each rule in turn and writes each one's final state to OUT. With RUNS, each run keeps checkpoints in a
folder of its own there and goes on from what it finds; with STOP_AT, each is cut off at that round, with nothing
done at its end, and the process then kills itself.
"""

import os
import pathlib
import signal
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan.updates import (
    Alternating,
    CompetitiveGradient,
    Consensus,
    Extragradient,
    Lookahead,
    Momentum,
    Optimistic,
    Simultaneous,
    SymplecticGradientAdjustment,
    Unrolled,
)

RULES = {
    "alternating": Alternating,
    "simultaneous": Simultaneous,
    "extragradient": Extragradient,
    "extragradient_past": lambda: Extragradient(past=True),
    "optimistic": Optimistic,
    "consensus": lambda: Consensus(0.1),
    "symplectic": SymplecticGradientAdjustment,
    "lookahead": lambda: Lookahead(Extragradient(), k=3),
    "unrolled": lambda: Unrolled(2),
    "competitive": lambda: CompetitiveGradient(iterations=2),
    "negative_momentum": Alternating,
}
ROUNDS, EPOCHS = 4, 3


class Cut(keras.callbacks.Callback):
    def __init__(self, at):
        super().__init__()
        self.at = at

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step.numpy() >= self.at:
            raise InterruptedError


def build(name):
    keras.utils.set_random_seed(0)
    momentum = name == "negative_momentum"
    # Smooth networks: at a ReLU's kink, the order of a sum over replicas could decide which second derivative counts.
    gan = kgan.GAN(
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)]),
        latent_dim=2,
    )
    optimizer = (lambda: Momentum(1e-2, -0.5)) if momentum else (lambda: keras.optimizers.Adam(1e-3, beta_1=0.5))
    gan.compile(d_optimizer=optimizer(), g_optimizer=optimizer(), update=RULES[name](), seed=1)
    return gan


def main(out, devices, runs=None, stop_at=0):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = kgan.distribute.strategy("mirrored" if int(devices) > 1 else "one")
    data, states = kgan.data.load("ring", batch_size=32), {}
    for name in RULES:
        with strategy.scope():
            gan = build(name)
        callbacks = []
        if runs:
            callbacks.append(kgan.callbacks.Checkpoint(pathlib.Path(runs) / name, every_steps=3))
        if int(stop_at):
            callbacks.append(Cut(int(stop_at)))
        try:
            logs = gan.fit(data, epochs=EPOCHS, steps_per_epoch=ROUNDS, callbacks=callbacks, verbose=0).history
        except InterruptedError:
            continue
        assert all(np.isfinite(values).all() for values in logs.values()), name
        states |= {f"{name}/{i}": np.array(v) for i, v in enumerate(gan.state)}
        if not runs:
            states[f"{name}/logs"] = np.array([logs["d_loss"], logs["gradient_evaluations"]])
    if int(stop_at):
        os.kill(os.getpid(), signal.SIGKILL)
    np.savez(out, **states)


if __name__ == "__main__":
    main(*sys.argv[1:])
