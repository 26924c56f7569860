"""Every update rule on an MLP GAN and the 8-mode ring: run by tests/updates/test_rules.py in processes of their own.

    python rules_script.py OUT LOGICAL_DEVICES [RUNS]

Trains with each rule in turn and writes each one's final state to OUT. With RUNS, where checkpoints go, each run is
then played once more and cut off in the middle, with nothing done at its end; and what another game that has never
been played ends with, which goes on from there, is written too.
"""

import contextlib
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan.runs.checkpoints import latest
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
from tests.callbacks import tiny

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
    def on_train_batch_end(self, batch, logs=None):
        if self.model.step.numpy() >= 2 * ROUNDS:
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


def main(out, devices, runs=None):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * int(devices))
    strategy = kgan.distribute.strategy("mirrored" if int(devices) > 1 else "one")
    data, states = kgan.data.load("ring", batch_size=32), {}

    def fit(gan, *callbacks):
        return gan.fit(data, epochs=EPOCHS, steps_per_epoch=ROUNDS, callbacks=list(callbacks), verbose=0).history

    for name in RULES:
        with strategy.scope():
            gan = build(name)
        start = tiny.state(gan)
        logs = fit(gan)
        assert all(np.isfinite(values).all() for values in logs.values()), name
        states |= {f"{name}/{i}": np.array(v) for i, v in enumerate(gan.state)}
        states[f"{name}/logs"] = np.array([logs["d_loss"], logs["gradient_evaluations"]])
        if runs:
            folder = pathlib.Path(runs) / name
            tiny.reset(gan, start)
            with contextlib.suppress(InterruptedError):
                fit(gan, kgan.callbacks.Checkpoint(folder, every_steps=3), Cut())
            assert latest(folder).name == "step-00000007"
            other = build(name)
            fit(other, kgan.callbacks.Checkpoint(folder))
            states |= {f"resumed/{name}/{i}": np.array(v) for i, v in enumerate(other.state)}
    np.savez(out, **states)


if __name__ == "__main__":
    main(*sys.argv[1:])
