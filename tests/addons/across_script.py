"""One half of test_across.py: what a stack does with a checkpoint, run by the Python of either.

    python -m tests.addons.across_script play RUN_DIR OUT.npz
    python -m tests.addons.across_script state OUT.json
    python -m tests.addons.across_script optimizers OUT.json

`play` plays ten rounds of a WGAN-GP, or ten more from the checkpoint in RUN_DIR, and writes to OUT what both networks
and the average gave before, each round's losses, and all that it ended with. `state` writes every game's variables in
the order of a checkpoint, `optimizers` what each of Keras's keeps after three steps.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan.callbacks import Checkpoint
from kgan.commands.run import OPTIMIZERS
from kgan.runs import checkpoints
from tests.models.games import GAMES, NOISY, made

ROUNDS = 10


def play(run_dir, out):
    keras.utils.set_random_seed(0)
    networks = kgan.networks
    gan = kgan.WGANGP(
        networks.dcgan_generator((8, 8, 1), latent_dim=4, width=4),
        networks.dcgan_discriminator((8, 8, 1), width=4, normalization="instance"),
        latent_dim=4,
    )
    rates = kgan.schedules.Linear(1e-3, 5e-4, 100)
    gan.compile(d_optimizer=keras.optimizers.Adam(1e-3, 0.5, 0.9), g_optimizer=keras.optimizers.RMSprop(rates), seed=5)
    if newest := checkpoints.latest(run_dir):
        checkpoints.restore(gan, newest)
    results = looks(gan)
    done = int(gan.step.numpy())
    data = kgan.data.load("digits", batch_size=16, resolution=8)
    epochs = {"epochs": done + ROUNDS, "steps_per_epoch": 1}  # an epoch is a round, so that each tells its losses
    history = gan.fit(data, callbacks=[Checkpoint(run_dir)], verbose=0, **epochs).history
    results |= {f"log_{name}": np.array(values) for name, values in history.items()}
    np.savez(out, **results, **{f"after_{name}": value for name, value in looks(gan).items()}, step=int(gan.step))


def looks(gan):
    """What the networks give."""
    pictures = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1)).astype("float32")
    samples = {"average": gan.sample(8, seed=1), "generator": gan.sample(8, seed=1, average=False)}
    return samples | {"discriminator": np.array(gan.discriminator(pictures, training=False))}


def state(out):
    """The last part of each variable's name, its shape and its dtype: names before it are numbers of Keras's.

    What optimizers keep has other names in each Keras.
    """
    found = {}
    for name, case in (GAMES | NOISY).items():
        keras.utils.clear_session()
        model = made(case)
        variables = checkpoints._signature(model).variables
        own = len(variables) - sum(len(player.optimizer.variables) for player in model.game.players)
        names = [path.split("/")[-1] for path, *_ in variables[:own]] + [""] * (len(variables) - own)
        found[name] = [(name, shape, dtype) for name, (_, shape, dtype) in zip(names, variables, strict=True)]
    Path(out).write_text(json.dumps(found))


def optimizers(out):
    """What each optimizer keeps, in the order of a checkpoint, and the variables that it moved, after three steps."""
    found = {}
    scaled = lambda learning_rate: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(learning_rate))  # noqa: E731
    for name, kind in (OPTIMIZERS | {"momentum": kgan.updates.Momentum, "scaled": scaled}).items():
        variables, optimizer = [keras.Variable([1.0, -2.0]), keras.Variable([0.5, 3.0, 1.0])], kind(learning_rate=0.1)
        optimizer.build(variables)
        for step in range(3):
            optimizer.apply([tf.constant([1.0 + step, -0.5]), tf.constant([0.1, step - 0.5, -2.0])], variables)
        found[name] = [np.array(v).tolist() for v in (*optimizer.variables, *variables)]
    Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    {"play": play, "state": state, "optimizers": optimizers}[sys.argv[1]](*sys.argv[2:])
