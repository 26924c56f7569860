"""The same script on one device, on two and in two processes gives the same weights."""

import collections
import json
import pathlib
import socket

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from tests.forked import Program

ROOT = pathlib.Path(__file__).parents[1]


def start(out, devices, strategy, steps_per_execution, **environment):
    return Program("tests.distribution_script", out, devices, strategy, steps_per_execution, **environment)


def finish(process, out):
    status, _, said = process.finish()
    assert status == 0, said[-3000:]
    return dict(np.load(out))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def tf_configs(count):
    """What each worker of a cluster on this machine is told."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(count)]}
    return [json.dumps({"cluster": cluster, "task": {"type": "worker", "index": i}}) for i in range(count)]


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "run.npz"
    return finish(start(out, 1, "auto", 1), out)


def assert_same_run(run, reference):
    assert run.keys() == reference.keys()
    for name in reference.keys() - {"replicas", "collectives"}:
        near = {"rtol": 1e-4, "atol": 1e-5} if "log_" in name else {"rtol": 0, "atol": 1e-5}
        np.testing.assert_allclose(run[name], reference[name], **near, err_msg=name)


def assert_each_gradient_crosses_once(run, logs):
    """In a round of two critic steps and one of the generator's; and three batch normalisations, and ADA's r_t.

    A batch normalisation sends a layer's statistics, of three kinds from each of two replicas, once in each step, and
    their gradients in the generator's.
    """
    d, g, statistics, r_t = int(run["d_size"]), int(run["g_size"]), 2 * 3 * 16, 1
    expected = {d: 2, g: 1, statistics: 3 * 3 + 3, r_t: 1, **logs}
    assert collections.Counter(run["collectives"].tolist()) == expected


@pytest.mark.slow
def test_two_logical_devices(one_device, tmp_path):
    run = finish(start(tmp_path / "run.npz", 2, "mirrored", steps_per_execution=3), tmp_path / "run.npz")
    assert (run["replicas"], one_device["replicas"]) == (2, 1)
    assert_same_run(run, one_device)
    assert_each_gradient_crosses_once(run, logs={})  # which devices of one machine do not send


@pytest.mark.slow
def test_two_processes(one_device, tmp_path):
    outs = [tmp_path / f"worker{i}.npz" for i in range(2)]
    configs = tf_configs(2)
    processes = [start(out, 1, "auto", 3, TF_CONFIG=config) for out, config in zip(outs, configs, strict=True)]
    runs = [finish(process, out) for process, out in zip(processes, outs, strict=True)]
    assert runs[0]["replicas"] == 2
    assert_same_run(runs[0], one_device)
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0][name], runs[1][name])
    assert_each_gradient_crosses_once(runs[0], logs={10: 1})


def test_strategy_names(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert kgan.distribute.strategy("auto").num_replicas_in_sync == 1
    with pytest.raises(InputError, match="strategy: unknown name 'miror'; did you mean 'mirrored'"):
        kgan.distribute.strategy("miror")
    with pytest.raises(InputError, match="strategy: 'multi_worker' wants the environment variable TF_CONFIG"):
        kgan.distribute.strategy("multi_worker")
    with pytest.raises(InputError, match="start_timeout: wanted a number above 0, got 0"):
        kgan.distribute.strategy("auto", start_timeout=0)
    assert kgan.distribute.is_chief()
    monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "worker", "index": 1}}))
    assert not kgan.distribute.is_chief()
    cluster = {"chief": ["a:1"], "worker": ["b:1"]}
    for task, writes in ({"type": "chief", "index": 0}, True), ({"type": "worker", "index": 0}, False):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        assert kgan.distribute.is_chief() == writes
    with pytest.raises(InputError, match="strategy: 'one' trains alone, and by TF_CONFIG another writes the files"):
        kgan.distribute.strategy("one")
    for text in ("{worker: 1}", "[1]", '{"cluster": {"worker": 2}}', '{"cluster": {"worker": [1]}}', '{"task": [0]}'):
        monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(InputError, match="TF_CONFIG: wanted JSON"):
            kgan.distribute.strategy("auto")


def test_sublayers_finds_what_is_nested_and_says_when_keras_moves():
    inner = keras.Sequential([keras.layers.Dense(2), keras.layers.ReLU()])
    wrapped = kgan.layers.SpectralNormalization(keras.layers.Dense(3))
    model = keras.Sequential([keras.Input((4,)), inner, wrapped])
    found = kgan.distribute.sublayers(model)
    assert {id(layer) for layer in (model, inner, *inner.layers, wrapped, wrapped.layer)} <= {id(x) for x in found}


def run(model, epochs, **settings):
    data = np.random.default_rng(0).uniform(-1, 1, (32, 2)).astype("float32")
    return model.fit(data, batch_size=8, epochs=epochs, verbose=0, **settings)


def small():
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(kgan.networks.mlp_generator(width=4), kgan.networks.mlp_discriminator(width=4), 2)
    gan.compile()
    return gan


def test_two_fits_are_one_long_fit():
    once, twice = small(), small()
    run(once, 4)
    run(twice, 2)
    run(twice, 4, initial_epoch=2)
    for a, b in zip(once.state, twice.state, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b))


class Recorder(keras.callbacks.Callback):
    def __init__(self, at=None):
        super().__init__()
        self.calls, self.at = [], at

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("epoch", epoch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(("batch", batch, logs["d_loss"]))
        if self.at == len(self.calls):
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("end", epoch, logs["d_loss"]))


def test_callbacks_are_called_as_keras_calls_them_with_means_over_the_epoch():
    recorder = Recorder()
    history = run(small(), 2, callbacks=[recorder])
    names = [call[:2] for call in recorder.calls]
    epoch = lambda e: [("epoch", e), *[("batch", b) for b in range(4)], ("end", e)]  # noqa: E731
    assert names == epoch(0) + epoch(1)
    assert recorder.calls[4][2] == recorder.calls[5][2] == history.history["d_loss"][0]
    assert history.epoch == [0, 1]


def test_stop_training_ends_the_epoch_at_once():
    recorder = Recorder(at=3)
    model = small()
    run(model, 2, callbacks=[recorder])
    assert [call[0] for call in recorder.calls] == ["epoch", "batch", "batch", "end"] and int(model.step.numpy()) == 2


def test_a_callback_that_sets_progress_sends_training_there():
    model, log = small(), []

    class Back(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            log.append((epoch, int(self.model.step.numpy())))
            if len(log) == 2:  # once, back to the beginning of the second epoch
                self.model.step.assign(4)
                self.model.progress = kgan.fit.Progress(epoch=1)

    run(model, 3, callbacks=[Back()])
    assert log == [(0, 4), (1, 8), (1, 8), (2, 12)]


class TestPlainErrors:
    """What comes out of TensorFlow in a cluster of three, of which this is worker 1; worker 0 can be reached."""

    @pytest.fixture(autouse=True)
    def cluster(self, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as there:
            workers = [f"127.0.0.1:{port}" for port in (there.getsockname()[1], *free_ports(2))]
            config = {"cluster": {"worker": workers}, "task": {"type": "worker", "index": 1}}
            monkeypatch.setenv("TF_CONFIG", json.dumps(config))
            yield workers

    def told(self, kind, text, expected):
        with pytest.raises(expected) as error, kgan.distribute.plain_errors():
            raise kind(None, None, text)
        return str(error.value)

    def test_the_worker_that_tensorflow_names(self, cluster):
        text = "Collective ops is aborted by: ...\n(stopped sending heartbeats): /job:worker/replica:0/task:0"
        told = self.told(tf.errors.UnavailableError, text, kgan.distribute.WorkerLost)
        assert told.startswith(f"worker 0 at {cluster[0]} was lost, and worker 1 of 3 cannot go on alone; start all")

    def test_the_worker_that_cannot_be_reached(self, cluster):
        for kind in (tf.errors.AbortedError, tf.errors.InternalError):
            told = self.told(kind, "recvmsg: from /job:worker/task:1", kgan.distribute.WorkerLost)
            assert told.startswith(f"worker 2 at {cluster[2]} was lost, and")

    def test_nobody_is_gone(self, cluster, monkeypatch):
        with socket.create_server(("127.0.0.1", int(cluster[2].rpartition(":")[2]))):
            told = self.told(tf.errors.CancelledError, "no reason", kgan.distribute.WorkerLost)
            assert told.startswith("another worker was lost, and")
            self.told(tf.errors.InternalError, "cuDNN", tf.errors.InternalError)
        self.told(tf.errors.InvalidArgumentError, "task:0", tf.errors.InvalidArgumentError)
        monkeypatch.delenv("TF_CONFIG")
        self.told(tf.errors.UnavailableError, "alone", tf.errors.UnavailableError)

    def test_an_error_of_ones_own_that_passed_through_tf_data(self):
        text = "{{function_node __wrapped__}} InputError: dataset: unreadable image: a.png\nTraceback\n  File"
        assert self.told(tf.errors.UnknownError, text, InputError) == "dataset: unreadable image: a.png"
