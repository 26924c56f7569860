"""A small training that can be killed: python resume_script.py RUN_DIR N_CRITIC STEPS_PER_EXECUTION.

The environment's KILL_AT_STEP makes it kill itself after that step; SLOW makes it last, so that others can.
"""

import os
import pathlib
import signal
import sys
import time

import keras
import numpy as np

import kgan

EPOCHS = 3


def build(n_critic=1, steps_per_execution=1, seed=0):
    """A GAN with all kinds of state: batch and spectral normalisation, a dropout, two Adams, an average."""
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((8, 8, 1))
    convolution = keras.layers.Conv2D(4, 3, 2, padding="same", activation="leaky_relu")
    x = kgan.layers.SpectralNormalization(convolution)(x)
    x = keras.layers.Dropout(0.2, seed=5)(keras.layers.Flatten()(x))
    discriminator = keras.Model(inputs, keras.layers.Dense(1)(x))
    generator = kgan.networks.mlp_generator((8, 8, 1), latent_dim=4, width=16, depth=1, normalization="batch")
    gan = kgan.GAN(generator, discriminator, latent_dim=4)
    gan.compile(n_critic=n_critic, steps_per_execution=steps_per_execution, seed=seed)
    return gan


def images():
    return np.random.default_rng(0).uniform(-1, 1, (80, 8, 8, 1)).astype("float32")


def fit(gan, callbacks, epochs=EPOCHS):
    return gan.fit(images(), batch_size=4, epochs=epochs, callbacks=callbacks, verbose=0)


class Death(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.step and self.model.step.numpy() >= self.step:
            os.kill(os.getpid(), signal.SIGKILL)
        if "SLOW" in os.environ:
            print("trains", flush=True)
            time.sleep(0.05)


def main(run_dir, n_critic, steps_per_execution):
    gan = build(int(n_critic), int(steps_per_execution))
    callbacks = [
        kgan.callbacks.CSVLogger(run_dir),
        kgan.callbacks.Checkpoint(run_dir, every_steps=4),
        kgan.callbacks.NonFiniteGuard(),
        Death(int(os.environ.get("KILL_AT_STEP", 0))),
    ]
    fit(gan, callbacks)
    np.savez(pathlib.Path(run_dir) / "final.npz", *(variable.numpy() for variable in gan.state))


if __name__ == "__main__":
    main(*sys.argv[1:])
