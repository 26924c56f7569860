"""Keras's own callbacks under kgan's fit loop; those that look for one optimizer are in models/test_keras_idioms.py."""

import json

import keras
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from tests.callbacks import tiny


def test_early_stopping(gan):
    stop = keras.callbacks.EarlyStopping(monitor="d_loss", mode="min", min_delta=10.0, patience=1)
    assert tiny.fit(gan, [stop], epochs=5).epoch == [0, 1] and gan.stop_training


def test_early_stopping_with_the_best_weights(gan):
    stop = keras.callbacks.EarlyStopping(
        monitor="d_loss", mode="min", min_delta=10.0, patience=1, restore_best_weights=True
    )
    weights = []
    look = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(gan.get_weights()))
    tiny.fit(gan, [look, stop], epochs=5)
    assert tiny.same(weights[0], gan.get_weights())


def test_csv_logger(gan, tmp_path):
    history = tiny.fit(gan, [keras.callbacks.CSVLogger(tmp_path / "keras.csv")]).history
    lines = (tmp_path / "keras.csv").read_text().splitlines()
    assert len(lines) == 3 and repr(history["d_loss"][1]) in lines[2]


def test_model_checkpoint_of_weights(gan, start, tmp_path):
    tiny.fit(gan, [keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)])
    trained = [v.numpy() for v in gan.variables]
    tiny.reset(gan, start)
    gan.load_weights(tmp_path / "2.weights.h5")
    assert tiny.same(trained, [v.numpy() for v in gan.variables])


def test_weights_before_compile_would_lose_the_average(gan, tmp_path):
    gan.save_weights(tmp_path / "a.weights.h5")
    bare = type(gan)(gan.generator, gan.discriminator, 2)
    with pytest.raises(InputError, match=r"load_weights: call compile\(\) first, which makes the average"):
        bare.load_weights(tmp_path / "a.weights.h5")


def test_tensorboard_goes_on_where_the_run_does(gan, start, tmp_path):
    """This is the way to scalars in TensorBoard; kgan has no logger of its own for them."""
    logs = {}
    for epochs in (2, 4):
        tiny.reset(gan, start)
        callbacks = [Checkpoint(tmp_path), keras.callbacks.TensorBoard(tmp_path / "logs")]
        history = tiny.fit(gan, callbacks, epochs).history["d_loss"]
        logs |= dict(zip(range(epochs - 2, epochs), history, strict=True))
    events = []
    for file in (tmp_path / "logs" / "train").iterdir():
        events += EventAccumulator(str(file)).Reload().Tensors("epoch_d_loss")
    events.sort(key=lambda event: event.step)
    assert [event.step for event in events] == [0, 1, 2, 3]
    assert [float(tf.make_ndarray(event.tensor_proto)) for event in events] == pytest.approx(
        list(logs.values()), rel=1e-6
    )


def test_lambda_callback_gets_means_over_the_epoch(gan):
    seen = []
    look = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, logs["d_loss"])))
    history = tiny.fit(gan, [look], epochs=1).history
    assert [batch for batch, _ in seen] == [0, 1, 2, 3] and seen[-1][1] == history["d_loss"][0]


def test_a_schedule_in_the_optimizer_does_it(tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 4, 0.5)
    gan = tiny.make(g_optimizer=keras.optimizers.Adam(schedule))
    tiny.fit(gan, [Checkpoint(tmp_path)])
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(1e-3 / 4)
    names = [
        name
        for name, _, _ in json.loads((tmp_path / "checkpoints" / "step-00000008" / "progress.json").read_text())[
            "signature"
        ]["variables"]
    ]
    assert sum("learning_rate" in name for name in names) == 1  # the discriminator's; the other follows `iteration`
