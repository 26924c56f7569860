"""What a trained member makes badly: its discriminator's scores of the data, and a classifier's ratios."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.bits import exact
from kgan.checks import InputError
from kgan.data.stream import served
from kgan.runs import checkpoints

BATCH = 256
MOST = 1e3  # a classifier's odds beyond this say no more: they are cut


def examples(dataset: tf.data.Dataset) -> np.ndarray:
    """All samples of a data set that `kgan.data.load` has made in batches, in stored order: float32 (n, ...).

    Raises:
        InputError: for samples with labels, and structures.
    """
    stream = dataset.stream
    parts = list(served(stream.source.examples(False)).batch(BATCH).as_numpy_iterator())
    if not isinstance(parts[0], np.ndarray):
        raise InputError("ensemble: cascades and AdaGAN want single samples, this data set has several at a time")
    return np.concatenate(parts)


def scores(game: Any, member: Path, samples: np.ndarray) -> np.ndarray:
    """The mean logits that the discriminators of a member's newest checkpoint give to samples, float32 (n,)."""
    checkpoints.restore(game, checkpoints.latest(member))

    @tf.function(autograph=False)
    def mean(batch: tf.Tensor) -> tf.Tensor:
        round = game.round(batch, training=False).drawn(0)
        logits = [tf.reshape(game.play(round, one).real_logits, (-1,)) for one in game.encounters()]
        if any(one.shape != batch.shape[:1] for one in logits):
            raise InputError("ensemble: a cascade wants a discriminator that gives one logit a sample")
        return tf.reduce_mean(logits, axis=0)

    with exact():
        return np.concatenate([mean(samples[start : start + BATCH]) for start in range(0, len(samples), BATCH)])


def ratios(game: Any, reals: np.ndarray, fakes: np.ndarray, epochs: int) -> np.ndarray:
    """p_model / p_data at the reals, by a classifier of the discriminator's architecture: float64 (n,), from 0 on."""
    judge = next(network for role, network in game.networks().values() if role == "d")
    if len(judge.inputs) > 1 or tuple(judge.inputs[0].shape[1:]) != reals.shape[1:]:
        raise InputError("ensemble: AdaGAN wants a discriminator of single samples alone, for its classifier")
    classifier = keras.models.clone_model(judge)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    classifier.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    both, real = np.concatenate([reals, fakes]), np.repeat([1.0, 0.0], [len(reals), len(fakes)])
    classifier.fit(both, real[:, None], batch_size=BATCH, epochs=epochs, verbose=0)
    logits = classifier.predict(reals, batch_size=BATCH, verbose=0).reshape(len(reals), -1).mean(1)
    return np.minimum(np.exp(-logits.astype("float64")), MOST)
